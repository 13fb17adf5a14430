package bench

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// proxy is a process between sysbench and the server; that without a process is
// no proxy at all.
type proxy struct {
	name string
	port int
	pid  int
}

// ticksPerSecond is the unit of /proc/PID/stat, which is the same on every
// Linux.
const ticksPerSecond = 100

// cpu is the processor time that the process has used, in µs.
func (p proxy) cpu(t *testing.T) float64 {
	t.Helper()
	if p.pid == 0 {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name in brackets may have spaces
	fields := strings.Fields(after)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		t.Fatalf("/proc/%d/stat: %q", p.pid, text)
	}
	return float64(user+system) * 1e6 / ticksPerSecond
}

// resident is the resident memory of the process in KiB.
func (p proxy) resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("/proc/%d/status has no VmRSS", p.pid)
	return 0
}

// favour gives a process its share of the processors, whatever the session that
// started the benchmark may be worth to the scheduler.
func favour(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", pid), []byte("-15"), 0o644) // not every kernel has it
}

// startProxy starts a program and waits until its port answers.
func startProxy(t *testing.T, name string, port int, program string, arguments ...string) proxy {
	t.Helper()
	command := exec.Command(program, arguments...)
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = log.Close()
	})
	favour(command.Process.Pid)
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			_ = conn.Close()
			return proxy{name: name, port: port, pid: command.Process.Pid}
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not listen on port %d:\n%s", name, port, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func startHAProxy(t *testing.T, server *enginetest.MariaDB) proxy {
	t.Helper()
	program, err := exec.LookPath("haproxy")
	if err != nil {
		program = "/usr/sbin/haproxy"
	}
	port := enginetest.FreePort(t)
	return startProxy(t, "haproxy", port, program, "-db", "-f", write(t, "haproxy.cfg", fmt.Sprintf(`global
  maxconn 8000
  nbthread 2
defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
listen sql
  bind 127.0.0.1:%d
  server s1 %s
`, port, server.Addr())))
}

// configuration is one service of bin/signalbox.
type configuration struct {
	router           string
	primary, replica *enginetest.MariaDB // without a replica when that is nil
	filters          bool                // qlafilter, regexfilter and maxrows
}

// startSignalbox starts bin/signalbox with one service.
func startSignalbox(t *testing.T, c configuration) proxy {
	t.Helper()
	dir, port := t.TempDir(), enginetest.FreePort(t)
	var text strings.Builder
	fmt.Fprintf(&text, "[maxscale]\nadmin_host=127.0.0.1\nadmin_port=%d\ndatadir=%s\nlogdir=%s\n", enginetest.FreePort(t), dir, dir)
	servers := "server1"
	server := func(name string, m *enginetest.MariaDB) {
		fmt.Fprintf(&text, "[%s]\ntype=server\naddress=%s\nport=%d\n", name, m.Host, m.Port)
	}
	server("server1", c.primary)
	if c.replica != nil {
		servers += ",server2"
		server("server2", c.replica)
	}
	filters := ""
	if c.filters {
		filters = "filters=Log|Replace|Rows\n"
		fmt.Fprintf(&text, "[Log]\ntype=filter\nmodule=qlafilter\nfilebase=%s\nlog_type=unified\n", filepath.Join(dir, "qla"))
		text.WriteString("[Replace]\ntype=filter\nmodule=regexfilter\nmatch=/never_there/\nreplace=x\n")
		text.WriteString("[Rows]\ntype=filter\nmodule=maxrows\nmax_resultset_rows=100000\n")
	}
	fmt.Fprintf(&text, "[Monitor]\ntype=monitor\nmodule=mariadbmon\nservers=%s\nassume_primary=server1\nuser=%s\npassword=%s\n",
		servers, enginetest.MonitorUser, enginetest.MonitorPassword)
	fmt.Fprintf(&text, "[Service]\ntype=service\nrouter=%s\nservers=%s\nuser=%s\npassword=%s\n%s",
		c.router, servers, enginetest.ServiceUser, enginetest.ServicePassword, filters)
	fmt.Fprintf(&text, "[Listener]\ntype=listener\nservice=Service\naddress=127.0.0.1\nport=%d\n", port)
	return startProxy(t, c.router, port, "../../bin/signalbox", "-config", write(t, "signalbox.cnf", text.String()))
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// query runs a statement and reads its rows.
func query(ctx context.Context, conn driver.Conn, statement string) error {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, statement, nil)
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(row); err == io.EOF {
			return rows.Close()
		} else if err != nil {
			return err
		}
	}
}

package enginetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// This file starts real MariaDB servers in temporary folders.

// Accounts of a MariaDB. All of them use mysql_native_password and may log in
// from everywhere.
const (
	ServiceUser     = "signalbox" // reads the accounts and kills statements
	ServicePassword = "signalbox-pw"
	MonitorUser     = "monitor"
	MonitorPassword = "monitor-pw"
	AppUser         = "app" // everything in the schema app
	AppPassword     = "app-pw"
	ReplicaUser     = "replica" // as which servers replicate from each other
	ReplicaPassword = "replica-pw"
	rootPassword    = "root-pw"
)

// realEnv is the environment variable that makes a missing MariaDB an error.
const realEnv = "SIGNALBOX_REAL"

// startWait is how long a server may take to answer.
const startWait = 60 * time.Second

// MariaDB is a real server that runs until its test ends. StartMySQL starts one
// of MySQL.
type MariaDB struct {
	Host string // 127.0.0.1
	Port int

	dir     string
	id      int
	mysqld  string // the program, if it is MySQL's
	options []string
	command *exec.Cmd
	ended   chan struct{} // closed when the process has ended
}

// StartMariaDB starts a server with an empty schema app and the accounts above.
// Without an installed mariadbd it skips the test, or fails it when
// SIGNALBOX_REAL=1. The options are further ones of its command line.
func StartMariaDB(t testing.TB, options ...string) *MariaDB {
	t.Helper()
	return startMariaDB(t, 1, options...)
}

// StartPair starts a primary and a replica that follows it by GTID and is
// read-only.
func StartPair(t testing.TB) (primary, replica *MariaDB) {
	t.Helper()
	primary = startMariaDB(t, 1)
	return primary, primary.startReplica(t, 2)
}

// StartTrio starts a primary and two replicas as StartPair does. The monitor
// user may change all of them, and replicate. The options are further ones of
// all command lines.
func StartTrio(t testing.TB, options ...string) (primary, first, second *MariaDB) {
	t.Helper()
	primary = startMariaDB(t, 1, options...)
	primary.LetMonitorChange(t)
	return primary, primary.startReplica(t, 2, options...), primary.startReplica(t, 3, options...)
}

// LetMonitorChange gives the monitor user the right to change the server and those
// that replicate from it.
func (m *MariaDB) LetMonitorChange(t testing.TB) {
	t.Helper()
	exec1(t, m.Open(t, "root", ""), "GRANT REPLICATION SLAVE, REPLICATION SLAVE ADMIN, REPLICATION MASTER ADMIN, READ_ONLY ADMIN, "+
		"CONNECTION ADMIN, BINLOG ADMIN, SUPER, EVENT, SELECT, SET USER, SHOW DATABASES ON *.* TO '"+MonitorUser+"'@'%'")
}

// startReplica starts a server that replicates from m.
func (m *MariaDB) startReplica(t testing.TB, id int, options ...string) *MariaDB {
	t.Helper()
	primary, replica := m, startMariaDB(t, id, options...)
	db := replica.Open(t, "root", "")
	exec1(t, db, fmt.Sprintf("CHANGE MASTER TO master_host='127.0.0.1', master_port=%d, master_user='%s', master_password='%s', master_use_gtid=slave_pos, master_connect_retry=1", primary.Port, ReplicaUser, ReplicaPassword))
	exec1(t, db, "START SLAVE")
	exec1(t, db, "SET GLOBAL read_only=1")
	primary.WaitReplicated(t, replica)
	return replica
}

// Addr is the server's TCP address.
func (m *MariaDB) Addr() string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// Socket is the path of the server's UNIX socket.
func (m *MariaDB) Socket() string { return filepath.Join(m.dir, "s") }

// PID is the id of the server's process.
func (m *MariaDB) PID() int { return m.command.Process.Pid }

// Open opens a pool that is closed when the test ends. The user is one of the
// accounts above, or root.
func (m *MariaDB) Open(t testing.TB, user, schema string) *sql.DB {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = user, "tcp", m.Addr(), schema
	c.Passwd = map[string]string{"root": rootPassword, ServiceUser: ServicePassword, MonitorUser: MonitorPassword, AppUser: AppPassword}[user]
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// WaitReplicated waits until the replica has everything that m has committed.
func (m *MariaDB) WaitReplicated(t testing.TB, replica *MariaDB) {
	t.Helper()
	var position string
	primary, follower := m.Open(t, "root", ""), replica.Open(t, "root", "")
	defer primary.Close()
	defer follower.Close()
	if err := primary.QueryRow("SELECT @@gtid_binlog_pos").Scan(&position); err != nil {
		t.Fatal(err)
	}
	var reached int
	err := follower.QueryRow("SELECT MASTER_GTID_WAIT(?, 30)", position).Scan(&reached)
	if err != nil || reached != 0 {
		t.Fatalf("replica does not reach %s within 30 s: %v", position, err)
	}
}

// Stop ends the server's process at once, as a crash does. Its data stays, and
// Start brings it back.
func (m *MariaDB) Stop(t testing.TB) {
	t.Helper()
	if m.command == nil {
		return
	}
	_ = m.command.Process.Signal(syscall.SIGKILL) // it may have ended by itself
	<-m.ended
	m.command = nil
}

// Pause keeps the server from doing anything, as a machine that hangs; Resume
// ends that.
func (m *MariaDB) Pause(t testing.TB) { m.signal(t, syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (m *MariaDB) Resume(t testing.TB) { m.signal(t, syscall.SIGCONT) }

func (m *MariaDB) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := m.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Start starts the process again after Stop, on the same port.
func (m *MariaDB) Start(t testing.TB) {
	t.Helper()
	program, arguments, err := m.mysqld, mysqlArguments(m.dir), error(nil)
	if program == "" {
		program, err = findMariaDB()
		arguments = append(commonArguments(m.dir), "--log-slave-updates=1", "--slave-net-timeout=5", "--skip-slave-start=0")
	}
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(m.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	arguments = append(arguments,
		"--port="+strconv.Itoa(m.Port), "--bind-address=127.0.0.1", "--socket="+m.Socket(), "--pid-file="+filepath.Join(m.dir, "pid"),
		"--server-id="+strconv.Itoa(m.id), "--log-bin=bin", "--sync-binlog=0",
		"--skip-name-resolve", "--max-connections=4000", "--back-log=1000", "--local-infile=1", "--max-allowed-packet=256M",
		"--performance-schema=0")
	m.command = exec.Command(program, append(arguments, m.options...)...)
	m.command.Stdout, m.command.Stderr = log, log
	m.command.SysProcAttr = dieWithParent()
	if err := m.command.Start(); err != nil {
		t.Fatal(err)
	}
	command, ended := m.command, make(chan struct{})
	m.ended = ended
	go func() { // ends with the process
		defer close(ended)
		_ = command.Wait() // a killed process always ends with an error
	}()
	m.wait(t)
}

// wait waits until the server answers.
func (m *MariaDB) wait(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	db := m.Open(t, "root", "")
	defer db.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for db.PingContext(ctx) != nil {
		select {
		case <-tick.C:
			continue
		case <-m.ended:
		case <-ctx.Done():
		}
		log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
		t.Fatalf("%s does not answer at %s; its log:\n%s", m.command.Path, m.Addr(), log)
	}
}

func startMariaDB(t testing.TB, id int, options ...string) *MariaDB {
	t.Helper()
	template, err := templateOnce()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv(realEnv) != "1" {
		t.Skipf("no real MariaDB: %v; .ci/setup.sh installs it", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	m := &MariaDB{Host: "127.0.0.1", id: id, options: options}
	m.settle(t)
	if err := os.CopyFS(filepath.Join(m.dir, "data"), os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	m.Start(t)
	return m
}

// settle gives m a folder and a port.
func (m *MariaDB) settle(t testing.TB) {
	t.Helper()
	var err error
	// A short path, because that of a UNIX socket may have 107 bytes only.
	if m.dir, err = os.MkdirTemp("", "sbx"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.Stop(t)
		_ = os.RemoveAll(m.dir)
	})
	m.Port = FreePort(t)
}

// templateOnce makes a data folder; servers get copies of it. It stays in the
// folder for temporary files, so that other test binaries find it.
var templateOnce = sync.OnceValues(func() (string, error) {
	program, err := findMariaDB()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Append(nil, program, info.Size(), info.ModTime(), accountsScript()))
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("sbx-template-%d-%x", os.Getuid(), key[:6]))
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(data); err == nil {
		return data, nil
	}
	made, err := os.MkdirTemp("", "sbx-making-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(made)
	if err := makeTemplate(made); err != nil {
		return "", fmt.Errorf("mariadb: %w", err)
	}
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return data, nil
})

func makeTemplate(dir string) error {
	arguments := append(commonArguments(dir), "--auth-root-authentication-method=normal", "--skip-test-db", "--cross-bootstrap")
	if out, err := exec.Command("mariadb-install-db", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	program, err := findMariaDB()
	if err != nil {
		return err
	}
	bootstrap := exec.Command(program, append(commonArguments(dir), "--bootstrap", "--skip-networking")...)
	in, err := bootstrap.StdinPipe()
	if err != nil {
		return err
	}
	go func() { // ends when everything is written or the process has ended
		_, _ = io.WriteString(in, accountsScript())
		_ = in.Close()
	}()
	if out, err := bootstrap.CombinedOutput(); err != nil {
		return fmt.Errorf("accounts: %w: %s", err, out)
	}
	return nil
}

// accountsScript makes the accounts. A server that bootstraps reads one
// statement from each line and begins without privileges.
func accountsScript() string {
	account := func(user, password, rights string) string {
		return fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED VIA mysql_native_password USING PASSWORD('%s');\nGRANT %s TO '%s'@'%%';\n", user, password, rights, user)
	}
	return "FLUSH PRIVILEGES;\nDELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';\nFLUSH PRIVILEGES;\nCREATE DATABASE app;\n" +
		account("root", rootPassword, "ALL ON *.*") + "GRANT GRANT OPTION ON *.* TO 'root'@'%';\n" +
		account(ServiceUser, ServicePassword, "SELECT ON mysql.*") + "GRANT SHOW DATABASES, CONNECTION ADMIN ON *.* TO '" + ServiceUser + "'@'%';\n" +
		account(MonitorUser, MonitorPassword, "REPLICA MONITOR, SLAVE MONITOR, BINLOG MONITOR, RELOAD, PROCESS ON *.*") +
		account(AppUser, AppPassword, "ALL ON app.*") +
		account(ReplicaUser, ReplicaPassword, "REPLICATION SLAVE ON *.*")
}

// commonArguments are the arguments of everything that touches a data folder:
// small, fast, and safe from the end of the process but not of the machine.
func commonArguments(dir string) []string {
	arguments := []string{
		"--no-defaults", "--datadir=" + filepath.Join(dir, "data"),
		"--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=16M",
		"--innodb-flush-method=nosync", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=8M",
	}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--user=root")
	}
	return arguments
}

// findMariaDB finds the server's program, which is in a folder that is not in
// everybody's PATH.
func findMariaDB() (string, error) {
	path, err := exec.LookPath("mariadbd")
	if err != nil {
		if other, otherErr := exec.LookPath("/usr/sbin/mariadbd"); otherErr == nil {
			return other, nil
		}
	}
	return path, err
}

// givenPorts are those that FreePort has returned.
var givenPorts sync.Map

// FreePort returns a TCP port on which nobody listens, another one each time: the
// system may give the same one again before it is used.
func FreePort(t testing.TB) int {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if _, given := givenPorts.LoadOrStore(port, true); !given {
			return port
		}
	}
}

func exec1(t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

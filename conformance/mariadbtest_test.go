package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mariadbTest runs MariaDB's own main suite but for what mariadb-test.txt rules
// out. A test's transcript is where it differs from the result that came with
// it, or that it passes: with servers that were started with other options some
// tests differ without a proxy too, and have to differ in the same way with one.
var mariadbTest = suite{name: "mariadb-test", run: runMariaDBTest, ways: (*bench).mainWays, apart: true, least: leastMain()}

// leastMain is how many lines there are at least.
func leastMain() int {
	if picked != nil {
		return 1
	}
	return 700
}

// mariadbTests is where Debian's package mariadb-test has the suite.
const mariadbTests = "/usr/share/mysql/mysql-test"

// mainProtocol is as what the statements of all tests are sent, an option of
// mariadb-test without its "-protocol": ps and cursor for prepared ones.
var mainProtocol = os.Getenv("MARIADB_TEST_PROTOCOL")

// mainTimeout ends a test that waits for what does not come.
const mainTimeout = time.Minute

func runMariaDBTest(t *testing.T, b *bench, w way) []byte {
	t.Helper()
	rules := readRules(t)
	m := newMainRun(t, w)
	var out bytes.Buffer
	var passed, ran int
	log, err := os.Create(filepath.Join(b.results, "mariadb-test-"+w.name+".times"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	run := func(name, protocol string) {
		began := time.Now()
		lines := m.run(t, name, protocol)
		took := time.Since(began)
		m.server.restore(t)
		ran++
		if len(lines) == 1 && lines[0] == passes {
			passed++
		}
		if protocol != mainProtocol {
			name += " by " + protocol
		}
		fmt.Fprintf(log, "%s %d %d %.40q\n", name, took.Milliseconds(), (time.Since(began) - took).Milliseconds(), lines[0])
		for _, line := range lines {
			fmt.Fprintf(&out, "%s: %s\n", name, line)
		}
	}
	for _, name := range mainTests(t) {
		if rules.exclude(t, name) {
			continue
		}
		run(name, mainProtocol)
		if mainProtocol == "" && rules.prepared(name) {
			run(name, "ps")
		}
	}
	t.Logf("%d of %d tests pass", passed, ran)
	return out.Bytes()
}

// mainTests are the names of all tests of the suite.
func mainTests(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(mariadbTests, "main", "*.test"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", mariadbTests, err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".test")
	}
	return files
}

// mainRun runs tests on a way, one after the other.
type mainRun struct {
	way
	server *mainServer
	env    []string
	shown  func(string) string // takes away what is another on each way
}

func newMainRun(t *testing.T, w way) *mainRun {
	t.Helper()
	m := &mainRun{way: w, server: newMainServer(t, w.server)}
	for _, name := range []string{"tmp", "log", "run"} {
		if err := os.Mkdir(filepath.Join(m.dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(mariadbTests, "std_data"), filepath.Join(m.dir, "std_data")); err != nil {
		t.Fatal(err)
	}
	defaults := filepath.Join(m.dir, "my.cnf")
	text := fmt.Sprintf("[client]\nhost=%s\nport=%s\nsocket=%s\nprotocol=tcp\nuser=root\n[mysql]\ndefault-character-set=latin1\n", w.host(), w.port(), w.server.Socket())
	if err := os.WriteFile(defaults, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m.env = []string{
		"MYSQL_TEST_DIR=" + mariadbTests, "MYSQLTEST_VARDIR=" + m.dir, "MYSQLTEST_REAL_VARDIR=" + m.dir, "MYSQL_TMP_DIR=" + filepath.Join(m.dir, "tmp"),
		"MYSQL_SHAREDIR=/usr/share/mysql", "MYSQL_CHARSETSDIR=/usr/share/mysql/charsets", "MYSQL_BINDIR=/usr", "SECURE_LOAD_PATH=" + mariadbTests + "/std_data",
		"MASTER_MYPORT=" + w.port(), "MASTER_MYSOCK=" + w.server.Socket(), "USE_RUNNING_SERVER=1", "MYSQL_TEST=mariadb-test --defaults-file=" + defaults,
		"LC_ALL=C", "LC_CTYPE=C", "LC_COLLATE=C", "MY_PERROR=perror", "REPLACE=replace",
	}
	for variable, program := range map[string]string{
		"MYSQL": "mariadb", "MYSQL_DUMP": "mariadb-dump", "MYSQL_CHECK": "mariadb-check", "MYSQL_SHOW": "mariadb-show", "MYSQLADMIN": "mariadb-admin",
		"MYSQL_IMPORT": "mariadb-import", "MYSQL_SLAP": "mariadb-slap", "MYSQL_BINLOG": "mariadb-binlog",
	} {
		m.env = append(m.env, variable+"="+program+" --defaults-file="+defaults)
	}
	folders := strings.NewReplacer(filepath.Dir(w.server.Socket()), "VARDIR/mysqld.1", m.dir, "VARDIR")
	port := regexp.MustCompile(`([:=, ])(` + w.port() + "|" + strconv.Itoa(w.server.Port) + `)\b`)
	m.shown = func(text string) string {
		return temporary.ReplaceAllString(port.ReplaceAllString(folders.Replace(text), "${1}PORT"), "VARDIR/tmp")
	}
	return m
}

// temporary is the name of a file that mysqltest makes.
var temporary = regexp.MustCompile(`VARDIR/tmp/?\w{6}\b`)

// passes is the transcript of a test that passes.
const passes = "passes"

// run runs a test by a protocol, "" for text, and returns its transcript.
func (m *mainRun) run(t *testing.T, name, protocol string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), mainTimeout)
	defer cancel()
	recorded := filepath.Join(m.dir, name+".result")
	c := exec.CommandContext(ctx, "mariadb-test", "--defaults-file="+filepath.Join(m.dir, "my.cnf"), "--database="+schema, "--basedir=./",
		"--tmpdir="+filepath.Join(m.dir, "tmp"), "--logdir="+filepath.Join(m.dir, "log"), "--character-sets-dir=/usr/share/mysql/charsets",
		"--suite-dir=main/", "--silent", "--record", "--result-file="+recorded, "--test-file="+filepath.Join(mariadbTests, "main", name+".test"))
	if protocol != "" {
		c.Args = append(c.Args, "--"+protocol+"-protocol")
	}
	c.Dir, c.Env, c.WaitDelay = mariadbTests, append(os.Environ(), m.env...), time.Second
	said, err := c.CombinedOutput()
	if ctx.Err() != nil {
		return []string{"is not done after " + mainTimeout.String()}
	}
	if err != nil { // the test says that it does not apply, or stops
		return strings.Split(strings.TrimSpace(m.shown(string(said))), "\n")
	}
	defer os.Remove(recorded)
	text, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recorded, []byte(m.shown(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	return differing(t, filepath.Join(mariadbTests, "main", name+".result"), recorded)
}

// differing returns the lines in which a result is not the one that is wanted.
func differing(t *testing.T, want, got string) []string {
	t.Helper()
	out, err := exec.Command("diff", "-a", "--unchanged-line-format=", "--old-line-format=-%L", "--new-line-format=+%L", want, got).Output()
	if e, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || e.ExitCode() != 1) {
		t.Fatalf("diff %s %s: %v", want, got, err)
	}
	if len(out) == 0 {
		return []string{passes}
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

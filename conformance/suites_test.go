package conformance

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goDriver is the test suite of the Go driver that most programs in Go use.
var goDriver = suite{name: "go-sql-driver", run: runGoDriver, lines: goResults, least: 90}

const goDriverModule = "github.com/go-sql-driver/mysql"

func runGoDriver(t *testing.T, b *bench, w way) []byte {
	t.Helper()
	binary := filepath.Join(b.results, "go-sql-driver.test")
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-o", binary, goDriverModule).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", goDriverModule).Output()
	if err != nil {
		t.Fatal(err)
	}
	return command(t, strings.TrimSpace(string(dir)), []string{
		"MYSQL_TEST_USER=" + root, "MYSQL_TEST_PASS=" + password, "MYSQL_TEST_PROT=tcp",
		"MYSQL_TEST_ADDR=" + w.addr, "MYSQL_TEST_DBNAME=" + schema,
	}, binary, "-test.v", "-test.timeout=3m", "-test.skip=^TestConnectorReturnsTimeout$") // which dials a host on the internet
}

var goResult = regexp.MustCompile(`(?m)^\s*--- (PASS|FAIL|SKIP): (\S+)`)

// goResults returns a line for each test: its name and how it went.
func goResults(output []byte) []string {
	var lines []string
	for _, m := range goResult.FindAllSubmatch(output, -1) {
		lines = append(lines, string(m[2])+": "+strings.ToLower(string(m[1])))
	}
	return lines
}

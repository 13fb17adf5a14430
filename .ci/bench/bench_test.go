package bench

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Size of the data, the same as in the measurements that the targets come from.
const (
	tables    = 4
	tableSize = 20_000
)

// threads are the numbers of connections that sysbench opens.
var threads = []int{1, 16, 64}

// result is one run of sysbench.
type result struct {
	qps, p95 float64 // queries a second, milliseconds
	cpu      float64 // of the proxy, µs a query
}

// number reads an environment variable of bench.sh.
func number(t *testing.T, name string, value int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return value
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s: give a number", name, text)
	}
	return n
}

// TestPointSelect puts point selects through everything in turn, so that what
// else the machine does hits all alike, and prints medians.
func TestPointSelect(t *testing.T) {
	rounds, seconds := number(t, "ROUNDS", 5), number(t, "SECONDS_EACH", 4)
	server := enginetest.StartMariaDB(t)
	favour(server.PID())
	sysbench(t, server.Port, "prepare", "--threads=4")
	proxies := []proxy{
		{name: "direct", port: server.Port},
		startHAProxy(t, server),
		startSignalbox(t, server, "readconnroute"),
		startSignalbox(t, server, "readwritesplit"),
	}
	results := map[string]map[int][]result{}
	for _, p := range proxies {
		results[p.name] = map[int][]result{}
	}
	for round := range rounds {
		for _, n := range threads {
			for i := range proxies {
				p := proxies[(i+round)%len(proxies)]
				results[p.name][n] = append(results[p.name][n], measure(t, p, n, seconds))
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
	}

	fmt.Printf("\npoint selects, median of %d rounds of %d s; CPU is the proxy's, µs a query\n\n", rounds, seconds)
	fmt.Printf("%-16s %7s %9s %9s %7s   %9s %9s %9s\n", "", "threads", "q/s", "p95 ms", "CPU", "q/s:dir", "q/s:ha", "CPU:ha")
	for _, n := range threads {
		direct, haproxy := median(results["direct"][n]), median(results["haproxy"][n])
		for _, p := range proxies {
			m := median(results[p.name][n])
			fmt.Printf("%-16s %7d %9.0f %9.2f %7.1f   %9.2f %9.2f %9s\n", p.name, n, m.qps, m.p95, m.cpu,
				m.qps/direct.qps, m.qps/haproxy.qps, ratio(m.cpu, haproxy.cpu))
		}
		fmt.Println()
	}
	fmt.Println("targets: q/s:ha at least 0.90, CPU:ha at most 1.20, at each number of threads")
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

var (
	total = regexp.MustCompile(`(?m)^\s+total:\s+(\d+)$`)
	rate  = regexp.MustCompile(`(?m)^\s+queries:\s+\d+\s+\(([\d.]+) per sec\.\)`)
	p95   = regexp.MustCompile(`(?m)^\s+95th percentile:\s+([\d.]+)`)
)

func measure(t *testing.T, p proxy, n, seconds int) result {
	t.Helper()
	before := p.cpu(t)
	out := sysbench(t, p.port, "run", fmt.Sprint("--threads=", n), fmt.Sprint("--time=", seconds))
	used := p.cpu(t) - before
	return result{qps: find(t, rate, out), p95: find(t, p95, out), cpu: used / find(t, total, out)}
}

func find(t *testing.T, pattern *regexp.Regexp, out string) float64 {
	t.Helper()
	m := pattern.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("sysbench said nothing that looks like %s:\n%s", pattern, out)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sysbench(t *testing.T, port int, command string, more ...string) string {
	t.Helper()
	arguments := append([]string{
		"oltp_point_select", "--db-driver=mysql", "--mysql-host=127.0.0.1", fmt.Sprint("--mysql-port=", port),
		"--mysql-user=" + enginetest.AppUser, "--mysql-password=" + enginetest.AppPassword, "--mysql-db=app",
		fmt.Sprint("--tables=", tables), fmt.Sprint("--table-size=", tableSize), "--percentile=95",
	}, append(more, command)...)
	out, err := exec.CommandContext(t.Context(), "sysbench", arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("sysbench %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

// median takes the median of each figure by itself.
func median(results []result) result {
	of := func(figure func(result) float64) float64 {
		values := make([]float64, len(results))
		for i, r := range results {
			values[i] = figure(r)
		}
		slices.Sort(values)
		return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
	}
	return result{
		qps: of(func(r result) float64 { return r.qps }),
		p95: of(func(r result) float64 { return r.p95 }),
		cpu: of(func(r result) float64 { return r.cpu }),
	}
}

package bench

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// result is one run of sysbench.
type result struct {
	qps, p95 float64 // queries a second, milliseconds a transaction
	cpu      float64 // of the proxy, µs a query
}

var (
	total = regexp.MustCompile(`(?m)^\s+total:\s+(\d+)$`)
	rate  = regexp.MustCompile(`(?m)^\s+queries:\s+\d+\s+\(([\d.]+) per sec\.\)`)
	p95   = regexp.MustCompile(`(?m)^\s+95th percentile:\s+([\d.]+)`)
)

// measure runs a workload through p for some seconds over n connections.
func measure(t *testing.T, p proxy, w workload, n, seconds int) result {
	t.Helper()
	before := p.cpu(t)
	out := sysbench(t, p.port, w.script, "run", "--db-ps-mode="+w.ps, fmt.Sprint("--threads=", n), fmt.Sprint("--time=", seconds))
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

func sysbench(t *testing.T, port int, script, command string, more ...string) string {
	t.Helper()
	arguments := append([]string{
		script, "--db-driver=mysql", "--mysql-host=127.0.0.1", fmt.Sprint("--mysql-port=", port),
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

package bench

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
)

// Size of the data, the same as in the measurements that the targets come from.
const (
	tables    = 4
	tableSize = 20_000
)

// workload is what sysbench does, and over how many connections.
type workload struct {
	name    string
	script  string
	ps      string // --db-ps-mode
	threads []int
}

var workloads = []workload{
	{"point select, text", "oltp_point_select", "disable", []int{1, 16, 64, 256}},
	{"point select, prepared", "oltp_point_select", "auto", []int{16}},
	{"read only", "oltp_read_only", "auto", []int{16}},
	{"read write", "oltp_read_write", "auto", []int{16, 64}},
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

// TestWorkloads puts each workload through everything in turn, so that what else
// the machine does hits all alike, and prints medians. The primary has a replica,
// which readwritesplit reads from.
func TestWorkloads(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	prepare(t, primary, replica)
	compare(t, workloads, []proxy{
		{name: "direct", port: primary.Port},
		startHAProxy(t, primary),
		startSignalbox(t, configuration{router: "readconnroute", primary: primary}),
		startSignalbox(t, configuration{router: "readwritesplit", primary: primary, replica: replica}),
	})
	fmt.Println("targets: readwritesplit q/s:ha at least 1.00, CPU:ha at most 1.00 (ambition 0.90), p95:ha at most 1.00")
}

// TestFilters compares a chain of filters with none.
func TestFilters(t *testing.T) {
	primary, replica := enginetest.StartPair(t)
	prepare(t, primary, replica)
	plain := startSignalbox(t, configuration{router: "readwritesplit", primary: primary, replica: replica})
	filtered := startSignalbox(t, configuration{router: "readwritesplit", primary: primary, replica: replica, filters: true})
	plain.name, filtered.name = "no filters", "three filters"
	compare(t, []workload{
		{"point select, text", "oltp_point_select", "disable", []int{16, 64}},
		{"read write", "oltp_read_write", "auto", []int{16}},
	}, []proxy{plain, filtered})
	fmt.Println("target: q/s:1st of qlafilter, regexfilter and maxrows at least 0.90")
}

// prepare makes the tables.
func prepare(t *testing.T, primary, replica *enginetest.MariaDB) {
	t.Helper()
	favour(primary.PID())
	favour(replica.PID())
	sysbench(t, primary.Port, "oltp_read_write", "prepare", "--threads=4")
	primary.WaitReplicated(t, replica)
}

// compare puts workloads through proxies and prints the medians. The ratios are to
// HAProxy, or to the first one when it is not among them.
func compare(t *testing.T, workloads []workload, proxies []proxy) {
	t.Helper()
	rounds, seconds := number(t, "ROUNDS", 3), number(t, "SECONDS_EACH", 4)
	type cell struct {
		workload, proxy string
		threads         int
	}
	results := map[cell][]result{}
	for round := range rounds {
		for _, w := range workloads {
			for _, n := range w.threads {
				for i := range proxies {
					p := proxies[(i+round)%len(proxies)]
					at := cell{w.name, p.name, n}
					results[at] = append(results[at], measure(t, p, w, n, seconds))
				}
			}
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
	}
	base, short := proxies[0].name, "1st"
	for _, p := range proxies {
		if p.name == "haproxy" {
			base, short = p.name, "ha"
		}
	}
	fmt.Printf("\nmedian of %d rounds of %d s; CPU is the proxy's, µs a query\n\n", rounds, seconds)
	fmt.Printf("%-23s %7s %-15s %8s %8s %6s   %8s %8s %8s %8s\n", "", "threads", "", "q/s", "p95 ms", "CPU",
		"q/s:dir", "q/s:"+short, "CPU:"+short, "p95:"+short)
	for _, w := range workloads {
		for _, n := range w.threads {
			first, to := median(results[cell{w.name, proxies[0].name, n}]), median(results[cell{w.name, base, n}])
			for _, p := range proxies {
				m := median(results[cell{w.name, p.name, n}])
				fmt.Printf("%-23s %7d %-15s %8.0f %8.2f %6.1f   %8s %8s %8s %8s\n", w.name, n, p.name, m.qps, m.p95, m.cpu,
					ratio(m.qps, first.qps), ratio(m.qps, to.qps), ratio(m.cpu, to.cpu), ratio(m.p95, to.p95))
			}
		}
	}
	fmt.Println()
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

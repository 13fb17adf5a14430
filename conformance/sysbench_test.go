package conformance

import (
	"bytes"
	"regexp"
	"testing"
)

// sysbench runs transactions with prepared statements and without, over a
// primary with a replica. How many statements of which kind it has run, and
// with how many errors, is equal; how fast is not.
var sysbench = suite{name: "sysbench", run: runSysbench, lines: sysbenchCounts, least: 12, ways: (*bench).pairWays}

func runSysbench(t *testing.T, b *bench, w way) []byte {
	t.Helper()
	run := func(mode, action string) []byte {
		return command(t, "", nil, "sysbench", "oltp_read_write", "--db-driver=mysql", "--mysql-host="+w.host(), "--mysql-port="+w.port(), "--mysql-user="+root,
			"--mysql-password="+password, "--mysql-db="+schema, "--tables=2", "--table-size=500", "--threads=1", "--events=150", "--time=0", "--rand-seed=1", "--db-ps-mode="+mode, action)
	}
	out := run("auto", "prepare")
	b.primary.WaitReplicated(t, b.replica)
	for _, mode := range []string{"auto", "disable"} {
		out = append(out, run(mode, "run")...)
	}
	return out
}

var sysbenchCount = regexp.MustCompile(`(?m)^\s+(read|write|other|total|transactions|queries|ignored errors|reconnects|exit status):\s+\d+`)

func sysbenchCounts(output []byte) []string {
	var lines []string
	for _, line := range sysbenchCount.FindAll(output, -1) {
		lines = append(lines, string(bytes.Join(bytes.Fields(line), []byte(" "))))
	}
	return lines
}

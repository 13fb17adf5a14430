// Package bench compares the program with HAProxy in TCP mode and with no proxy
// at all: throughput, latency and processor time of point selects, and memory
// of idle sessions. .ci/bench.sh runs it; it is a test because it wants the
// real servers that tests have.
package bench

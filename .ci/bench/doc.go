// Package bench compares the program with HAProxy in TCP mode and with no proxy
// at all: throughput, latency and processor time of what sysbench does, the cost of
// a connection, and memory of idle sessions; and measures the push feed on very many sessions under load.
// .ci/bench.sh runs it; it is a test because it wants the
// real servers that tests have.
package bench

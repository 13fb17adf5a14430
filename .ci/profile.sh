#!/usr/bin/env bash
# Records engine/traffic.pgo, the profile of a day's traffic that the program is
# compiled with. Worth it after the way of a statement has changed much.
. "$(dirname "$0")/lib.sh"
test_binary=$(mktemp)
step 'profile of the traffic' go test -trimpath -run '^$' -bench '^BenchmarkTraffic$' -benchtime 20s \
	-cpuprofile "$PWD/engine/traffic.pgo" -o "$test_binary" ./engine
rm -f "$test_binary"

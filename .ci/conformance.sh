#!/usr/bin/env bash
# Runs other people's tests and clients against a real MariaDB, directly and
# through each router of bin/signalbox, and compares what they say. CONFORMANCE
# is a pattern that picks some suites, and MARIADB_TEST one for tests of MariaDB's
# main suite: "." for all but those that mariadb-test.txt rules out, which takes
# half an hour, in place of the quick ones; MARIADB_TEST_PROTOCOL=ps sends all of
# their statements as prepared ones. With CONFORMANCE_FUZZTIME random commands
# are compared for so long instead.
. "$(dirname "$0")/lib.sh"
.ci/setup.sh conformance
test -x bin/signalbox || { echo 'bin/signalbox is missing: make build builds it' >&2; exit 1; }
export SIGNALBOX_REAL=1 SIGNALBOX=${SIGNALBOX:-$PWD/bin/signalbox}
# The servers' data in memory: what the tests wait for is mostly the disk.
if test "$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 4000000 2>/dev/null; then
	TMPDIR=$(mktemp -d -p /dev/shm conformance.XXXXXX)
	export TMPDIR
	trap 'rm -rf "$TMPDIR"' EXIT
fi
if test -n "${CONFORMANCE_FUZZTIME:-}"; then
	go test -count=1 -timeout 0 -v -run '^TestDifferential$' ./conformance
	exit
fi
go test -parallel 4 -count=1 -timeout 20m -v -run "^Test(Conformance|MySQL)\$/${CONFORMANCE:-.}" ./conformance | grep -v '^=== \(PAUSE\|CONT\|NAME\)'

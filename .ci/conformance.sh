#!/usr/bin/env bash
# Runs other people's tests and clients against a real MariaDB, directly and
# through each router of bin/signalbox, and compares what they say. CONFORMANCE
# is a pattern that picks some suites. With CONFORMANCE_FUZZTIME random
# statements are compared for so long instead.
. "$(dirname "$0")/lib.sh"
.ci/setup.sh conformance
test -x bin/signalbox || { echo 'bin/signalbox is missing: make build builds it' >&2; exit 1; }
export SIGNALBOX_REAL=1 SIGNALBOX=${SIGNALBOX:-$PWD/bin/signalbox}
if test -n "${CONFORMANCE_FUZZTIME:-}"; then
	exec go test -count=1 -timeout 0 -v -run '^TestDifferential$' ./conformance
fi
go test -count=1 -timeout 20m -v -run "^TestConformance\$/${CONFORMANCE:-.}" ./conformance | grep -v '^=== \(PAUSE\|CONT\|NAME\)'

#!/usr/bin/env bash
# Compares bin/signalbox with HAProxy and with no proxy: ROUNDS interleaved
# rounds of SECONDS_EACH seconds, then SESSIONS idle sessions. Then the push feed
# on LIVE_SESSIONS sessions under load. One page. BENCH picks tests by a pattern:
# BENCH=Feed needs no database.
. "$(dirname "$0")/lib.sh"
case ${BENCH:-} in
*Feed*) ;;
*)
	.ci/setup.sh bench
	test -f web/static/app.wasm.br || BROTLI=5 .ci/wasm.sh
	.ci/build.sh
	;;
esac
SIGNALBOX_REAL=1 go test -count=1 -timeout 60m -run "${BENCH:-.}" ./.ci/bench -v | grep -v '^=== RUN\|^--- PASS\|^PASS'

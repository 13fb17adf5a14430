#!/usr/bin/env bash
# Compares bin/signalbox with HAProxy and with no proxy: ROUNDS interleaved
# rounds of SECONDS_EACH seconds, then SESSIONS idle sessions. Then the push feed
# on LIVE_SESSIONS sessions under load, and the console in Chromium on as many:
# PARTS of "starts ticks memory".
# One page. BENCH picks tests by a pattern: BENCH=Feed needs no database, and
# BENCH=Browser is the console alone.
. "$(dirname "$0")/lib.sh"

# browser runs parts of e2e/bench.js on the console of very many sessions, of
# which so many percent run a statement every second. The browser goes before
# what makes the load; where that is not allowed, nice says so and it does not.
browser() {
	n=${LIVE_SESSIONS:-100000} said=$(mktemp)
	bin/load -sessions "$n" -changing "$1" >"$said" &
	load=$!
	trap 'kill "$load"; rm -f "$said"' EXIT
	until grep -q http "$said"; do kill -0 "$load" && sleep 0.2; done
	printf '\nthe console in Chromium on %s sessions, %s %% of which run a statement every second\n\n' "$n" "$1"
	CHROMIUM=${CHROMIUM:-$(command -v chromium)} PARTS=$2 nice -n -10 node e2e/bench.js "$(cat "$said")"
	kill "$load"
	wait "$load" || true
	rm -f "$said"
	trap - EXIT
}

# browsers is all of the console's benchmark: how it starts is told for an idle
# machine.
browsers() {
	test -d e2e/node_modules || .ci/setup.sh test
	test -f web/static/app.wasm.br || BROTLI=11 .ci/wasm.sh
	go build -o bin/load ./.ci/bench/load
	local part
	for part in ${PARTS:-starts ticks memory}; do
		case $part in
		starts) browser 0 starts ;;
		*) browser 5 "$part" ;;
		esac
	done
}

case ${BENCH:-} in
*Feed*) ;;
*Browser*)
	browsers
	exit
	;;
*)
	.ci/setup.sh bench
	test -f web/static/app.wasm.br || BROTLI=5 .ci/wasm.sh
	.ci/build.sh
	;;
esac
SIGNALBOX_REAL=1 go test -count=1 -timeout 60m -run "${BENCH:-.}" ./.ci/bench -v | grep -v '^=== RUN\|^--- PASS\|^PASS'
test -n "${BENCH:-}" || browsers

#!/usr/bin/env bash
# Runs clients that check their answers in front of real database servers for
# SOAK, 15 minutes unless told otherwise, while sessions are killed, restarted and
# given other filters and a server hangs and crashes. A line every ten seconds.
. "$(dirname "$0")/lib.sh"
export SIGNALBOX_REAL=1 SIGNALBOX_SOAK=${SOAK:-15m}
step "soak for $SIGNALBOX_SOAK" go test -count=1 -timeout 0 -v -run '^TestSoak$' ./engine

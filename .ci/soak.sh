#!/usr/bin/env bash
# Runs clients that check their answers in front of real database servers for
# SOAK, 15 minutes unless told otherwise, while each second sessions are killed,
# restarted, given other filters and lose a connection, and servers go into
# maintenance, hang, crash and change their parts. It fails when a client noticed
# what was done to another one, or when anything grows. Thirty lines say how it is.
# Then a million short sessions come and go in memory, and a tenth of it over TCP,
# or as many as fit the time.
. "$(dirname "$0")/lib.sh"
export SIGNALBOX_REAL=1 SIGNALBOX_SOAK=${SOAK:-15m}
soak() { go test -count=1 -timeout 0 -v -run "^$1\$" ./engine; }
step "soak for $SIGNALBOX_SOAK" soak TestSoak
step "short sessions" soak TestShortSessions

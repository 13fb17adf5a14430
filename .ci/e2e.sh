#!/usr/bin/env bash
# Runs the console's tests in headless Chromium against bin/signalbox. Pictures
# and traces of what failed are in test-results.
. "$(dirname "$0")/lib.sh"
test -f e2e/package.json || { echo 'e2e/package.json is missing' >&2; exit 1; }
test -x bin/signalbox || { echo 'bin/signalbox is missing: make build builds it' >&2; exit 1; }
test -d e2e/node_modules || npm --prefix e2e ci --no-audit --no-fund
export SIGNALBOX=${SIGNALBOX:-$PWD/bin/signalbox} CHROMIUM=${CHROMIUM:-$(command -v chromium)}
npm --prefix e2e test

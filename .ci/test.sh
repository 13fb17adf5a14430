#!/usr/bin/env bash
# Runs every test there is. Packages that are missing are installed first;
# setup.sh says which and why. Nothing is skipped: SIGNALBOX_REAL=1 makes a
# missing database server an error.
. "$(dirname "$0")/lib.sh"
export SIGNALBOX_REAL=1
unit() { go test -race -timeout 15m $(go list ./... | grep -v '^github.com/signalbox/signalbox$'); }
program() { go test -race -count=1 -timeout 10m .; }
# The browser's regular expressions are not Go's, and Node.js has the same.
browser() { GOOS=js GOARCH=wasm go test -exec "$(go env GOROOT)/lib/wasm/go_js_wasm_exec" -run Log ./api/view; }

began=$SECONDS
step 'packages' .ci/setup.sh test
step 'console' .ci/wasm.sh
step 'program' .ci/build.sh
step 'lint' .ci/lint.sh
step 'size' .ci/size.sh
step 'unit tests, race detector on' unit
step 'filters of logs as the browser has them' browser
step 'whole program, real database servers' program
step 'clients and tests of others through the proxy' .ci/conformance.sh
step 'end to end in Chromium' .ci/e2e.sh
printf 'all tests passed after %d s\n' $((SECONDS - began))

#!/usr/bin/env bash
# Compares the console's size with its budget, 1.8 MB in brotli.
. "$(dirname "$0")/lib.sh"
budget=${BUDGET:-1800000}
size=$(stat -c %s web/static/app.wasm.br)
printf 'app.wasm: %d bytes, brotli %d, gzip %d, budget %d in brotli\n' \
	"$(stat -c %s web/static/app.wasm)" "$size" "$(stat -c %s web/static/app.wasm.gz)" "$budget"
test "$size" -le "$budget" || { echo 'over budget: GOOS=js GOARCH=wasm go list -modfile=bin/browser.mod -deps . says what came in' >&2; exit 1; }

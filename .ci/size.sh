#!/usr/bin/env bash
# Compares the console's size with its budget, 2.0 MB in brotli.
. "$(dirname "$0")/lib.sh"
budget=${BUDGET:-2000000}
size=$(stat -c %s web/static/app.wasm.br)
printf 'app.wasm: %d bytes, brotli %d, gzip %d, budget %d in brotli\n' \
	"$(stat -c %s web/static/app.wasm)" "$size" "$(stat -c %s web/static/app.wasm.gz)" "$budget"
test "$size" -le "$budget" || { echo 'over budget: go version -m and "go list -deps" for GOOS=js say what came in' >&2; exit 1; }

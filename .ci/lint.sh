#!/usr/bin/env bash
# Checks what can be checked without running anything, for the host and for the
# browser.
. "$(dirname "$0")/lib.sh"

js=(. ./app/... ./api/...)
mkdir -p bin/tools

formatted() {
	local files
	files=$(go tool gofumpt -l .)
	test -z "$files" || { printf 'not formatted, make fmt does it:\n%s\n' "$files" >&2; return 1; }
}
host() { go vet ./... ./.ci/bench; }
browser() { GOOS=js GOARCH=wasm go vet "${js[@]}"; }
nodemo() { go vet -tags nodemo . ./engine/demo; }
static() {
	go build -o bin/tools/staticcheck honnef.co/go/tools/cmd/staticcheck
	bin/tools/staticcheck ./... ./.ci/bench
	GOOS=js GOARCH=wasm bin/tools/staticcheck "${js[@]}"
}
scripts() {
	local f
	for f in .ci/*.sh .ci/run; do bash -n "$f"; done
}

step 'formatting' formatted
step 'vet, host' host
step 'vet, browser' browser
step 'vet, nodemo' nodemo
step 'staticcheck' static
step 'go.mod' go mod tidy -diff
step 'scripts' scripts
step 'import rules' go test -count=1 -run '^TestArch' .

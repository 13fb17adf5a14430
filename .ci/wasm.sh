#!/usr/bin/env bash
# Builds the console for the browser into web/static and compresses it. BROTLI
# is the quality: 11 is what is shipped and takes half a minute, 5 is quick.
# wasm_exec.js is not copied: go-app delivers its own, and TestWasmExec checks
# that it is the one of this Go.
. "$(dirname "$0")/lib.sh"
.ci/goapp.sh
# -gcflags: without inlining our own packages are 112 KB smaller in brotli, and go-app is
# 35 KB.
GOOS=js GOARCH=wasm go build -modfile=bin/browser.mod -trimpath -ldflags '-s -w' \
	-gcflags 'github.com/signalbox/signalbox/...=-l' -gcflags 'github.com/maxence-charriere/go-app/...=-l' \
	-o web/static/app.wasm .
go run ./web/compress -quality "${BROTLI:-11}" web/static/app.wasm

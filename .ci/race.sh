#!/usr/bin/env bash
# Runs the Go tests of every package with the race detector.
. "$(dirname "$0")/lib.sh"
go test -race -timeout 10m ./...

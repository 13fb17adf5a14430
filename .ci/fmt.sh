#!/usr/bin/env bash
# Formats the Go files.
. "$(dirname "$0")/lib.sh"
go tool gofumpt -w .

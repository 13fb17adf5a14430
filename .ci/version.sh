#!/usr/bin/env bash
# Prints the version of what is built: the last tag, or how far the work is from it.
. "$(dirname "$0")/lib.sh"
git describe --tags --always --dirty 2>/dev/null || echo 0.0.0-dev

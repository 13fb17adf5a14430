#!/usr/bin/env bash
# Builds bin/signalbox, compiled for the traffic in engine/traffic.pgo. TAGS=nodemo
# leaves the demo's SQL servers out.
. "$(dirname "$0")/lib.sh"
test -f web/static/app.wasm.br || { echo "web/static/app.wasm.br is missing: make wasm builds it" >&2; exit 1; }
CGO_ENABLED=0 go build -trimpath -pgo=engine/traffic.pgo -tags "${TAGS:-}" -ldflags "-s -w -X main.version=$(.ci/version.sh)" -o bin/signalbox .

#!/usr/bin/env bash
# Runs each fuzz target for FUZZTIME. FUZZ is a pattern that picks some.
. "$(dirname "$0")/lib.sh"
found=0
while IFS=: read -r file name; do
	found=$((found + 1))
	step "$name in $(dirname "$file")" \
		go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-30s}" "./$(dirname "$file")"
done < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's|^\./||; s|:func |:|' | grep -E "${FUZZ:-.}" | sort -u)
if [[ differential =~ ${FUZZ:-.} ]] && test -x bin/signalbox; then
	found=$((found + 1))
	step 'random statements through the proxy' env CONFORMANCE_FUZZTIME="${FUZZTIME:-30s}" .ci/conformance.sh
fi
test "$found" -gt 0 || { echo 'no fuzz target matches' >&2; exit 1; }

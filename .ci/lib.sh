# Sourced by the other scripts: they run in the project's folder, stop at the
# first error and say what they do and how long it took.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

current= current_began=0
trap 'status=$?; if test $status -ne 0 && test -n "$current"; then printf "=== %s: FAILED after %d s\n" "$current" $((SECONDS - current_began)) >&2; fi' EXIT

# step NAME COMMAND...: run a command between two lines of progress.
step() {
	current=$1 current_began=$SECONDS
	shift
	printf '=== %s\n' "$current"
	"$@"
	printf '=== %s: done after %d s\n' "$current" $((SECONDS - current_began))
	current=
}

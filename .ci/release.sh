#!/usr/bin/env bash
# release.sh v1.2.3 tags a release: a commit on top of HEAD whose tree is HEAD's
# with the built console in it, web/static/app.wasm.br, .gz and app.version. Who
# imports the module at that tag needs no build step, because the go command takes
# the tree as it is. The branch stays as it was; nothing is pushed.
. "$(dirname "$0")/lib.sh"
tag=${1:-}
[[ $tag =~ ^v[01]\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || {
	echo "release.sh: give a version such as v1.2.3; from v2 on the module's path would have to change" >&2
	exit 2
}
built=(web/static/app.wasm.br web/static/app.wasm.gz web/static/app.version)
for file in "${built[@]}"; do
	test -f "$file" || { echo "$file is missing: make wasm builds it" >&2; exit 1; }
done
test -z "$(git status --porcelain)" || { echo 'there is something that is not committed: the release would not have it, but the console might' >&2; exit 1; }
! git rev-parse -q --verify "refs/tags/$tag" >/dev/null || { echo "there is a tag $tag already" >&2; exit 1; }

GIT_INDEX_FILE=$(mktemp)
export GIT_INDEX_FILE
trap 'rm -f "$GIT_INDEX_FILE"' EXIT
git read-tree HEAD
git add -f "${built[@]}"
commit=$(git commit-tree "$(git write-tree)" -p HEAD -m "release $tag

The tree of $(git rev-parse --short HEAD) with the built console.")
git tag -a "$tag" -m "Signalbox $tag" "$commit"
printf '%s is %s: git push origin %s publishes it\n' "$tag" "$commit" "$tag"

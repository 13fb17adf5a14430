#!/usr/bin/env bash
# Makes bin/browser.mod, the modules of the console: go.mod, but with a go-app
# without its web server, and so without net/http, TLS and all that they need.
# go-app has no build tag for that, and the go command lets nobody replace single
# files of a module: the copy in bin/goapp has ours, from .ci/goapp, in the place
# of four of go-app's: the fourth does without package regexp, for one route. Use
# it with -modfile=bin/browser.mod.
. "$(dirname "$0")/lib.sh"
goapp=github.com/maxence-charriere/go-app/v10
made_for=v10.1.11
read -r version dir < <(go list -m -f '{{.Version}} {{.Dir}}' "$goapp")
test "$version" = "$made_for" || {
	echo "go.mod has go-app $version, but .ci/goapp was made for $made_for: compare http.go, resource.go, crypto.go and route.go of both, mend .ci/goapp, build and run make e2e, and then name the new version here" >&2
	exit 1
}
mkdir -p bin
new=$(mktemp -d bin/goapp.XXXXXX)
trap 'rm -rf "$new"' EXIT
mkdir -p "$new/pkg"
cp -R "$dir/go.mod" "$new/"
cp -R "$dir/pkg/app" "$dir/pkg/errors" "$new/pkg/"
chmod -R u+w "$new"
find "$new" -name '*_test.go' -delete
for file in http.go resource.go crypto.go route.go; do
	test -f "$new/pkg/app/$file" || { echo "go-app has no $file" >&2; exit 1; }
	cp ".ci/goapp/$file" "$new/pkg/app/$file"
done
rm -rf bin/goapp
mv "$new" bin/goapp
cp go.sum bin/browser.sum
cp go.mod bin/browser.mod.new
go mod edit -replace "$goapp=./bin/goapp" -replace github.com/google/uuid=./.ci/goapp/uuid bin/browser.mod.new
mv bin/browser.mod.new bin/browser.mod

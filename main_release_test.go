//go:build !js

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Ensure that a program of another module that imports a release has the console
// without having built anything: the go command itself fetches the tag that
// .ci/release.sh has made, from a clone of this repository.
func TestRelease(t *testing.T) {
	skip := t.Skip
	if os.Getenv("SIGNALBOX_REAL") != "" {
		skip = t.Fatal
	}
	built := []string{"web/static/app.wasm.br", "web/static/app.wasm.gz", "web/static/app.version"}
	for _, file := range built {
		if _, err := os.Stat(file); err != nil {
			skip("the console is not built: ", err)
		}
	}
	for _, program := range []string{"git", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			skip(err)
		}
	}
	if _, err := os.Stat(".git"); err != nil {
		skip("this is no repository: ", err)
	}
	const version = "v0.999.0"
	dir := t.TempDir()
	clone, other := filepath.Join(dir, "clone"), filepath.Join(dir, "other")
	run := func(in string, env []string, name string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir, c.Env = in, append(os.Environ(), env...)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run(".", nil, "git", "clone", "-q", "--shared", ".", clone)
	for _, file := range built {
		copyFile(t, file, filepath.Join(clone, file))
	}
	author := []string{"GIT_AUTHOR_NAME=release", "GIT_AUTHOR_EMAIL=release@example.com", "GIT_COMMITTER_NAME=release", "GIT_COMMITTER_EMAIL=release@example.com"}
	head := run(clone, nil, "git", "rev-parse", "HEAD")
	run(clone, author, ".ci/release.sh", version)
	if after := run(clone, nil, "git", "rev-parse", "HEAD"); after != head || run(clone, nil, "git", "status", "--porcelain") != "" {
		t.Error("making a release has changed the branch or left something behind")
	}
	if out, err := exec.CommandContext(t.Context(), filepath.Join(clone, ".ci/release.sh"), version).CombinedOutput(); err == nil {
		t.Errorf("a release can be made twice: %s", out)
	}

	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"main.go", "portal.go"} {
		copyFile(t, "assets/examples/mount/"+file, filepath.Join(other, file))
	}
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module example.com/portal\n\ngo 1.26\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// A module cache of its own, filled from the one that there is: what is fetched
	// is this release and not an older one of the same name.
	known := strings.TrimSpace(run(".", nil, "go", "env", "GOMODCACHE"))
	proxy := strings.TrimSpace(run(".", nil, "go", "env", "GOPROXY"))
	env := []string{
		"GOFLAGS=-mod=mod -modcacherw -trimpath", "GOWORK=off", "CGO_ENABLED=0", "GOMODCACHE=" + filepath.Join(dir, "modules"),
		"GOPROXY=file://" + known + "/cache/download," + proxy, "GONOPROXY=" + modulePath, "GONOSUMDB=*", "GOVCS=*:git",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url." + clone + ".insteadOf", "GIT_CONFIG_VALUE_0=https://" + modulePath,
	}
	run(other, env, "go", "get", modulePath+"@"+version)
	run(other, env, "go", "build", "-o", "portal", ".")

	ctx, cancel := context.WithCancel(t.Context())
	portal := exec.CommandContext(ctx, filepath.Join(other, "portal"), "-listen", "127.0.0.1:0", "-sql", "127.0.0.1:0")
	portal.Cancel = func() error { return portal.Process.Signal(os.Interrupt) }
	portal.WaitDelay = 5 * time.Second
	out, err := portal.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := portal.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = portal.Wait()
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://[0-9.:]+/tools/proxy`).FindString(said)
	page := fetched(t, address+"/app.js", "")
	wasm := regexp.MustCompile(`/web/app\.wasm\?v=[0-9a-f]+`).FindString(page)
	if wasm == "" {
		t.Fatalf("the console's script names no program: %s", page)
	}
	want, err := os.ReadFile(built[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := fetched(t, address+wasm, "br"); got != string(want) {
		t.Errorf("the console has %d bytes, want the %d that were built", len(got), len(want))
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fetched returns what is at an address, in an encoding.
func fetched(t *testing.T, address, encoding string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
	return string(text)
}

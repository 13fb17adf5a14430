//go:build !js

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const persistConfiguration = `
[maxscale]
datadir=%[1]s
logdir=%[1]s
%[2]s
[server1]
type=server
address=127.0.0.1
port=3306
[Log]
type=filter
module=qlafilter
[Limit]
type=filter
module=maxrows
[Read]
type=service
router=readconnroute
servers=server1
user=u
password=p
filters=Log
`

// Ensure that filters of a service that were changed while the program ran are in
// effect after a restart, that -check says so, and that they are not when the
// configuration does not want it.
func TestPersistedFilters(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "test.cnf")
	write := func(more string) {
		t.Helper()
		if err := os.WriteFile(file, fmt.Appendf(nil, persistConfiguration, dir, more), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// restart starts the program, returns the filters of the service and changes them.
	restart := func(change ...string) string {
		t.Helper()
		p, err := New(options{config: file, adminPort: -1}, io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		service, err := p.engine.Service("Read")
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			if err := p.engine.SetServiceFilters("Read", change); err != nil {
				t.Fatal(err)
			}
		}
		return strings.Join(service.Filters, "|")
	}
	checked := func(want string) {
		t.Helper()
		out := &output{}
		if err := command(t.Context(), []string{"-check", "-config", file}, strings.NewReader(""), out, out); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("-check: got %v and %s, want %q", err, out, want)
		}
	}
	is := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("the filters are %q, want %q", got, want)
		}
	}

	write("")
	is(restart("Limit", "Log"), "Log")
	is(restart(), "Limit|Log")
	checked("[Read] filters=Limit|Log is in effect")
	write("load_persisted_configs=false")
	is(restart(), "Log")
	checked("is not in effect: load_persisted_configs=false")
	write("persist_runtime_changes=false")
	is(restart("Limit"), "Limit|Log")
	is(restart(), "Limit|Log")

	write("persistdir=" + filepath.Join(dir, "other"))
	is(restart("Limit"), "Log")
	is(restart(), "Limit")
	if err := os.WriteFile(filepath.Join(dir, "other", "services.cnf"), []byte("[Read]\nfilters=Gone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	is(restart(), "Log")
	checked("warning: " + filepath.Join(dir, "other", "services.cnf") + ": [Read] param 'filters': 'Gone' is not a filter any more")
}

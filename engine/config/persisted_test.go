package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/module"
)

// persistedObjects are two services and two filters, A and B.
func persistedObjects(t *testing.T) []module.Object {
	t.Helper()
	service := func(name, filters string) module.Object {
		o, _, err := module.NewObject(name, &module.ServiceModule, map[string]string{"user": "u", "password": "p", "filters": filters})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	filter := func(name string) module.Object { return module.Object{Name: name, Kind: module.Filter} }
	return []module.Object{filter("A"), filter("B"), service("Read", "A"), service("Write", "A|B")}
}

// chainsOf are the filters of the services.
func chainsOf(objects []module.Object) map[string]string {
	chains := map[string]string{}
	for _, o := range objects {
		if o.Kind == module.Service {
			chains[o.Name] = strings.Join(o.Values.List("filters"), "|")
		}
	}
	return chains
}

func TestPersistedApply(t *testing.T) {
	for _, tt := range []struct {
		name, text  string
		changed     []string
		read, write string   // filters in effect
		warnings    []string // part of each
	}{
		{name: "empty", read: "A", write: "A|B"},
		{name: "both", text: persistedHead + "[Read]\nfilters=B|A\n[Write]\nfilters=\n", changed: []string{"Read", "Write"}, read: "B|A"},
		{name: "as-configured", text: "[Read]\nfilters=A\n", read: "A", write: "A|B"},
		{name: "spaces", text: "[Read]\nfilters = B | A \n", changed: []string{"Read"}, read: "B|A", write: "A|B"},
		{
			name: "unknown-filter", text: "[Read]\nfilters=B|Gone\n[Write]\nfilters=B\n", changed: []string{"Write"}, read: "A", write: "B",
			warnings: []string{"[Read] param 'filters': 'Gone' is not a filter any more"},
		},
		{name: "a-service-for-a-filter", text: "[Read]\nfilters=Write\n", read: "A", write: "A|B", warnings: []string{"'Write' is not a filter"}},
		{name: "unknown-service", text: "[Gone]\nfilters=B\n", read: "A", write: "A|B", warnings: []string{"[Gone] param 'filters': there is no such service"}},
		{name: "a-filter-for-a-service", text: "[A]\nfilters=B\n", read: "A", write: "A|B", warnings: []string{"[A] param 'filters': there is no such service"}},
		{
			name: "other-parameter", text: "[Read]\nuser=root\nfilters=B\n", changed: []string{"Read"}, read: "B", write: "A|B",
			warnings: []string{":2: [Read] param 'user': is not kept here"},
		},
		{name: "no-sections", text: "nonsense\x00\n", read: "A", write: "A|B", warnings: []string{":1: has a NUL byte"}},
		{name: "too-large", text: strings.Repeat("#\n", maxFile/2+1), read: "A", write: "A|B", warnings: []string{"cannot be read and are not in effect: it is larger than 8 MiB"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "services.cnf")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			objects := persistedObjects(t)
			p, warnings := OpenPersisted(path, objects)
			changed, more := p.Apply(objects)
			if diff := cmp.Diff(tt.changed, changed); diff != "" {
				t.Errorf("changed, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(map[string]string{"Read": tt.read, "Write": tt.write}, chainsOf(objects)); diff != "" {
				t.Errorf("in effect, -want +got:\n%s", diff)
			}
			warnings = append(warnings, more...)
			if len(warnings) != len(tt.warnings) {
				t.Fatalf("got the warnings %v, want %q", warnings, tt.warnings)
			}
			for i, want := range tt.warnings {
				if got := warnings[i].Error(); !strings.Contains(got, want) || !strings.HasPrefix(got, path) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}

// Ensure that what is kept is there after a restart, until it is what the
// configuration file says again.
func TestPersistedKeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "services.cnf")
	keep := func(service string, filters ...string) {
		t.Helper()
		p, warnings := OpenPersisted(path, persistedObjects(t))
		if err := p.Keep(service, filters); err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
	}
	want := func(read, write string) {
		t.Helper()
		objects := persistedObjects(t)
		p, _ := OpenPersisted(path, objects)
		p.Apply(objects)
		if diff := cmp.Diff(map[string]string{"Read": read, "Write": write}, chainsOf(objects)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	keep("Read", "A") // as it is configured
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("there is a file for nothing: %v", err)
	}
	keep("Read", "B", "A")
	want("B|A", "A|B")
	keep("Write")
	want("B|A", "")
	keep("Read", "A")
	want("A", "")
	keep("Write", "A", "B")
	want("A", "A|B")
	text, err := os.ReadFile(path)
	if err != nil || string(text) != persistedHead {
		t.Errorf("got %q, %v", text, err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("there are %v, want the file only", files)
	}
}

// Ensure that a change that cannot be written is an error, and is not kept by a
// later one.
func TestPersistedKeepFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "d", "services.cnf")
	if err := os.WriteFile(filepath.Join(dir, "d"), nil, 0o600); err != nil { // a file where the directory should be
		t.Fatal(err)
	}
	p, warnings := OpenPersisted(path, persistedObjects(t))
	if len(warnings) != 1 {
		t.Errorf("got %v", warnings)
	}
	if err := p.Keep("Read", []string{"B"}); err == nil || !strings.Contains(err.Error(), "filters of Read cannot be kept") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "d")); err != nil {
		t.Fatal(err)
	}
	if err := p.Keep("Write", []string{"B"}); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); strings.Contains(string(text), "Read") || !strings.Contains(string(text), "[Write]\nfilters=B\n") {
		t.Errorf("got %s", text)
	}
}

package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/module"
)

var update = flag.Bool("update", false, "write the golden files anew")

// declarations are a few modules like the real ones.
var declarations = []*module.Module{
	&module.ServiceModule, &module.MonitorModule,
	{Name: "readwritesplit", Kind: module.Service, Parameters: []module.Parameter{
		{Name: "max_replication_lag", Type: module.Duration},
		{Name: "master_failure_mode", Type: module.Enum, Default: "fail_on_write", Enum: []string{"fail_instantly", "fail_on_write"}},
	}},
	{Name: "readconnroute", Kind: module.Service},
	{Name: "qlafilter", Kind: module.Filter, Parameters: []module.Parameter{{Name: "match", Type: module.Regex}}},
	{Name: "mariadbmon", Kind: module.Monitor},
}

// TestGolden reads each file in testdata and compares what is told of it.
func TestGolden(t *testing.T) {
	t.Setenv("SIGNALBOX_TEST_PASSWORD", "from the environment")
	files, err := filepath.Glob("testdata/*.cnf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			objects, warnings, err := Parse(filepath.Base(file), bytes.NewReader(data), declarations)
			var b strings.Builder
			for _, w := range warnings {
				fmt.Fprintf(&b, "warning: %v\n", w)
			}
			if err != nil {
				fmt.Fprintf(&b, "%v\n", err)
			}
			for _, o := range objects {
				fmt.Fprintf(&b, "object %s, %s %s, line %d\n", o.Name, o.Kind, o.Module, o.Line)
			}
			golden := strings.TrimSuffix(file, ".cnf") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestValues(t *testing.T) {
	t.Setenv("SIGNALBOX_TEST_PASSWORD", "from the environment")
	f, err := os.Open("testdata/good.cnf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	objects, _, err := Parse("good.cnf", f, declarations)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, o := range objects {
		switch o.Name {
		case "Monitor":
			got["continued"] = o.Values.List("servers")
			got["quoted"] = o.Values.String("user")
			got["quoted_with_signs"] = o.Values.String("password")
		case "Split":
			got["environment"] = o.Values.String("password")
			got["alias"] = o.Values.Duration("wait_timeout").String()
			got["router's"] = o.Values.String("master_failure_mode")
		}
	}
	want := map[string]any{
		"continued":         []string{"server1", "server2"},
		"quoted":            "monitor",
		"quoted_with_signs": `a#b;c = "d"`,
		"environment":       "from the environment",
		"alias":             "5s",
		"router's":          "fail_on_write",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWindowsFile(t *testing.T) {
	objects, _, err := Parse("x.cnf", strings.NewReader("\ufeff[s]\r\ntype=server\r\naddress=a\r\n\r\n"), declarations)
	if err != nil || len(objects) != 1 || objects[0].Values.String("address") != "a" {
		t.Errorf("got %+v, %v", objects, err)
	}
}

func TestManyProblems(t *testing.T) {
	text := "[s]\ntype=server\naddress=a\n" + strings.Repeat("nonsense\n", 1000)
	_, _, err := Parse("x.cnf", strings.NewReader(text), declarations)
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) != maxProblems+1 || problems[maxProblems].Error() != "x.cnf: and 900 more" {
		t.Errorf("got %d problems: %v", len(problems), err)
	}
	if p, ok := errors.AsType[Problem](err); !ok || p.Line != 4 || p.Object != "s" {
		t.Errorf("first problem: %+v", p)
	}
}

func TestFileLimit(t *testing.T) {
	_, _, err := Parse("x.cnf", io.LimitReader(endless{}, maxFile+1), declarations)
	if want := "x.cnf: is larger than 8 MiB; it cannot be a configuration file"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// endless is a file of empty lines.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

func TestReadError(t *testing.T) {
	cause := errors.New("disk on fire")
	if _, _, err := Parse("x.cnf", iotest.ErrReader(cause), declarations); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if _, _, err := ReadFile(filepath.Join(t.TempDir(), "none.cnf"), declarations); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestReadFileWarnsOfReadablePasswords(t *testing.T) {
	const server = "[s]\ntype=server\naddress=a\n"
	const monitor = "[m]\ntype=monitor\nmodule=mariadbmon\nservers=s\nuser=x\npassword=y\n"
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"open", server + monitor, 0o644, "has passwords and can be read by everyone (mode 0644); use chmod 640"},
		{"closed", server + monitor, 0o640, ""},
		{"no_password", server + "[m]\ntype=filter\nmodule=qlafilter\n", 0o644, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.cnf")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			_, warnings, err := ReadFile(path, declarations)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(warnings) > 0 && warnings[0].Line == 0 {
				got = warnings[0].Text
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.cnf")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, _, err := Parse("x.cnf", bytes.NewReader(data), declarations)
		if err != nil {
			if problems, ok := errors.AsType[Problems](err); !ok || len(problems) == 0 || objects != nil {
				t.Errorf("got %d objects and %v", len(objects), err)
			}
			return
		}
		for _, o := range objects {
			if o.Name == "" || o.Kind == "" || o.Module == "" || o.Line == 0 {
				t.Errorf("incomplete object %+v", o)
			}
		}
	})
}

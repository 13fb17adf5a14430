package modules_test

import (
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/modules"
)

func TestDeclarations(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range modules.All().Declarations() {
		if m.Name == "" || m.Kind == "" || seen[m.Name] {
			t.Errorf("module %q of kind %q: the name is missing or not the only one", m.Name, m.Kind)
		}
		seen[m.Name] = true
		if m.Description == "" {
			t.Errorf("%s: no description", m.Name)
		}
		names := map[string]bool{}
		mandatory := map[string]string{}
		for _, p := range m.AllParameters() {
			for _, name := range append([]string{p.Name}, p.Alias...) {
				if names[name] {
					t.Errorf("%s: %s is declared twice", m.Name, name)
				}
				names[name] = true
			}
			if p.Description == "" || strings.Contains(p.Description, "\n") {
				t.Errorf("%s: %s: no description of one line", m.Name, p.Name)
			}
			if p.Mandatory {
				mandatory[p.Name] = example(p)
			}
			if p.Mandatory && p.Default != "" {
				t.Errorf("%s: %s is mandatory and has a default", m.Name, p.Name)
			}
		}
		if _, warnings, err := module.NewObject("it", m, mandatory); err != nil || len(warnings) > 0 {
			t.Errorf("%s: defaults: %v %v", m.Name, err, warnings)
		}
	}
	for _, name := range []string{"readwritesplit", "readconnroute", "qlafilter", "regexfilter", "maxrows", "hintfilter", "mariadbmon"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

// example is a value that a mandatory parameter accepts.
func example(p module.Parameter) string {
	switch p.Type {
	case module.Bool, module.Int, module.Count, module.Size:
		return "1"
	case module.Duration:
		return "1s"
	case module.Regex:
		return "/x/"
	case module.Enum, module.EnumMask, module.EnumList:
		return p.Enum[0]
	}
	return "x"
}

func TestConstructors(t *testing.T) {
	all := modules.All()
	for _, m := range all.Routers {
		if m.Kind != module.Service || m.New == nil {
			t.Errorf("%s is no router", m.Name)
		}
	}
	for _, m := range all.Filters {
		if m.Kind != module.Filter || m.New == nil {
			t.Errorf("%s is no filter", m.Name)
		}
	}
	for _, m := range all.Monitors {
		if m.Kind != module.Monitor || m.New == nil {
			t.Errorf("%s is no monitor", m.Name)
		}
	}
}

// TestSample reads the sample configuration, which is to show every module and
// give no warning.
func TestSample(t *testing.T) {
	declarations := modules.All().Declarations()
	objects, warnings, err := config.ReadFile("../../assets/signalbox.cnf", declarations)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		if w.Line > 0 { // line 0 is about the mode of the file
			t.Errorf("warning: %v", w)
		}
	}
	shown := map[string]bool{string(module.Service): true}
	for _, o := range objects {
		shown[o.Module] = true
	}
	for _, m := range declarations {
		if !shown[m.Name] {
			t.Errorf("the sample does not show %s", m.Name)
		}
	}
}

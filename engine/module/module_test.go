package module

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var everyType = []Parameter{
	{Name: "bool", Type: Bool, Default: "true", Modifiable: true},
	{Name: "int", Type: Int, Default: "-1", Min: -1, Modifiable: true},
	{Name: "count", Type: Count, Max: 65535},
	{Name: "auto", Type: Count, Default: "auto", Enum: []string{"auto"}},
	{Name: "duration", Type: Duration, Default: "300s", Modifiable: true, Alias: []string{"old_duration"}},
	{Name: "interval", Type: Duration, Unit: time.Millisecond},
	{Name: "size", Type: Size, Default: "1Mi"},
	{Name: "text", Type: String, Modifiable: true},
	{Name: "secret", Type: Password, Modifiable: true},
	{Name: "regex", Type: Regex, Modifiable: true},
	{Name: "enum", Type: Enum, Default: "master", Enum: []string{"master", "slave", "running"}},
	{Name: "mask", Type: EnumMask, Enum: []string{"master", "slave", "running"}},
	{Name: "methods", Type: EnumList, Enum: []string{"GET", "PUT"}},
	{Name: "servers", Type: ServerList},
	{Name: "filters", Type: FilterList},
	{Name: "strings", Type: StringList},
	{Name: "later", Type: Bool, NotImplemented: true},
	{Name: "past", Type: Bool, Deprecated: true},
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, parameter, text string
		want                  any // as displayed
		warning               string
	}{
		{"bool_on", "bool", "ON", true, ""},
		{"bool_no", "bool", "no", false, ""},
		{"bool_default", "bool", "", true, ""},
		{"int", "int", "7", int64(7), ""},
		{"int_least", "int", "-1", int64(-1), ""},
		{"count_most", "count", "65535", int64(65535), ""},
		{"count_word", "auto", "auto", int64(0), ""},
		{"duration_hours", "duration", "2h", "7200000ms", ""},
		{"duration_m", "duration", "2m", "120000ms", ""},
		{"duration_min", "duration", "2min", "120000ms", ""},
		{"duration_seconds", "duration", "2s", "2000ms", ""},
		{"duration_ms", "duration", "2MS", "2ms", ""},
		{"duration_plain", "duration", "2", "2000ms", "a duration without a unit is deprecated; 2 is read as 2000ms"},
		{"duration_zero", "duration", "0", "0ms", ""},
		{"duration_plain_ms", "interval", "2000", "2000ms", "a duration without a unit is deprecated; 2000 is read as 2000ms"},
		{"duration_default", "duration", "", "300000ms", ""},
		{"duration_alias", "old_duration", "1s", "1000ms", "is an old name; the new name is 'duration'"},
		{"size_binary", "size", "64Ki", int64(65536), ""},
		{"size_tebi", "size", "1Ti", int64(1 << 40), ""},
		{"size_decimal", "size", "64k", int64(64000), ""},
		{"size_plain", "size", "12", int64(12), ""},
		{"text_unset", "text", "", nil, ""},
		{"text", "text", "a b", "a b", ""},
		{"password", "secret", "x", "*****", ""},
		{"password_unset", "secret", "", nil, ""},
		{"regex", "regex", "/^a|b/", "/^a|b/", ""},
		{"regex_bare", "regex", "a", "/a/", "a regular expression without slashes is deprecated; write /a/"},
		{"regex_unset", "regex", "", nil, ""},
		{"enum", "enum", "SLAVE", "slave", ""},
		{"mask", "mask", "slave, Master", "slave,master", ""},
		{"mask_unset", "mask", "", "", ""},
		{"enum_list", "methods", "get", []string{"GET"}, ""},
		{"servers", "servers", "a, b,", "a,b", ""},
		{"servers_unset", "servers", "", nil, ""},
		{"filters", "filters", "a | b", "a|b", ""},
		{"strings", "strings", "a=1,b=2", []string{"a=1", "b=2"}, ""},
		{"not_implemented", "later", "true", true, "is accepted, but has no effect in this version"},
		{"not_implemented_default", "later", "false", false, ""},
		{"deprecated", "past", "1", true, "is deprecated"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, warnings, err := Parse("it", everyType, map[string]string{test.parameter: test.text})
			if err != nil {
				t.Fatal(err)
			}
			p := find(everyType, test.parameter)
			if diff := cmp.Diff(test.want, v.Display()[p.Name]); diff != "" {
				t.Errorf("displayed (-want +got):\n%s", diff)
			}
			var want []Warning
			if test.warning != "" {
				want = []Warning{{Object: "it", Parameter: test.parameter, Text: test.warning}}
			}
			if diff := cmp.Diff(want, warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if got, want := v.Set(p.Name), test.text != ""; got != want {
				t.Errorf("Set is %v, want %v", got, want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, parameter, text, want string }{
		{"unknown", "sevrers", "a", "param 'sevrers': is unknown; did you mean 'servers'?"},
		{"unknown_far", "colour", "a", "param 'colour': is unknown"},
		{"bool", "bool", "maybe", "param 'bool': 'maybe' is not a boolean; true or false"},
		{"int", "int", "1.5", "param 'int': '1.5' is not a number; a whole number, at least -1"},
		{"int_less", "int", "-2", "param 'int': -2 is out of range; a whole number, at least -1"},
		{"count_negative", "count", "-1", "param 'count': -1 is out of range; a whole number from 0 to 65535"},
		{"count_more", "count", "65536", "param 'count': 65536 is out of range; a whole number from 0 to 65535"},
		{"count_huge", "count", "99999999999999999999", "param 'count': '99999999999999999999' is not a number; a whole number from 0 to 65535"},
		{"duration", "duration", "5 days", "param 'duration': '5 days' is not a duration; a number with a unit, such as 500ms, 10s, 5m or 1h"},
		{"duration_unit_only", "duration", "ms", "param 'duration': 'ms' is not a duration; a number with a unit, such as 500ms, 10s, 5m or 1h"},
		{"duration_negative", "duration", "-1s", "param 'duration': -1s is out of range; a duration, at least 0ms"},
		{"duration_overflow", "duration", "9223372036854775807h", "param 'duration': '9223372036854775807h' is not a duration; a number with a unit, such as 500ms, 10s, 5m or 1h"},
		{"size", "size", "1KB", "param 'size': '1KB' is not a size; bytes, such as 65536, 64Ki or 16Mi"},
		{"size_overflow", "size", "9000000000Gi", "param 'size': '9000000000Gi' is not a size; bytes, such as 65536, 64Ki or 16Mi"},
		{"enum", "enum", "slvae", "param 'enum': 'slvae' is not one of its values; one of master, slave, running (did you mean 'slave'?)"},
		{"mask", "mask", "master,synced", "param 'mask': 'synced' is not one of its values; one of master, slave, running"},
		{"servers_twice", "servers", "a,b,a", "param 'servers': 'a' is named twice; each name once"},
		{"regex", "regex", "/a(/", "param 'regex': is not a regular expression: missing closing ): 'a('; check the expression; the syntax is RE2's"},
		{"regex_lookahead", "regex", "/a(?=b)/", "param 'regex': is not a regular expression: invalid or unsupported Perl syntax: '(?='; the syntax is RE2's, without PCRE's look-around, back-references, possessive quantifiers and atomic groups"},
		{"regex_lookbehind", "regex", "/(?<!a)b/", "param 'regex': is not a regular expression: invalid named capture: '(?<!a)b'; the syntax is RE2's, without PCRE's look-around, back-references, possessive quantifiers and atomic groups"},
		{"regex_backreference", "regex", `/(a)\1/`, `param 'regex': is not a regular expression: invalid escape sequence: '\1'; the syntax is RE2's, without PCRE's look-around, back-references, possessive quantifiers and atomic groups`},
		{"regex_possessive", "regex", "/a++/", "param 'regex': is not a regular expression: invalid nested repetition operator: '++'; the syntax is RE2's, without PCRE's look-around, back-references, possessive quantifiers and atomic groups"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := Parse("it", everyType, map[string]string{test.parameter: test.text})
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestParseReportsAllErrors(t *testing.T) {
	params := append([]Parameter{{Name: "user", Type: String, Mandatory: true, Description: "User that reads accounts."}}, everyType...)
	_, _, err := Parse("it", params, map[string]string{"bool": "x", "count": "y", "duration": "1s", "old_duration": "2s"})
	want := strings.Join([]string{
		"param 'bool': 'x' is not a boolean; true or false",
		"param 'count': 'y' is not a number; a whole number from 0 to 65535",
		"param 'old_duration': is another name of 'duration', which is set too; keep one of them",
		"param 'user': is missing; it must be set: User that reads accounts",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestErrorsHidePasswords(t *testing.T) {
	params := []Parameter{{Name: "secret", Type: Password}}
	v, _, _ := Parse("it", params, map[string]string{"secret": "hunter2"})
	_, err := With(v, "secret", "hunter3")
	if err == nil || strings.Contains(err.Error(), "hunter") || err.(*ParameterError).Value != "*****" {
		t.Errorf("got %#v", err)
	}
}

func TestGetters(t *testing.T) {
	v, _, err := Parse("it", everyType, map[string]string{"regex": "/a/", "servers": "a,b", "secret": "x"})
	if err != nil {
		t.Fatal(err)
	}
	if !v.Bool("bool") || v.Int("int") != -1 || v.Int("size") != 1<<20 || v.Duration("duration") != 5*time.Minute ||
		v.String("secret") != "x" || v.String("enum") != "master" || !v.Regexp("regex").MatchString("a") ||
		!cmp.Equal(v.List("servers"), []string{"a", "b"}) || v.Text("servers") != "a,b" {
		t.Errorf("wrong values: %+v", v.Display())
	}
	if v.Bool("int") || v.Int("bool") != 0 || v.Regexp("text") != nil || v.List("none") != nil || v.Set("bool") {
		t.Error("a getter of another type is not zero")
	}
}

func TestWith(t *testing.T) {
	before, _, err := Parse("it", everyType, map[string]string{"text": "a"})
	if err != nil {
		t.Fatal(err)
	}
	after, err := With(before, "text", "b")
	if err != nil || after.String("text") != "b" || before.String("text") != "a" {
		t.Errorf("got %q, was %q, %v", after.String("text"), before.String("text"), err)
	}
	after, err = With(after, "text", "")
	if err != nil || after.String("text") != "" || after.Set("text") {
		t.Errorf("back to the default: got %q, %v", after.String("text"), err)
	}
	for _, test := range []struct{ parameter, text, want string }{
		{"duration", "x", "param 'duration': 'x' is not a duration; a number with a unit, such as 500ms, 10s, 5m or 1h"},
		{"durations", "1s", "param 'durations': is unknown; did you mean 'duration'?"},
		{"size", "1", "param 'size': cannot be changed while running; change it in the configuration file and restart"},
	} {
		if _, err := With(before, test.parameter, test.text); err == nil || err.Error() != test.want {
			t.Errorf("With(%s, %s): got %v, want %s", test.parameter, test.text, err, test.want)
		}
	}
}

func TestDeclarations(t *testing.T) {
	router := Module{Name: "some", Kind: Service, Parameters: []Parameter{{Name: "own", Type: Bool}}}
	monitor := Module{Name: "some", Kind: Monitor}
	for _, m := range []*Module{&MaxScaleModule, &ServerModule, &ServiceModule, &ListenerModule, &MonitorModule, &router, &monitor} {
		mandatory := map[string]string{}
		seen := map[string]bool{}
		for _, p := range m.AllParameters() {
			for _, name := range append([]string{p.Name}, p.Alias...) {
				if seen[name] {
					t.Errorf("%s: %s is declared twice", m.Name, name)
				}
				seen[name] = true
			}
			if p.Description == "" && p.Name != "own" || strings.Count(p.Description, "\n") > 0 {
				t.Errorf("%s: %s has no description of one line", m.Name, p.Name)
			}
			if p.Mandatory {
				mandatory[p.Name] = "x"
			}
		}
		o, warnings, err := NewObject("it", m, mandatory)
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: defaults: %v %v", m.Name, err, warnings)
		}
		if o.Kind != m.Kind || o.Module != m.Name {
			t.Errorf("%s: got object %+v", m.Name, o)
		}
	}
}

func TestObjectDisplay(t *testing.T) {
	for kind, want := range map[Kind]map[string]any{
		Service:  {"type": "service", "router": "m"},
		Filter:   {"type": "filter", "module": "m"},
		Monitor:  {"type": "monitor", "module": "m"},
		Listener: {"type": "listener"},
		Server:   {},
	} {
		if diff := cmp.Diff(want, Object{Kind: kind, Module: "m"}.Display()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"readwritesplit", "readconnroute", "servers", "user"}
	for name, want := range map[string]string{
		"readwritespilt":                    "readwritesplit",
		"readwrite":                         "",
		"server":                            "servers",
		"usre":                              "user",
		"x":                                 "",
		"":                                  "",
		strings.Repeat("readwritesplit", 9): "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func FuzzParameter(f *testing.F) {
	for i, text := range []string{"5min", "64Ki", "/a(?=b)/", "a|b|a", "-1ms", "9223372036854775807", "\xff"} {
		f.Add(i, text)
	}
	f.Fuzz(func(t *testing.T, i int, text string) {
		p := everyType[uint(i)%uint(len(everyType))]
		v, _, err := Parse("it", []Parameter{p}, map[string]string{p.Name: text})
		if err == nil && p.Type == Count && v.Int(p.Name) < 0 {
			t.Errorf("%s %q is negative: %d", p.Name, text, v.Int(p.Name))
		}
		v.Display()
	})
}

package view_test

import (
	"testing"

	"github.com/signalbox/signalbox/api/view"
)

func parse(t *testing.T, text string) *view.Filter {
	t.Helper()
	f, err := view.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

// Ensure that a blind filter says the same of sessions whose statements differ.
func TestBlind(t *testing.T) {
	other := report()
	other.Attributes.Activity.Statement = "UPDATE secrets SET a = 'xyzzy'"
	for _, tt := range []struct {
		filter string
		blind  bool // it can be
	}{
		{"", true},
		{"orders", true},
		{"!xyzzy", true},
		{"user:report orders|xyzzy", true},
		{"!(user:app xyzzy|orders) age>1s", true},
		{"/secr.ts/", true},
		{"stmt:orders", false},
		{"STMT:!xyzzy", false},
		{"user:report !(age>1s|stmt:/x/)", false},
		{"user:a|(user:report (stmt:x age>1s))", false},
	} {
		f := parse(t, tt.filter).Blind()
		if (f != nil) != tt.blind {
			t.Errorf("%q: got %v", tt.filter, f)
		}
		if f != nil && f.Match(report()) != f.Match(other) {
			t.Errorf("%q looks at statements", tt.filter)
		}
	}
	if f := parse(t, "orders"); !f.Match(report()) || f.Blind().Match(report()) || !f.Match(report()) {
		t.Error("the filter itself is blind, or its blind form is not")
	}
}

func TestAnd(t *testing.T) {
	for _, tt := range []struct{ locked, own, want string }{
		{"", "", ""},
		{"user:report", "", "user:report"},
		{"", "user:report", "user:report"},
		{"user:app", "id:1|id:*", "user:app (id:1|id:*)"},
		{"user:app|user:b", "id:1 age>1s", "(user:app|user:b) id:1 age>1s"},
		{"!user:app", "!(id:1)", "!user:app !id:1"},
	} {
		got := parse(t, tt.locked).And(parse(t, tt.own))
		if got.String() != tt.want {
			t.Errorf("%q and %q: got %q, want %q", tt.locked, tt.own, got, tt.want)
		}
		if parse(t, got.String()).String() != got.String() {
			t.Errorf("%q does not parse to itself", got)
		}
	}
	if parse(t, "user:app").And(parse(t, "id:*|user:report")).Match(report()) {
		t.Error("a term of one filter widens the other")
	}
}

func TestStatements(t *testing.T) {
	for text, want := range map[string]bool{"": false, "user,-age": false, "user,-stmt": true, "STMT": true} {
		s, err := view.ParseSort(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Statements(); got != want {
			t.Errorf("sort by %q: got %v", text, got)
		}
	}
	for text, want := range map[string]bool{"user": false, "user,stmt": true, "fingerprint": true, "service,Fingerprint": true} {
		g, err := view.ParseGrouping(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.Statements(); got != want {
			t.Errorf("group by %q: got %v", text, got)
		}
	}
}

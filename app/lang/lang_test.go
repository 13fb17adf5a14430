package lang

import "testing"

func TestT(t *testing.T) {
	german := Catalog{
		"Kill session {id}?":     "Session {id} beenden?",
		"{n} write|{n} writes":   "{n} Schreibvorgang|{n} Schreibvorgänge",
		"empty":                  "",
		".":                      ",",
		"{who} waits for {whom}": "auf {whom} wartet {who}",
	}
	tests := []struct {
		name    string
		catalog Catalog
		got     func() string
		want    string
	}{
		{"english", nil, func() string { return T("Kill session {id}?", "id", "4711") }, "Kill session 4711?"},
		{"german", german, func() string { return T("Kill session {id}?", "id", "4711") }, "Session 4711 beenden?"},
		{"unknown", german, func() string { return T("Nobody has translated this") }, "Nobody has translated this"},
		{"empty_translation", german, func() string { return T("empty") }, "empty"},
		{"other_order", german, func() string { return T("{who} waits for {whom}", "who", "a", "whom", "b") }, "auf b wartet a"},
		{"hostile_value", german, func() string { return T("Kill session {id}?", "id", "{id} {who} Kill session {id}?") }, "Session {id} {who} Kill session {id}? beenden?"},
		{"missing_value", nil, func() string { return T("Kill {what} of {id}", "id", "4711") }, "Kill {what} of 4711"},
		{"open_brace", nil, func() string { return T("{ and {id", "id", "4711") }, "{ and {id"},
		{"odd_values", nil, func() string { return T("{id}", "id") }, "{id}"},
		{"one", nil, func() string { return N(1, "{n} write|{n} writes") }, "1 write"},
		{"many", nil, func() string { return N(1284, "{n} write|{n} writes") }, "1\u202f284 writes"},
		{"german_one", german, func() string { return N(1, "{n} write|{n} writes") }, "1 Schreibvorgang"},
		{"german_none", german, func() string { return N(0, "{n} write|{n} writes") }, "0 Schreibvorgänge"},
		{"small_count", nil, func() string { return Count(7) }, "7"},
		{"large_count", nil, func() string { return Count(1234567) }, "1\u202f234\u202f567"},
		{"negative_count", nil, func() string { return Count(-123456) }, "-123\u202f456"},
		{"decimal", nil, func() string { return Decimal(1.25, 1) }, "1.2"},
		{"german_decimal", german, func() string { return Decimal(0.5, 2) }, "0,50"},
	}
	defer Use(nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			Use(test.catalog)
			if got := test.got(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

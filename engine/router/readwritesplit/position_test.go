package readwritesplit

import "testing"

// Ensure positions come together by domain.
func TestPosition(t *testing.T) {
	for _, tt := range []struct {
		a, b, both string
		has        bool // a has b
	}{
		{"", "", "", true},
		{"0-1-5", "", "0-1-5", true},
		{"", "0-1-5", "0-1-5", false},
		{"0-1-5", "0-1-4", "0-1-5", true},
		{"0-1-5", "0-2-6", "0-2-6", false},
		{"0-1-5", " 3-1-1, 0-1-2", "0-1-5,3-1-1", false},
		{"4294967295-1-18446744073709551615", "0-1-1", "0-1-1,4294967295-1-18446744073709551615", false},
	} {
		a, okA := parsePosition(tt.a)
		b, okB := parsePosition(tt.b)
		if !okA || !okB || a.has(b) != tt.has || a.and(b).String() != tt.both {
			t.Errorf("%q and %q: got %v, %q, want %v, %q", tt.a, tt.b, a.has(b), a.and(b), tt.has, tt.both)
		}
	}
	for _, bad := range []string{"x", "1-2", "1-2-", "1-2-3-4", "-1-2-3", "1-2-3'; DROP TABLE t", "4294967296-1-1"} {
		if p, ok := parsePosition(bad); ok {
			t.Errorf("%q was read as %q", bad, p)
		}
	}
}

// Ensure nothing that a server says gets into a statement but numbers, commas and
// dashes, and that what is written is read as the same.
func FuzzPosition(f *testing.F) {
	f.Add("0-1-5,1-2-3")
	f.Add("0-1-5,0-2-7, 9-9-9")
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := parsePosition(text)
		if !ok {
			return
		}
		written := p.String()
		for _, c := range written {
			if (c < '0' || c > '9') && c != ',' && c != '-' {
				t.Fatalf("%q is written as %q", text, written)
			}
		}
		again, ok := parsePosition(written)
		if !ok || again.String() != written || !again.has(p) || !p.has(again) {
			t.Fatalf("%q is written as %q, which is read as %q", text, written, again)
		}
	})
}

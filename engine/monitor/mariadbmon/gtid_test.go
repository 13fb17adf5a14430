package mariadbmon

import (
	"math"
	"testing"
)

func TestPosition(t *testing.T) {
	tests := []struct {
		name, has, want string
		missing         uint64
	}{
		{"same", "0-1-37", "0-1-37", 0},
		{"of_another_server", "0-2-37", "0-1-37", 0},
		{"ahead", "0-1-40", "0-1-37", 0},
		{"behind", "0-1-30", "0-1-37", 7},
		{"no_domain", "0-1-37", "0-1-37,1-2-5", 5},
		{"more_domains", "0-1-37,1-2-5", "0-1-37", 0},
		{"spaces", "0-1-37, 1-2-5", "1-2-6,\n0-1-37", 1},
		{"nothing", "", "0-1-3", 3},
		{"nothing_wanted", "", "", 0},
		{"too_many", "0-1-1", "0-1-9223372036854775809,1-1-9223372036854775808", math.MaxUint64},
		{"nonsense", "0-1", "x-1-3,0-1-y,0-1-2-3", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			has, want := parsePosition(tt.has), parsePosition(tt.want)
			if got := has.missing(want); got != tt.missing || has.covers(want) != (tt.missing == 0) {
				t.Errorf("got %d, want %d", got, tt.missing)
			}
		})
	}
}

func TestForeign(t *testing.T) {
	for _, tt := range []struct {
		name, position, state string
		want                  bool
	}{
		{"has_it", "0-1-37", "0-1-40,0-2-45", false},
		{"the_last", "0-1-40", "0-1-40,0-2-45", false},
		{"written_alone", "0-1-41", "0-1-40,0-2-45", true},
		{"of_nobody", "0-3-1", "0-1-40,0-2-45", true},
		{"one_of_two_domains", "0-1-1,7-1-1", "0-1-40", true},
		{"nothing", "", "0-1-40", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := foreign(tt.position, "", tt.state); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// FuzzPosition reads positions of servers that lie.
func FuzzPosition(f *testing.F) {
	f.Add("0-1-37,1-2-5", "0-1-38")
	f.Add("18446744073709551615-1-18446744073709551615", "--")
	f.Fuzz(func(t *testing.T, a, b string) {
		p, q := parsePosition(a), parsePosition(b)
		if !p.covers(p) {
			t.Errorf("%q does not cover itself", a)
		}
		if p.covers(q) != (p.missing(q) == 0) {
			t.Errorf("%q and %q: covers and missing differ", a, b)
		}
	})
}

func TestQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "'plain'", `a'b`: `'a''b'`, `a\'b`: `'a\\''b'`, "": "''",
	} {
		if got := quoted(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if got := identifier("a`b"); got != "`a``b`" {
		t.Errorf("got %s", got)
	}
}

package ui

import "testing"

// Ensure that text can be read whatever colour a host application likes.
func TestReadable(t *testing.T) {
	for _, hex := range []string{"1f5fbf", "ffff00", "000000", "ffffff", "808080", "ff0000", "00ff7f", "e91e63"} {
		c, ok := parseColour(hex)
		if !ok || c.String() != "#"+hex {
			t.Fatalf("%s reads as %s", hex, c)
		}
		for _, dark := range []bool{false, true} {
			ground := lightGround
			if dark {
				ground = darkGround
			}
			accent, on := readable(c, dark)
			if got := contrast(accent, ground); got < 4.5 {
				t.Errorf("%s, dark %v: %s has contrast %.2f with what it stands on", hex, dark, accent, got)
			}
			if got := contrast(accent, on); got < 4.5 {
				t.Errorf("%s, dark %v: text on %s has contrast %.2f", hex, dark, accent, got)
			}
		}
	}
	if accent, _ := readable(rgb{0x1F / 255.0, 0x5F / 255.0, 0xBF / 255.0}, false); accent.String() != "#1f5fbf" {
		t.Errorf("a colour that can be read becomes %s", accent)
	}
	for _, bad := range []string{"", "#1f5fbf", "1f5fb", "1f5fbg", "red", "1f5fbf0"} {
		if _, ok := parseColour(bad); ok {
			t.Errorf("%q is a colour", bad)
		}
	}
}

package app

import "testing"

// Ensure that nothing is done to another thing than the one that was aimed at,
// and that who insists is heard.
func TestAim(t *testing.T) {
	reset(t)
	var a aim
	for _, step := range []struct {
		name  string
		at    aim
		still bool
	}{
		{"never_aimed", aim{"7", "now"}, false},
		{"again", aim{"7", "now"}, true},
		{"another_session", aim{"8", "now"}, false},
		{"another_deed", aim{"8", "cancel"}, false},
		{"meant", aim{"8", "cancel"}, true},
	} {
		if got := a.still(step.at); got != step.still {
			t.Errorf("%s: got %v, want %v", step.name, got, step.still)
		}
	}
	if n := len(console.toasts); n == 0 {
		t.Error("nobody was told")
	}
}

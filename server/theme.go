package server

import (
	"fmt"
	"regexp"
)

// Theme is what the console looks like where a user has not chosen otherwise.
// The zero value follows the visitor's system.
type Theme struct {
	Mode   string // "light" or "dark"; "" as the system has it
	Accent string // colour of links and buttons, as "1f5fbf"; "" for ours. The console keeps it readable.
}

var accentForm = regexp.MustCompile(`^[0-9a-fA-F]{6}$`)

func (t Theme) check() error {
	switch {
	case t.Mode != "" && t.Mode != "light" && t.Mode != "dark":
		return fmt.Errorf("server: theme %q is neither light nor dark", t.Mode)
	case t.Accent != "" && !accentForm.MatchString(t.Accent):
		return fmt.Errorf("server: accent %q is not a colour such as 1f5fbf", t.Accent)
	}
	return nil
}

// environment is how the console hears of it: go-app's files carry it.
func (t Theme) environment() map[string]string {
	return map[string]string{"SIGNALBOX_THEME": t.Mode, "SIGNALBOX_ACCENT": t.Accent}
}

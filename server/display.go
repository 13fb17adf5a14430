package server

import (
	"slices"
	"time"

	"github.com/signalbox/signalbox/api"
)

// screen is a display that is paired, or was.
type screen struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Board     string    `json:"board"`
	Hash      string    `json:"token"` // hashOf its token
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"created_by"`
	Expires   time.Time `json:"expires"`
	Seen      time.Time `json:"seen,omitzero"`
	Address   string    `json:"address"`
	Revoked   time.Time `json:"revoked,omitzero"`
}

const (
	maxDisplays  = 1000                // that may be used, and that are kept though they may not
	displaysKept = 30 * 24 * time.Hour // after they were revoked or have expired
)

// good says whether the token of s may be used.
func (s *screen) good(now time.Time) bool { return s.Revoked.IsZero() && now.Before(s.Expires) }

// over returns when the token of s ends, or did.
func (s *screen) over() time.Time {
	if !s.Revoked.IsZero() {
		return s.Revoked
	}
	return s.Expires
}

func (s *screen) resource() api.Display {
	return api.Display{ID: s.ID, Type: "displays", Attributes: api.DisplayAttributes{
		Name: s.Name, Board: s.Board, CreatedAt: apiTime(s.Created), CreatedBy: s.CreatedBy, ExpiresAt: apiTime(s.Expires),
		LastSeenAt: apiTime(s.Seen), Address: s.Address, Revoked: !s.Revoked.IsZero(),
	}}
}

// screens returns all displays, newest first, with their last use.
func (g *Grants) screens() []screen {
	all := slices.Clone(g.snapshot().Displays)
	for i := range all {
		all[i].Seen, all[i].Address = g.lastUse(all[i].ID, all[i].Seen, all[i].Address)
	}
	slices.Reverse(all)
	return all
}

// screen returns a display that may be used.
func (g *Grants) screen(id string) (screen, bool) {
	return g.findScreen(func(s *screen) bool { return s.ID == id })
}

// screenOf returns the display that a token belongs to, when it may be used.
func (g *Grants) screenOf(token string) (screen, bool) {
	if !isSecret(displaySecret, token) {
		return screen{}, false
	}
	hash := hashOf(token)
	return g.findScreen(func(s *screen) bool { return s.Hash == hash })
}

func (g *Grants) findScreen(wanted func(*screen) bool) (screen, bool) {
	now := g.now()
	list := g.snapshot().Displays
	for i := range list {
		if wanted(&list[i]) {
			return list[i], list[i].good(now)
		}
	}
	return screen{}, false
}

// addScreen keeps a new display, and forgets those that have been of no use for
// long.
func (g *Grants) addScreen(s screen) error {
	return g.change(func(f *grantsFile) error {
		good := 0
		for i := range f.Displays {
			if f.Displays[i].good(s.Created) {
				good++
			}
		}
		many := len(f.Displays)-good >= maxDisplays
		f.Displays = slices.DeleteFunc(f.Displays, func(old screen) bool {
			return !old.good(s.Created) && (many || s.Created.Sub(old.over()) >= displaysKept)
		})
		if good >= maxDisplays {
			return badAccount("%d displays are paired already, which is the most: revoke one", maxDisplays)
		}
		f.Displays = append(f.Displays, s)
		return nil
	})
}

// alterScreen changes a display that may be used; false when there is none.
func (g *Grants) alterScreen(id string, fn func(*screen)) (changed screen, ok bool, err error) {
	err = g.change(func(f *grantsFile) error {
		for i := range f.Displays {
			if s := &f.Displays[i]; s.ID == id && s.good(g.now()) {
				fn(s)
				changed, ok = *s, true
			}
		}
		return nil
	})
	return changed, ok, err
}

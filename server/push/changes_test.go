package push

import (
	"testing"
	"time"

	"github.com/signalbox/signalbox/api"
)

// Ensure that changes are gathered while somebody looks, and as long as the sessions
// are kept for who comes back, and that they are known to who comes first.
func TestChangesUnwanted(t *testing.T) {
	bubble(t, 1, func(t *testing.T, h *Hub, s *store) {
		gathered := func(want int) {
			t.Helper()
			s.set(idle(2, "new"), false)
			h.changes.mu.Lock()
			defer h.changes.mu.Unlock()
			if got := len(h.changes.boring.sessions); got != want {
				t.Errorf("got %d changes, want %d", got, want)
			}
		}
		gathered(0)
		c := newClient(Principal{}, nil)
		for range 2 {
			say(t, h, c, table)
			if f := one(t, h, c); f.Total != 2 {
				t.Errorf("got %d sessions, want 2", f.Total)
			}
			gathered(1)
			time.Sleep(2 * roundEvery)
			say(t, h, c, api.Subscribe{Type: api.UnsubscribeType, View: "table"})
			frames(t, h, c)
			gathered(1)
			time.Sleep(keepFor + 2*roundEvery)
			gathered(0)
		}
	})
}

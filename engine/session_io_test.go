package engine_test

import (
	"testing"
	"time"
)

// Ensure that bytes are booked when they go by, and not at the end of a long
// statement.
func TestFlowsOfLongStatement(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(connAddress)
		p.query(c, "SLEEP 25")
		flows := p.session(c).Info().Flows
		if len(flows) != 2 || flows[0].In == 0 || flows[1].Out == 0 || flows[1].From.Sub(flows[0].From) < 20*time.Second {
			t.Errorf("got %+v, want the statement and, two steps later, its reply", flows)
		}
	})
}

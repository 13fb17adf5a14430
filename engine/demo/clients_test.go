//go:build !nodemo

package demo

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// Ensure that the clients' statements work, that a killed client comes back
// and that the end of the context ends them all at once.
func TestClients(t *testing.T) {
	b := start(t)
	logged := &lines{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Clients(ctx, ClientOptions{ReadWrite: b.Primary(), ReadOnly: b.Replica(), Count: 6, Speed: 500, Logger: logged.logger()})
	}()
	admin := open(t, "signalbox", b.Primary(), "")
	waitFor(t, func() bool {
		return one[int](t, admin, "SELECT COUNT(DISTINCT user) FROM information_schema.processlist WHERE user IN ('webshop', 'teller', 'collector')") == 3
	})
	bank := open(t, "demo", b.Primary(), "bank")
	waitFor(t, func() bool { return one[int](t, bank, "SELECT COUNT(*) FROM transfers") >= 10 })
	if got := one[string](t, bank, "SELECT SUM(balance) FROM accounts"); got == "" {
		t.Error("no balance")
	}
	waitFor(t, func() bool { return one[int](t, bank, "SELECT COUNT(*) FROM shop.orders WHERE id > 1000") >= 3 })
	if got := logged.all(); len(got) > 0 {
		t.Errorf("clients had trouble: %q", got)
	}

	id := one[int](t, admin, "SELECT MIN(id) FROM information_schema.processlist WHERE user = 'teller'")
	exec1(t, admin, fmt.Sprint("KILL ", id))
	waitFor(t, func() bool {
		return one[int](t, admin, fmt.Sprint("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'teller' AND id > ", id)) == 1
	})

	cancel()
	began := time.Now()
	<-ended
	if took := time.Since(began); took > time.Second {
		t.Errorf("clients ended after %v", took)
	}
}

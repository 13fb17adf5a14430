package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/enginetest"
)

// Ensure a statement is compared with those that are like it, of all sessions of
// the service, living or not.
func TestAlike(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		alike := func(c *enginetest.Client) engine.AlikeInfo {
			t.Helper()
			info, err := engine.Alike(p.session(c))
			if err != nil {
				t.Fatal(err)
			}
			return info
		}
		want := func(got, want engine.AlikeInfo) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		}
		c, other, elsewhere := p.connect(connAddress), p.connect(connAddress), p.connect(splitAddress)
		want(alike(c), engine.AlikeInfo{Complete: true})

		p.query(c, "SLEEP 9")
		want(alike(c), engine.AlikeInfo{Statement: "SLEEP 9", Complete: true}) // not with itself
		p.query(elsewhere, "SLEEP 5")                                          // of another service
		p.query(other, "SELECT 1")
		p.query(other, "SLEEP 1")
		p.query(other, "SLEEP  2 /* spaced */")
		ended := p.connect(connAddress)
		p.query(ended, "SLEEP 3")
		failed := make(chan error, 1)
		go func() {
			_, err := ended.Query("SLEEP 8")
			failed <- err
		}()
		time.Sleep(time.Second)
		if err := p.session(ended).CancelStatement("ann"); err != nil {
			t.Error(err)
		}
		if err := <-failed; err == nil {
			t.Error("a statement that is cancelled does not fail")
		}
		_ = ended.Conn.Close()
		synctest.Wait()
		want(alike(c), engine.AlikeInfo{
			Statement: "SLEEP 9", Count: 3, P50: 2 * time.Second, P95: 3 * time.Second, Longest: 3 * time.Second, Looked: 5, Complete: true,
		})

		running := make(chan error, 1)
		go func() {
			_, err := c.Query("SLEEP 100")
			running <- err
		}()
		time.Sleep(time.Second)
		want(alike(c), engine.AlikeInfo{
			Statement: "SLEEP 100", Count: 4, P50: 2 * time.Second, P95: 9 * time.Second, Longest: 9 * time.Second, Looked: 6, Complete: true,
		})
		if err := <-running; err != nil {
			t.Error(err)
		}
	})
}

// Ensure that a service that keeps nothing says so.
func TestAlikeWithoutStatements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "retain_last_statements=5", "")
		defer p.stop()
		c := p.connect(connAddress)
		p.query(c, "SELECT 1")
		if _, err := engine.Alike(p.session(c)); engine.KindOf(err) != engine.NotFound || !strings.Contains(err.Error(), "retain_last_statements") {
			t.Errorf("got %v", err)
		}
	})
}

// Ensure that the work of a comparison is bounded.
func TestAlikeBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "retain_last_statements=5", "retain_last_statements=300")
		defer p.stop()
		c := p.connect(connAddress)
		long := strings.Repeat("x", 15<<10)
		for i := range 300 {
			p.query(c, fmt.Sprintf("SELECT %d, '%s'", i, long))
		}
		got, err := engine.Alike(p.session(c))
		if err != nil || got.Complete || got.Looked < 200 || got.Looked > 290 || got.Count != got.Looked || len(got.Statement) != 1024 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// Ensure that servers are told whether a KILL is soft, so that they finish what would
// leave something broken.
func TestKillSoft(t *testing.T) {
	for sql, want := range map[string]string{
		"KILL %d": "KILL QUERY ", "KILL HARD %d": "KILL QUERY ", "KILL SOFT %d": "KILL SOFT QUERY ", "KILL SOFT CONNECTION %d": "KILL SOFT QUERY ",
		"KILL QUERY %d": "KILL QUERY ", "KILL SOFT QUERY %d": "KILL SOFT QUERY ", "KILL SOFT USER app": "KILL SOFT QUERY ",
	} {
		bubble(t, func(t *testing.T, p *proxy) {
			c, victim := p.connectAs("service", enginetest.ClientOptions{}), p.connect(connAddress)
			if err := victim.Send([]byte("\x03SELECT SLEEP(100)")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if strings.Contains(sql, "%d") {
				sql = fmt.Sprintf(sql, victim.ID)
			}
			p.query(c, sql)
			if _, err := victim.Receive(wire.ComQuery); err == nil {
				t.Errorf("%s: the statement was not stopped", sql)
			}
			synctest.Wait()
			if got := last(p.primary); !strings.HasPrefix(got, "app: "+want) {
				t.Errorf("%s: the server was told %q, want %q", sql, got, want)
			}
		})
	}
}

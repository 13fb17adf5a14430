package enginetest_test

import (
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/modules"
)

const loadConfiguration = `
[maxscale]
[server1]
type=server
address=127.0.0.1
port=3306
[Shop]
type=service
router=readconnroute
servers=server1
user=service
password=service
[Shop-Listener]
type=listener
service=Shop
address=127.0.0.1
port=4006
`

// Ensure that the clients of a load are sessions like others: they log in, run
// statements, sleep in them and can be killed.
func TestLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := modules.All()
		objects, _, err := config.Parse("load.cnf", strings.NewReader(loadConfiguration), all.Declarations())
		if err != nil {
			t.Fatal(err)
		}
		load := enginetest.NewLoad()
		e, err := engine.New(engine.Options{
			Objects: objects, Modules: all, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Dial: load.Dial, Listen: load.Listen,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if err := e.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := load.Connect(t.Context(), 30); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		sessions := e.Sessions()
		if len(sessions) != 30 {
			t.Fatalf("got %d sessions, want 30", len(sessions))
		}
		if i := sessions[12].LightInfo(); i.User != "app2" || i.Database != "shop5" || i.Remote.Addr().String() != "10.0.0.12" || i.Attributes["program_name"] != "load" {
			t.Errorf("got %+v", i)
		}

		load.Query(3, "SELECT SLEEP(10)")
		load.Query(4, "SELECT SLEEP(10)")
		time.Sleep(3 * time.Second)
		for i, want := range []engine.Doing{3: engine.Running, 4: engine.Running, 5: engine.Idle} {
			if want != engine.Connecting && sessions[i].LightInfo().Activity.Doing != want {
				t.Errorf("session %d: got %v, want %v", i, sessions[i].LightInfo().Activity.Doing, want)
			}
		}
		if err := sessions[3].CancelStatement("ops-1"); err != nil {
			t.Error(err)
		}
		load.Use(5, "elsewhere")
		synctest.Wait()
		if i := sessions[3].LightInfo(); i.Activity.Doing != engine.Idle || i.Activity.Errors != 1 {
			t.Errorf("cancelled: got %+v", i.Activity)
		}
		if i := sessions[5].LightInfo(); i.Database != "elsewhere" {
			t.Errorf("got database %q, want elsewhere", i.Database)
		}
		time.Sleep(8 * time.Second)
		if i := sessions[4].LightInfo(); i.Activity.Doing != engine.Idle || i.Activity.Errors != 0 {
			t.Errorf("slept: got %+v", i.Activity)
		}

		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		load.Run(ctx, 100)
		synctest.Wait()
		light, whole := sessions[3].LightInfo(), sessions[3].Info()
		if whole.IOActivity == 0 || len(whole.Events) == 0 || len(whole.Flows) == 0 || whole.Activity.InPerSec == 0 {
			t.Errorf("got %+v, want something in it", whole)
		}
		whole.Log, whole.Queries, whole.Events, whole.Flows, whole.History, whole.IOActivity = nil, nil, nil, nil, nil, 0
		if !reflect.DeepEqual(light, whole) {
			t.Errorf("got light %+v, want %+v", light, whole)
		}
		var sum uint64
		for _, s := range sessions {
			i := s.LightInfo()
			sum += i.Activity.Statements
			if i.Activity.Errors > 0 && s != sessions[3] {
				t.Errorf("session %d: %d statements have failed", i.ID, i.Activity.Errors)
			}
		}
		if got := load.Sent(); got < 900 || got > 1000 || sum != got+3 {
			t.Errorf("sent %d statements and ran %d, want about 1,000 and 3 more", got, sum)
		}
	})
}

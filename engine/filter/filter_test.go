// Package filter_test runs the filters in a chain, through a whole engine with
// a client and a server in memory.
package filter_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/filter/hintfilter"
	"github.com/signalbox/signalbox/engine/filter/maxrows"
	"github.com/signalbox/signalbox/engine/filter/qlafilter"
	"github.com/signalbox/signalbox/engine/filter/regexfilter"
	"github.com/signalbox/signalbox/engine/router/readconnroute"
	"github.com/signalbox/signalbox/engine/wire"
)

const configuration = `
[server1]
type=server
address=127.0.0.1
port=3001
[Log]
type=filter
module=qlafilter
log_data=query,num_rows,error_msg,server,command
[Hint]
type=filter
module=hintfilter
[Rewrite]
type=filter
module=regexfilter
match=/GIVE (\d+)/
replace=ROWS \1 SIZE 10
[Limit]
type=filter
module=maxrows
max_resultset_rows=5
max_resultset_return=RETURN
[Service]
type=service
router=readconnroute
servers=server1
user=service
password=service
filters=Log|Hint|Rewrite|Limit
[Listener]
type=listener
service=Service
address=127.0.0.1
port=4006
`

// start starts an engine and its server, and connects a client. It must be
// called in a synctest bubble.
func start(t *testing.T, give string, caps wire.Capability) (*engine.Engine, *enginetest.Client, *enginetest.Server) {
	t.Helper()
	network, server := &enginetest.Network{}, enginetest.NewServer("server1")
	if err := server.Serve(network, "127.0.0.1:3001"); err != nil {
		t.Fatal(err)
	}
	modules := engine.Modules{
		Routers: []engine.RouterModule{readconnroute.Module},
		Filters: []engine.FilterModule{qlafilter.Module, hintfilter.Module, regexfilter.Module, maxrows.Module},
	}
	text := strings.Replace(configuration, "RETURN", give, 1)
	objects, _, err := config.Parse("test.cnf", strings.NewReader(text), modules.Declarations())
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Options{
		Objects: objects, Modules: modules, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Dial: network.Dial, Listen: network.Listen,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := enginetest.Connect(t.Context(), network, "127.0.0.1:4006", enginetest.ClientOptions{User: "app", Password: "app", Caps: caps})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
		synctest.Wait()
	})
	return e, c, server
}

// Ensure that the filters work one after the other, on text and on prepared
// statements, whichever way results end.
func TestChain(t *testing.T) {
	const eof = wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientMultiResults | wire.ClientTransactions
	for _, give := range []string{"empty", "error", "ok"} {
		t.Run(give, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testChain(t, give, eof) })
		})
		t.Run(give+"_deprecate_eof", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testChain(t, give, eof|wire.ClientDeprecateEOF) })
		})
	}
}

func testChain(t *testing.T, give string, caps wire.Capability) {
	e, c, server := start(t, give, caps)
	small, err := c.Query("GIVE 5")
	if err != nil || small.Rows != 5 {
		t.Errorf("under the limit: got %+v, %v, want 5 rows", small, err)
	}
	statements := server.Statements()
	if got, want := statements[len(statements)-1], "app: ROWS 5 SIZE 10"; got != want {
		t.Errorf("got statement %q at the server, want %q", got, want)
	}
	prepared, err := c.Prepare("GIVE 6")
	if err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]func() (enginetest.Result, error){
		"query":   func() (enginetest.Result, error) { return c.Query("GIVE 6") },
		"execute": func() (enginetest.Result, error) { return c.Execute(prepared.ID) },
	} {
		large, err := send()
		switch give {
		case "error":
			if err == nil || !strings.Contains(err.Error(), "1415 (0A000): Row limit/size exceeded") {
				t.Errorf("%s: got %+v, %v, want error 1415", name, large, err)
			}
		default:
			if err != nil || large.Rows != 0 {
				t.Errorf("%s: got %+v, %v, want no rows", name, large, err)
			}
		}
	}
	if _, err := c.Query("ERROR"); err == nil {
		t.Error("ERROR: got no error")
	}
	if again, err := c.Query("GIVE 1"); err != nil || again.Rows != 1 {
		t.Errorf("afterwards: got %+v, %v, want 1 row", again, err)
	}
	synctest.Wait()
	log, err := e.Filter("Log")
	if err != nil {
		t.Fatal(err)
	}
	lines := log.Diagnostics["log"].([]string)
	if len(lines) != 6 {
		t.Fatalf("got %d lines in the log, want 6: %q", len(lines), lines)
	}
	want := []string{"GIVE 5,5,,server1,COM_QUERY", "GIVE 6,0,,server1,COM_STMT_PREPARE"}
	if diff := cmp.Diff(want, lines[:2]); diff != "" {
		t.Errorf("log: (-want +got)\n%s", diff)
	}
	for name, want := range map[string]string{"Limit": "map[limited:2]", "Rewrite": "map[altered:4 unaltered:1]"} {
		f, err := e.Filter(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(f.Diagnostics); got != want {
			t.Errorf("%s: got diagnostics %s, want %s", name, got, want)
		}
	}
}

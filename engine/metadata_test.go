package engine_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// textResult is a result of the text protocol, for clients without
// ClientDeprecateEOF.
func textResult(columns []string, rows ...[]string) []byte {
	eof := (&wire.EOF{Status: wire.StatusAutocommit}).Append(nil)
	packets := [][]byte{wire.AppendLenencInt(nil, uint64(len(columns)))}
	for _, name := range columns {
		packets = append(packets, (&wire.Column{Catalog: "def", Name: name, Type: 0xfd, Charset: 45}).Append(nil, 0))
	}
	packets = append(packets, eof)
	for _, row := range rows {
		var packet []byte
		for _, value := range row {
			packet = wire.AppendLenencString(packet, value)
		}
		packets = append(packets, packet)
	}
	var framed []byte
	for i, packet := range append(packets, eof) {
		framed = append(wire.AppendHeader(framed, len(packet), byte(i+1)), packet...)
	}
	return framed
}

// told returns what the client was told, as NAME=VALUE.
func told(c *enginetest.Client) (list []string) {
	for _, change := range c.State {
		list = append(list, fmt.Sprintf("%s=%s", change.Name, change.Value))
	}
	return list
}

// Ensure that clients are told what connection_metadata says, with the values of
// the primary and their own character set, and only those that ask for it.
func TestConnectionMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "port=4008", "port=4008\nconnection_metadata=time_zone=auto,MAX_ALLOWED_PACKET=auto,max_allowed_packet=auto,character_set_client=auto,none=auto,empty=auto,long=auto,maxscale=auto,redirect_url=mariadb://a:3306/?x=y")
		defer p.stop()
		zone := "SYSTEM"
		answers := func(sql string) []byte {
			switch {
			case strings.HasPrefix(sql, "SHOW GLOBAL VARIABLES"):
				return textResult([]string{"Variable_name", "Value"}, []string{"time_zone", zone}, []string{"empty", ""},
					[]string{"max_allowed_packet", "5"}, []string{"character_set_client", "latin1"}, []string{"long", strings.Repeat("x", 2000)})
			case sql == "SHOW COLLATION":
				return textResult([]string{"Collation", "Charset", "Id", "Default"}, []string{"utf8mb4_general_ci", "utf8mb4", "45", "Yes"},
					[]string{"uca1400_ai_ci", "", "", ""}, []string{"latin1_swedish_ci", "latin1", "8", "Yes"})
			}
			return nil
		}
		p.primary.Answer = answers
		tracking := wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientSessionTrack | wire.ClientDeprecateEOF
		p.connectAs("app", enginetest.ClientOptions{Caps: tracking}) // the variables were read without answers at the start
		time.Sleep(time.Minute)
		p.leave(p.connectAs("app", enginetest.ClientOptions{Caps: tracking})) // and are read again for this one
		c := p.connectAs("app", enginetest.ClientOptions{Caps: tracking})
		want := []string{"time_zone=SYSTEM", "MAX_ALLOWED_PACKET=5", "max_allowed_packet=1048576", "character_set_client=utf8mb4", "maxscale=1.2.3", "redirect_url=mariadb://a:3306/?x=y"}
		if got := told(c); !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		p.query(c, "SELECT 1")
		if got := told(p.connectAs("app", enginetest.ClientOptions{})); got != nil {
			t.Errorf("a client that did not ask is told %q", got)
		}
		zone = "UTC"
		time.Sleep(2 * time.Minute)
		p.connectAs("app", enginetest.ClientOptions{Caps: tracking})
		if got := told(p.connectAs("app", enginetest.ClientOptions{Caps: tracking})); !slices.Contains(got, "time_zone=UTC") {
			t.Errorf("got %q, want the new time zone", got)
		}
	})
}

// Ensure that mistakes in a listener are found before it listens.
func TestListenerMistakes(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"connection_metadata=time_zone", "listener Conn-Listener: connection_metadata: 'time_zone': want NAME=VALUE"},
		{"connection_metadata==auto", "'=auto': want NAME=VALUE"},
		{"connection_metadata=a'b=auto", "'a'b' is not a system variable"},
		{"connection_init_sql_file=/nowhere/file", "listener Conn-Listener: connection_init_sql_file: open /nowhere/file: no such file"},
	} {
		all := modules(&roles{})
		objects, _, err := config.Parse("test.cnf", strings.NewReader(strings.Replace(configuration, "port=4008", "port=4008\n"+tt.line, 1)), all.Declarations())
		if err == nil {
			_, err = engine.New(engine.Options{Objects: objects, Modules: all, Logger: slog.New(slog.DiscardHandler)})
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.line, err, tt.want)
		}
	}
}

// initFile is a file of statements in the configuration of the listener of Conn.
func initFile(t *testing.T, text string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "init.sql")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"port=4008", "port=4008\nconnection_init_sql_file=" + file, "port=3001", "port=3001\npersistpoolmax=2\npersistmaxtime=60s"}
}

// Ensure that every backend connection begins with the statements of
// connection_init_sql_file, one that is used again too.
func TestConnectionInit(t *testing.T) {
	changes := initFile(t, "# first\nSET @a = 1;\r\n\n  -- second\n  SET @b = 2\nSELECT ROWS 3 SIZE 10")
	bubble(t, func(t *testing.T, p *proxy) {
		want := []string{"app: SET @a = 1;", "app: SET @b = 2", "app: SELECT ROWS 3 SIZE 10", "app: INSERT INTO t VALUES (1)"}
		for range 2 {
			c := p.connectAs("app", enginetest.ClientOptions{})
			p.query(c, "INSERT INTO t VALUES (1)")
			if got := p.primary.Statements(); !slices.Equal(got[len(got)-4:], want) {
				t.Errorf("got %q, want %q at the end", got, want)
			}
			if n := p.session(c).Info().History.Commands; n != 0 {
				t.Errorf("%d commands are in the session's history", n)
			}
			p.leave(c)
		}
		if got := p.pool("server1").Reused; got != 1 {
			t.Errorf("%d connections were used again, want 1", got)
		}
	}, changes...)
}

// Ensure that a connection whose first statements fail is not used.
func TestConnectionInitFails(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		_, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app"})
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1064 {
			t.Errorf("got %v, want the server's error", err)
		}
		synctest.Wait()
		if n := p.primary.Connections(); n != 0 || len(p.Sessions()) != 0 {
			t.Errorf("%d connections are left", n)
		}
	}, initFile(t, "SET @a = 1\nERROR\nSET @b = 2")...)
}

//go:build !js

package main

import (
	"net"
	"testing"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// Ensure that the client is told the variables of a real server.
func TestRealMetadata(t *testing.T) {
	primary := enginetest.StartMariaDB(t)
	p := start(t, "-config", configuration(t, primary))
	nc, err := net.Dial("tcp", listenerAddress(p.engine, "RW-Listener"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c, err := enginetest.ConnectOver(nc, enginetest.ClientOptions{User: enginetest.AppUser, Password: enginetest.AppPassword, Caps: wire.ClientProtocol41 |
		wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientSessionTrack | wire.ClientDeprecateEOF})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, change := range c.State {
		got[string(change.Name)] = string(change.Value)
	}
	for _, name := range []string{"time_zone", "system_time_zone", "max_allowed_packet", "tx_isolation"} {
		var want string
		if err := primary.Open(t, "root", "").QueryRow("SELECT @@global." + name).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	if got["character_set_client"] != "utf8mb4" || got["maxscale"] != version {
		t.Errorf("got %v", got)
	}
}

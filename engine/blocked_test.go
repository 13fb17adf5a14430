package engine_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// fails logs in with a wrong password n times.
func (p *proxy) fails(n int, want uint16) {
	p.t.Helper()
	for range n {
		if err := p.login(connAddress, "app", "wrong"); code(err) != want {
			p.t.Fatalf("got %v, want error %d", err, want)
		}
	}
}

// Ensure that a host whose logins fail too often is blocked until a minute after
// the last one, with a sentence for the client and one in the log.
func TestBlocked(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.fails(2, 1045)
		time.Sleep(61 * time.Second)
		p.fails(2, 1045)
		if err := p.login(connAddress, "app", "app"); err != nil {
			t.Errorf("it is blocked too early: %v", err)
		}
		p.fails(1, 1045)
		for range 3 {
			err := p.login(splitAddress, "app", "app")
			if code(err) != 1129 || !strings.Contains(err.Error(), "Host '127.0.0.1' is temporarily blocked") {
				t.Fatalf("got %v, want error 1129", err)
			}
			time.Sleep(19 * time.Second)
		}
		if text := p.log.String(); strings.Count(text, "host is blocked") != 1 {
			t.Errorf("got the log %s", text)
		}
		time.Sleep(4 * time.Second)
		if err := p.login(connAddress, "app", "app"); err != nil {
			t.Errorf("it is still blocked: %v", err)
		}
		if text := p.log.String(); !strings.Contains(text, "host is no longer blocked") {
			t.Errorf("got the log %s", text)
		}
	}, "[maxscale]", "[maxscale]\nmax_auth_errors_until_block=3")
}

// Ensure that 0 blocks nobody, and that the default blocks with the tenth.
func TestBlockedLimits(t *testing.T) {
	bubble(t, func(_ *testing.T, p *proxy) { p.fails(30, 1045) }, "[maxscale]", "[maxscale]\nmax_auth_errors_until_block=0")
	bubble(t, func(_ *testing.T, p *proxy) {
		p.fails(10, 1045)
		p.fails(1, 1129)
	})
}

// Ensure that COM_CHANGE_USER counts.
func TestBlockedChangeUser(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		for range 3 {
			if err := p.connect(connAddress).ChangeUser(enginetest.ClientOptions{User: "other", Password: "wrong"}); code(err) != 1045 {
				t.Errorf("got %v", err)
			}
		}
		p.fails(1, 1129)
	}, "[maxscale]", "[maxscale]\nmax_auth_errors_until_block=3")
}

// Ensure that it is the client's own address that counts behind a proxy.
func TestBlockedBehindProxy(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		from := func(client, password string) error {
			nc, err := p.net.Dial(t.Context(), "tcp", connAddress)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			h := wire.ProxyHeader{Source: netip.MustParseAddrPort(client + ":1000"), Destination: netip.MustParseAddrPort(connAddress)}
			if _, err := nc.Write(h.Append(nil)); err != nil {
				t.Fatal(err)
			}
			_, err = enginetest.ConnectOver(nc, enginetest.ClientOptions{User: "app", Password: password})
			return err
		}
		for range 3 {
			if err := from("192.0.2.1", "wrong"); code(err) != 1045 {
				t.Errorf("got %v", err)
			}
		}
		if err := from("192.0.2.1", "app"); code(err) != 1129 || !strings.Contains(err.Error(), "192.0.2.1") {
			t.Errorf("got %v, want error 1129", err)
		}
		if err := from("192.0.2.2", "app"); err != nil {
			t.Errorf("another client of the same proxy: %v", err)
		}
	}, "[maxscale]", "[maxscale]\nmax_auth_errors_until_block=3", "port=4008", "port=4008\nproxy_protocol_networks=127.0.0.1")
}

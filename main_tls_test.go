//go:build !js

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// tlsDatabase starts a server with a certificate of a new authority, which requires
// something of the application's connections: SSL, X509.
func tlsDatabase(t *testing.T, requires string) (*enginetest.Authority, *enginetest.MariaDB) {
	t.Helper()
	authority := enginetest.NewAuthority(t)
	cert, key := authority.Issue(t, "database")
	m := enginetest.StartMariaDB(t, "--ssl-cert="+cert, "--ssl-key="+key, "--ssl-ca="+authority.File())
	if _, err := m.Open(t, "root", "").Exec("ALTER USER app@'%' REQUIRE " + requires); err != nil {
		t.Fatal(err)
	}
	return authority, m
}

// Ensure that TLS works towards clients and servers, that certificates of
// clients are verified, and that all of it can be read again while sessions
// stand.
func TestRealTLS(t *testing.T) {
	stranger := enginetest.NewAuthority(t)
	authority, m := tlsDatabase(t, "SSL")
	cert, key := authority.Issue(t, "proxy")
	own := "\nssl=true\nssl_cert=" + cert + "\nssl_key=" + key
	clientCert, clientKey := authority.Issue(t, "client")
	revokedCert, revokedKey := authority.Issue(t, "revoked")
	crl := authority.Revoke(t, authority.Serial())
	strangeCert, strangeKey := stranger.Issue(t, "stranger")
	verified := "\nssl=true\nssl_ca=" + authority.File() + "\nssl_verify_peer_certificate=true\nssl_verify_peer_host=true"
	p := start(t, "-config", loginSite(t, m, strings.TrimPrefix(verified, "\n"), map[string]string{
		"Plain":  "RW" + own,
		"Old":    "RW\nssl_version=TLSv1.2" + own,
		"One":    "RW\nssl_version=TLSv1.2\nssl_cipher=ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384" + own,
		"Client": "RW" + own + "\nssl_ca=" + authority.File() + "\nssl_verify_peer_certificate=true\nssl_verify_peer_host=true\nssl_crl=" + crl,
	}))
	config := func(pairs ...string) *tls.Config {
		c := &tls.Config{RootCAs: authority.Pool(t), ServerName: "127.0.0.1"}
		if len(pairs) == 2 {
			pair, err := tls.LoadX509KeyPair(pairs[0], pairs[1])
			if err != nil {
				t.Fatal(err)
			}
			c.Certificates = []tls.Certificate{pair}
		}
		return c
	}
	app := mysql.Config{User: enginetest.AppUser, Passwd: enginetest.AppPassword}
	tests := []struct {
		name, listener string
		tls            *tls.Config
		ok             bool
	}{
		{"plain", "Plain", config(), true},
		{"without", "Plain", nil, false},
		{"no-certificate", "Client", config(), false},
		{"certificate", "Client", config(clientCert, clientKey), true},
		{"revoked", "Client", config(revokedCert, revokedKey), false},
		{"stranger", "Client", config(strangeCert, strangeKey), false},
		{"old", "Old", config(), true},
		{"too-new", "Old", &tls.Config{RootCAs: authority.Pool(t), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13}, false},
		{"cipher", "One", config(), true},
		{"other-cipher", "One", &tls.Config{RootCAs: authority.Pool(t), ServerName: "127.0.0.1", MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		}}, false},
		{"not-the-name", "Plain", &tls.Config{RootCAs: authority.Pool(t), ServerName: "elsewhere"}, false},
	}
	for _, tt := range tests {
		c := app
		c.TLS = tt.tls
		if who, err := loginAs(t, listenerAddress(p.engine, tt.listener), c); (err == nil) != tt.ok {
			t.Errorf("%s: got %s, %v", tt.name, who, err)
		}
	}

	// A session that stands.
	standing, before := rawSession(t, listenerAddress(p.engine, "Plain"), config(), "")
	ops := p.firstAdmin(t)
	authority.Issue(t, "proxy") // over the former files
	if status, body := p.call(t, ops, http.MethodPost, "/v1/maxscale/tls/reload", ""); status != http.StatusNoContent {
		t.Fatalf("reload: %d %s", status, body)
	}
	if err := standing(); err != nil {
		t.Errorf("the standing session: %v", err)
	}
	_, after := rawSession(t, listenerAddress(p.engine, "Plain"), config(), "")
	if before.SerialNumber.Cmp(after.SerialNumber) == 0 {
		t.Error("a new connection gets the former certificate")
	}

	// One that cannot be read leaves the former one.
	if err := os.WriteFile(cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, body := p.call(t, ops, http.MethodPost, "/v1/maxscale/tls/reload", "")
	if status != http.StatusBadRequest || !strings.Contains(body, "ssl_cert") {
		t.Errorf("reload of nonsense: got %d %s", status, body)
	}
	if _, still := rawSession(t, listenerAddress(p.engine, "Plain"), config(), ""); still.SerialNumber.Cmp(after.SerialNumber) != 0 {
		t.Error("a reload that failed has changed the certificate")
	}
}

// Ensure that a server is verified, and is shown a certificate when it wants one.
func TestRealServerTLS(t *testing.T) {
	stranger := enginetest.NewAuthority(t)
	authority, m := tlsDatabase(t, "X509")
	cert, key := authority.Issue(t, "proxy")
	shown := "ssl_cert=" + cert + "\nssl_key=" + key
	for _, tt := range []struct {
		name, server string
		want         string // of the error, "" for none
	}{
		{"verified", "ssl=true\nssl_ca=" + authority.File() + "\nssl_verify_peer_certificate=true\nssl_verify_peer_host=true\n" + shown, ""},
		{"chain-only", "ssl=true\nssl_ca=" + authority.File() + "\nssl_verify_peer_certificate=true\n" + shown, ""},
		{"not-verified", "ssl=true\n" + shown, ""},
		{"nothing-shown", "ssl=true", "1045"},
		{"without", "", "1045"},
		{"stranger", "ssl=true\nssl_ca=" + stranger.File() + "\nssl_verify_peer_certificate=true\n" + shown, "no server is running"},                                     // the monitor verifies it, too
		{"stranger-and-host", "ssl=true\nssl_ca=" + stranger.File() + "\nssl_verify_peer_certificate=true\nssl_verify_peer_host=true\n" + shown, "no server is running"}, // the monitor verifies it, too
		{"version", "ssl=true\nssl_version=TLSv1.2,TLSv1.3\n" + shown, ""},
		{"cipher", "ssl=true\nssl_version=TLSv1.2\nssl_cipher=ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384\n" + shown, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := start(t, "-config", loginSite(t, m, tt.server, map[string]string{"L": "Read\nauthenticator=passthrough"}))
			_, err := loginAs(t, listenerAddress(p.engine, "L"), mysql.Config{User: enginetest.AppUser, Passwd: enginetest.AppPassword})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// rawSession logs in by hand, with a PROXY protocol header before everything
// else, and over TLS unless config is nil. The function sends a ping.
func rawSession(t *testing.T, address string, config *tls.Config, header string) (ping func() error, shown *x509.Certificate) {
	t.Helper()
	conn, shown, err := rawLogin(t, address, config, header)
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		conn.SetSequence(0)
		if err := errors.Join(conn.WritePacket([]byte{byte(wire.ComPing)}), conn.Flush()); err != nil {
			return err
		}
		packet, err := conn.ReadPacket(1 << 16)
		return packetError(packet, err)
	}, shown
}

func packetError(packet []byte, err error) error {
	if err == nil && len(packet) > 0 && packet[0] == 0xff {
		var e wire.Error
		if err := e.Decode(packet); err != nil {
			return err
		}
		return &e
	}
	return err
}

func rawLogin(t *testing.T, address string, config *tls.Config, header string) (*wire.Conn, *x509.Certificate, error) {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second))
	conn := wire.NewConn(nc)
	if err := conn.Write([]byte(header)); err != nil {
		t.Fatal(err)
	}
	packet, err := conn.ReadPacket(1 << 16)
	if err := packetError(packet, err); err != nil {
		return nil, nil, err
	}
	var greeting wire.Handshake
	if err := greeting.Decode(packet); err != nil {
		t.Fatal(err)
	}
	response := wire.HandshakeResponse{
		Capabilities: wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth, MaxPacket: 1 << 24, Collation: 45,
		User: enginetest.AppUser, Plugin: "mysql_native_password", Auth: auth.NativeScramble(enginetest.AppPassword, greeting.Salt[:]),
	}
	var shown *x509.Certificate
	if config != nil {
		response.Capabilities |= wire.ClientSSL
		request := response
		request.SSLRequest = true
		if err := errors.Join(conn.WritePacket(request.Append(nil)), conn.Flush()); err != nil {
			t.Fatal(err)
		}
		secured := tls.Client(nc, config)
		if err := errors.Join(secured.Handshake(), conn.Upgrade(secured)); err != nil {
			return nil, nil, err
		}
		shown = secured.ConnectionState().PeerCertificates[0]
	}
	if err := errors.Join(conn.WritePacket(response.Append(nil)), conn.Flush()); err != nil {
		return nil, nil, err
	}
	packet, err = conn.ReadPacket(1 << 16)
	return conn, shown, packetError(packet, err)
}

// Ensure that PROXY protocol headers are believed of those who may send them,
// and passed on to a server, so that accounts for a client's host work.
func TestRealProxyProtocol(t *testing.T) {
	m := enginetest.StartMariaDB(t, "--proxy-protocol-networks=127.0.0.1")
	for _, statement := range []string{
		"DROP USER app@'%'", "CREATE USER app@'192.0.2.7' IDENTIFIED BY '" + enginetest.AppPassword + "'", "GRANT ALL ON app.* TO app@'192.0.2.7'",
	} {
		if _, err := m.Open(t, "root", "").Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	authority := enginetest.NewAuthority(t)
	cert, key := authority.Issue(t, "proxy")
	p := start(t, "-config", loginSite(t, m, "proxy_protocol=true", map[string]string{
		"Believes": "RW\nproxy_protocol_networks=127.0.0.0/8,2001:db8::/32",
		"TLS":      "RW\nproxy_protocol_networks=*\nssl=true\nssl_cert=" + cert + "\nssl_key=" + key,
		"Doubts":   "RW\nproxy_protocol_networks=192.0.2.0/24",
	}))
	const v1 = "PROXY TCP4 192.0.2.7 192.0.2.1 40000 3306\r\n"
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + "\xc0\x00\x02\x07\xc0\x00\x02\x01\x9c\x41\x0c\xea"
	for header, port := range map[string]uint16{v1: 40000, v2: 40001} {
		ping, _ := rawSession(t, listenerAddress(p.engine, "Believes"), nil, header)
		if err := ping(); err != nil {
			t.Error(err)
		}
		want := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), port)
		found := false
		for _, s := range p.engine.Sessions() {
			found = found || s.Info().Remote == want
		}
		if !found {
			t.Errorf("no session is from %s", want)
		}
		var host string
		if err := m.Open(t, "root", "").QueryRow("SELECT HOST FROM information_schema.processlist WHERE USER='app' AND HOST=?", want.String()).Scan(&host); err != nil {
			t.Errorf("the server does not know the client as %s: %v", want, err)
		}
	}
	for _, header := range []string{v1, v2} {
		ping, _ := rawSession(t, listenerAddress(p.engine, "TLS"), &tls.Config{RootCAs: authority.Pool(t), ServerName: "127.0.0.1"}, header)
		if err := ping(); err != nil {
			t.Error(err)
		}
	}
	for _, tt := range []struct{ listener, header, want string }{
		{"Doubts", v1, "not in proxy_protocol_networks"},
		{"Doubts", v2, "not in proxy_protocol_networks"},
		{"Believes", "PROXY TCP4 192.0.2.8 192.0.2.1 40000 3306\r\n", "Access denied for user 'app'@'192.0.2.8'"},
		{"Believes", "", "Access denied for user 'app'@'127.0.0.1'"},
		{"Believes", "PROXY TCP4 nonsense 192.0.2.1 40000 3306\r\n", "no address"},
	} {
		_, _, err := rawLogin(t, listenerAddress(p.engine, tt.listener), nil, tt.header)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q: got %v, want %s", tt.listener, tt.header, err, tt.want)
		}
	}
}

// Ensure that it is said when a server does not take the header.
func TestRealProxyProtocolRefused(t *testing.T) {
	m := enginetest.StartMariaDB(t)
	p := start(t, "-config", loginSite(t, m, "proxy_protocol=true", map[string]string{"L": "RW"}))
	_, _, err := rawLogin(t, listenerAddress(p.engine, "L"), nil, "")
	if err == nil || !strings.Contains(err.Error(), "proxy_protocol=false") {
		t.Errorf("got %v", err)
	}
}

// Ensure that an account or a password that was made a moment ago lets in at
// once.
func TestRealNewAccount(t *testing.T) {
	m := enginetest.StartMariaDB(t)
	root := m.Open(t, "root", "")
	p := start(t, "-config", loginSite(t, m, "", map[string]string{"L": "RW"}))
	address := listenerAddress(p.engine, "L")
	for i, statement := range []string{
		"CREATE USER fresh@'%' IDENTIFIED BY 'pw-0'",
		"ALTER USER fresh@'%' IDENTIFIED BY 'pw-1'",
		"ALTER USER fresh@'%' IDENTIFIED BY 'pw-2'",
	} {
		if _, err := root.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
		c := mysql.Config{User: "fresh", Passwd: fmt.Sprint("pw-", i)}
		if who, err := loginAs(t, address, c); err != nil {
			t.Errorf("%s: got %s, %v", statement, who, err)
		}
	}
	for range 2 { // the second is not looked at again
		if _, err := loginAs(t, address, mysql.Config{User: "fresh", Passwd: "wrong"}); errorNumber(err) != 1045 {
			t.Errorf("got %v, want error 1045", err)
		}
	}
}

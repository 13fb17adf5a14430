package engine_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/engine/wire"
)

// Ensure the file of LOAD DATA LOCAL goes from the client to the server.
func TestLoadDataLocal(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{
			User: "app", Password: "app",
			Caps: wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientLocalFiles | wire.ClientDeprecateEOF,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Send([]byte("\x03LOAD DATA LOCAL INFILE 'x' INTO TABLE t")); err != nil {
			t.Fatal(err)
		}
		c.Conn.SetSequence(1)
		packet, err := c.Conn.ReadPacket(1 << 20)
		if err != nil || string(packet) != "\xfbx" {
			t.Fatalf("got %q, %v, want a request for the file", packet, err)
		}
		for _, part := range []string{"1\n2\n", strings.Repeat("3\n", 100000), ""} {
			if err := c.Conn.WritePacket([]byte(part)); err != nil {
				t.Fatal(err)
			}
			if err := c.Conn.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		packet, err = c.Conn.ReadPacket(1 << 20)
		if err != nil || packet[0] != 0 {
			t.Fatalf("got %q, %v, want OK", packet, err)
		}
		synctest.Wait()
		if got := last(p.primary); got != "app: file of 200004 bytes" {
			t.Errorf("the server got %q", got)
		}
		p.query(c, "SELECT 1")
	})
}

// Ensure COM_CHANGE_USER makes the session another user's, on new connections.
func TestChangeUser(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		s := p.session(c)
		p.query(c, "SET NAMES utf8mb4")
		change := func(user, password string) ([]byte, error) {
			t.Helper()
			m := wire.ChangeUser{User: user, Database: "shop", Collation: 45, Plugin: auth.NativePassword}
			if err := c.Send(m.Append(nil, wire.ClientPluginAuth|wire.ClientSecureConnection)); err != nil {
				t.Fatal(err)
			}
			c.Conn.SetSequence(1)
			packet, err := c.Conn.ReadPacket(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			var request wire.AuthSwitch
			if err := request.Decode(packet); err != nil {
				t.Fatal(err)
			}
			if err := c.Conn.WritePacket(auth.NativeScramble(password, request.Data)); err != nil {
				t.Fatal(err)
			}
			if err := c.Conn.Flush(); err != nil {
				t.Fatal(err)
			}
			return c.Conn.ReadPacket(1 << 20)
		}
		if packet, err := change("other", "other"); err != nil || packet[0] != 0 {
			t.Fatalf("got %q, %v, want OK", packet, err)
		}
		synctest.Wait()
		info := s.Info()
		if info.User != "other" || info.Database != "shop" || info.History.Commands != 0 {
			t.Errorf("got user %q, database %q, %d commands in the history", info.User, info.Database, info.History.Commands)
		}
		p.query(c, "INSERT INTO t VALUES (1)")
		if got := last(p.primary); got != "other: INSERT INTO t VALUES (1)" {
			t.Errorf("got %q", got)
		}
		if packet, err := change("app", "wrong"); err != nil || packet[0] != 0xff {
			t.Errorf("got %q, %v, want an error", packet, err)
		}
	})
}

// Ensure prepared statements have one id for the client and another on each
// server, also after a restart, and that unknown ones get the server's error.
func TestPrepared(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		read, err := c.Prepare("SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		write, err := c.Prepare("INSERT INTO t VALUES (1)")
		if err != nil {
			t.Fatal(err)
		}
		if read.ID != 1 || write.ID != 2 {
			t.Errorf("got ids %d and %d, want 1 and 2", read.ID, write.ID)
		}
		if r, err := c.Execute(read.ID); err != nil || r.Value != "server2" {
			t.Errorf("got %+v, %v", r, err)
		}
		if r, err := c.Execute(write.ID); err != nil || r.Affected != 1 {
			t.Errorf("got %+v, %v", r, err)
		}
		if q := p.session(c).Info().Queries[0]; q.Command != "COM_STMT_EXECUTE" || q.Statement != "INSERT INTO t VALUES (1)" {
			t.Errorf("got %+v", q)
		}
		stmtClose := []byte{byte(wire.ComStmtClose), 1, 0, 0, 0}
		if err := c.Send(stmtClose); err != nil {
			t.Fatal(err)
		}
		for _, id := range []uint32{read.ID, wire.LastStatement} { // as the client has said it
			_, err = c.Execute(id)
			want := fmt.Sprintf("Unknown prepared statement handler (%d) given to mysqld_stmt_execute", id)
			if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1243 || e.Message != want {
				t.Errorf("got %v, want error 1243: %s", err, want)
			}
			if _, err := c.Prepare("ERROR"); err == nil {
				t.Error("a wrong statement was prepared")
			}
		}
		p.query(c, "SELECT 1")
	})
}

// Ensure that COM_SET_OPTION outlives what ends everything else in a session: a
// server that is connected later has it too.
func TestSetOptionStays(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		for _, command := range []string{"\x1b\x00\x00", "\x1b\x01\x00", "\x1f"} { // on, off, COM_RESET_CONNECTION
			if _, err := c.Command([]byte(command)); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.ChangeUser(enginetest.ClientOptions{User: "other", Password: "other"}); err != nil {
			t.Fatal(err)
		}
		p.query(c, "INSERT INTO t VALUES (1)")
		got := p.primary.Statements()
		want := []string{"other: COM_SET_OPTION \x01\x00", "other: INSERT INTO t VALUES (1)"}
		if !slices.Equal(got[max(0, len(got)-2):], want) {
			t.Errorf("got %q, want %q at the end", got, want)
		}
	})
}

// Ensure that clients that ask for it are told their database when they log in
// and when they become another user, as servers do.
func TestDatabaseIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		o := enginetest.ClientOptions{User: "app", Password: "app", Database: "shop", Caps: wire.ClientProtocol41 | wire.ClientSecureConnection |
			wire.ClientPluginAuth | wire.ClientDeprecateEOF | wire.ClientSessionTrack}
		c, err := enginetest.Connect(t.Context(), p.net, splitAddress, o)
		if err != nil {
			t.Fatal(err)
		}
		told := func() string {
			for _, change := range c.State {
				if change.Type == wire.StateSchema {
					return string(change.Value)
				}
			}
			return ""
		}
		if got := told(); got != "shop" {
			t.Errorf("login: got %q, want shop", got)
		}
		if err := c.ChangeUser(enginetest.ClientOptions{User: "other", Password: "other", Database: "store"}); err != nil {
			t.Fatal(err)
		}
		if got := told(); got != "store" {
			t.Errorf("change of user: got %q, want store", got)
		}
	})
}

// Ensure that a prepared USE leaves the database as it is where it was prepared in
// another one, as on a server.
func TestPreparedUse(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "USE shop")
		use, err := c.Prepare("USE store")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"store", "other"} {
			if _, err := c.Execute(use.ID); err != nil {
				t.Fatal(err)
			}
			if got := p.session(c).Info().Database; got != want {
				t.Errorf("got database %s, want %s", got, want)
			}
			p.query(c, "USE other")
		}
	})
}

// Ensure that a statement that is refused in a read-only transaction, though it
// would have begun another one, does not end it.
func TestRefusedBegin(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		p.query(c, "START TRANSACTION READ ONLY")
		p.primary.Answer = func(sql string) []byte {
			if sql != "BEGIN; SELECT 1" {
				return nil
			}
			return refusal(wire.Error{Code: 1064, State: "42000", Message: "no multi statements"})
		}
		if _, err := c.Query("BEGIN; SELECT 1"); err == nil {
			t.Fatal("got no error")
		}
		p.query(c, "SELECT f(1)")
		if got := last(p.replica); got != "app: SELECT f(1)" {
			t.Errorf("the replica got %q at last, want the next statement of its transaction", got)
		}
		p.query(c, "BEGIN")
		if got := last(p.replica); got != "app: COMMIT" {
			t.Errorf("the replica got %q at last, want the end of its transaction", got)
		}
	})
}

// refusal is an error that is a server's whole answer.
func refusal(e wire.Error) []byte {
	payload := e.Append(nil)
	return append(wire.AppendHeader(nil, len(payload), 1), payload...)
}

// Ensure that a session command that is refused in a read-only transaction is not
// executed elsewhere, and costs no connection.
func TestSessionCommandRefused(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.replica.Answer = func(sql string) []byte {
			if !strings.HasPrefix(sql, "PREPARE") {
				return nil
			}
			return refusal(wire.Error{Code: 1792, State: "25006", Message: "read only"})
		}
		c := p.connect(splitAddress)
		p.query(c, "START TRANSACTION READ ONLY")
		if _, err := c.Query("PREPARE s FROM 'DELETE FROM t'"); err == nil {
			t.Fatal("got no error")
		}
		if n := len(p.session(c).Info().Backends); n != 2 {
			t.Errorf("%d backends are left, want 2", n)
		}
		if p.query(c, "SET @a = 1"); p.where("SET @a = 1") != both {
			t.Error("what is not refused did not go to all servers")
		}
		for _, sql := range p.primary.Statements() {
			if strings.Contains(sql, "PREPARE") {
				t.Errorf("the primary got %q", sql)
			}
		}
	})
}

// Ensure that what the first of several statements has done counts, though a later
// one has failed.
func TestErrorAfterResults(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.primary.Answer = func(sql string) []byte {
			if !strings.HasSuffix(sql, "; ERROR") {
				return nil
			}
			ok := (&wire.OK{Status: wire.StatusInTrans | wire.StatusAutocommit | wire.StatusMoreResults}).Append(nil, 0)
			e := (&wire.Error{Code: 1054, State: "42S22", Message: "no"}).Append(nil)
			both := append([]byte{byte(len(ok)), 0, 0, 1}, ok...)
			return append(append(both, byte(len(e)), 0, 0, 2), e...)
		}
		c := p.connect(splitAddress)
		if _, err := c.Query("BEGIN; ERROR"); err == nil {
			t.Fatal("got no error")
		}
		if p.query(c, "SELECT 1"); last(p.primary) != "app: SELECT 1" {
			t.Errorf("the primary got %q at last, want what follows in its transaction", last(p.primary))
		}
		p.query(c, "COMMIT")
		if _, err := c.Query("CREATE TEMPORARY TABLE x (a INT); ERROR"); err == nil {
			t.Fatal("got no error")
		}
		if p.query(c, "SELECT a FROM x"); last(p.primary) != "app: SELECT a FROM x" {
			t.Errorf("the primary got %q at last, want what is about its temporary table", last(p.primary))
		}
	})
}

// Ensure a replica that answers a session command unlike the primary is left.
func TestSessionCommandDiffers(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		p.replica.Answer = func(sql string) []byte {
			if strings.HasPrefix(sql, "SET sql_mode") {
				return refusal(wire.Error{Code: 1231, State: "42000", Message: "no"})
			}
			return nil
		}
		c := p.connect(splitAddress)
		p.query(c, "SET NAMES utf8mb4")
		p.query(c, "SET sql_mode='ANSI'")
		if n := len(p.session(c).Info().Backends); n != 1 {
			t.Errorf("%d backends are left, want 1", n)
		}
		if r := p.query(c, "SELECT 1"); r.Value != "server1" {
			t.Errorf("answered by %s, want server1", r.Value)
		}
	})
}

// Ensure a client that does not read its result can be killed.
func TestKillStuckClient(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c := p.connect(splitAddress)
		_ = c.Send([]byte("\x03SELECT ROWS 10000 SIZE 1000"))
		synctest.Wait()
		begun := time.Now()
		if err := p.session(c).Kill(engine.KillOptions{By: "ann"}); err != nil {
			t.Fatal(err)
		}
		for len(p.Sessions()) > 0 && time.Since(begun) < 10*time.Second {
			time.Sleep(10 * time.Millisecond)
		}
		if d := time.Since(begun); d > 400*time.Millisecond {
			t.Errorf("it took %v", d)
		}
	})
}

// Ensure a listener with TLS speaks it, and one without says so.
func TestListenerTLS(t *testing.T) {
	cert, key := certificate(t)
	bubble(t, func(t *testing.T, p *proxy) {
		nc, err := p.net.Dial(t.Context(), "tcp", splitAddress)
		if err != nil {
			t.Fatal(err)
		}
		conn := wire.NewConn(nc)
		packet, err := conn.ReadPacket(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		var greeting wire.Handshake
		if err := greeting.Decode(packet); err != nil || !greeting.Capabilities.Has(wire.ClientSSL) {
			t.Fatalf("got %+v, %v, want TLS to be offered", greeting, err)
		}
		response := wire.HandshakeResponse{
			Capabilities: wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientSSL,
			Collation:    45, SSLRequest: true,
		}
		send := func(conn *wire.Conn) {
			t.Helper()
			if err := conn.WritePacket(response.Append(nil)); err != nil {
				t.Fatal(err)
			}
			if err := conn.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		send(conn)
		if err := conn.Upgrade(tls.Client(nc, &tls.Config{InsecureSkipVerify: true})); err != nil {
			t.Fatal(err)
		}
		response.SSLRequest, response.User, response.Plugin = false, "app", auth.NativePassword
		response.Auth = auth.NativeScramble("app", greeting.Salt[:])
		send(conn)
		if packet, err = conn.ReadPacket(1 << 20); err != nil || packet[0] != 0 {
			t.Fatalf("got %q, %v, want OK", packet, err)
		}
		synctest.Wait()
		s, err := p.Session(uint64(greeting.ConnectionID))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Info().Cipher; !strings.HasPrefix(got, "TLS_") {
			t.Errorf("got cipher %q", got)
		}
		if err := s.Kill(engine.KillOptions{Reason: "over TLS"}); err != nil {
			t.Fatal(err)
		}
		conn.SetSequence(0)
		if packet, err = conn.ReadPacket(1 << 20); err != nil || !strings.Contains(string(packet), "over TLS") {
			t.Errorf("got %q, %v", packet, err)
		}
	}, "port=4006", "port=4006\nssl=true\nssl_cert="+cert+"\nssl_key="+key)
}

// certificate makes a certificate and its key in files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signalbox"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// Ensure a client learns the session's id by asking for it, in every form of
// result.
func TestConnectionID(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		base := wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientMultiResults
		for _, caps := range []wire.Capability{base, base | wire.ClientDeprecateEOF} {
			c, err := enginetest.Connect(t.Context(), p.net, splitAddress, enginetest.ClientOptions{User: "app", Password: "app", Caps: caps})
			if err != nil {
				t.Fatal(err)
			}
			for _, sql := range []string{"SELECT CONNECTION_ID()", "select  connection_id() ;", "SELECT CONNECTION_ID() id", "SELECT connection_id() AS `my_id`;"} {
				if r := p.query(c, sql); r.Value != strconv.Itoa(int(c.ID)) || r.Rows != 1 {
					t.Errorf("%s: got %+v, want %d", sql, r, c.ID)
				}
			}
			for _, sql := range []string{"SELECT CONNECTION_ID() + 1", "SELECT CONNECTION_ID()+1", "SELECT CONNECTION_ID(), 1", "SELECT CONNECTION_ID() FROM t", "SELECT CONNECTION_ID() AS 'x"} {
				if r := p.query(c, sql); !strings.HasPrefix(r.Value, "server") {
					t.Errorf("%s: got %+v, want the server's answer", sql, r)
				}
			}
		}
	})
}

// Ensure a client that sends a file to a server that is lost meanwhile gets the
// error when it listens again, after its file.
func TestLoadDataLocalLost(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		c, err := enginetest.Connect(t.Context(), p.net, connAddress, enginetest.ClientOptions{User: "app", Password: "app", Caps: fileCaps})
		if err != nil {
			t.Fatal(err)
		}
		parts := []string{"1\n", "2\n", "3\n"}
		err = c.LoadFile("LOAD DATA LOCAL INFILE 'x' INTO TABLE t", parts, func(part int) {
			if part == 1 {
				p.primary.Disconnect()
			}
			synctest.Wait()
		})
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != 1927 || !strings.Contains(e.Message, "server1") {
			t.Errorf("got %v, want error 1927 that names server1", err)
		}
	})
}

// Ensure a file is not taken for the statement that asked for it, whose place in
// memory it may get.
func TestLoadDataLocalIsNoCommand(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		for _, address := range []string{splitAddress, connAddress} {
			c, err := enginetest.Connect(t.Context(), p.net, address, enginetest.ClientOptions{User: "app", Password: "app", Caps: fileCaps})
			if err != nil {
				t.Fatal(err)
			}
			for range 10 { // memory is pooled, so nothing is certain
				if err := c.LoadFile("LOAD DATA LOCAL INFILE 'x' INTO TABLE t", []string{"\x02elsewhere------------------------------"}, nil); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			if i := p.session(c).Info(); i.Database != "" || i.History.Commands != 0 {
				t.Errorf("%s: got database %q and %d commands in the history, want none", address, i.Database, i.History.Commands)
			}
		}
	})
}

// Ensure the proxy greets with the version and the default collation of its
// servers: clients choose their character set by them.
func TestGreeting(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		got := p.connect(splitAddress).Greeting
		if got.Version != p.primary.Greeting || got.Collation != enginetest.Collation {
			t.Errorf("got %q with collation %d, want %q with %d", got.Version, got.Collation, p.primary.Greeting, enginetest.Collation)
		}
	})
}

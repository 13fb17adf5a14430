package engine

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file logs in to servers, for sessions and for the proxy itself.

// supported are the capabilities that the proxy can forward. Compression is not
// among them: it is between a client and the proxy alone.
const supported = wire.ClientMySQL | wire.ClientFoundRows | wire.ClientLongFlag | wire.ClientConnectWithDB |
	wire.ClientNoSchema | wire.ClientODBC | wire.ClientLocalFiles | wire.ClientIgnoreSpace | wire.ClientProtocol41 |
	wire.ClientInteractive | wire.ClientIgnoreSigpipe | wire.ClientTransactions | wire.ClientSecureConnection |
	wire.ClientMultiStatements | wire.ClientMultiResults | wire.ClientPSMultiResults | wire.ClientPluginAuth |
	wire.ClientConnectAttrs | wire.ClientPluginAuthLenencData | wire.ClientCanHandleExpiredPasswords | wire.ClientSessionTrack | wire.ClientDeprecateEOF |
	wire.MariaDBProgress | wire.MariaDBStmtBulk | wire.MariaDBExtendedMetadata | wire.MariaDBCacheMetadata

// loginOnly are capabilities that matter during the login alone. They are
// agreed on each connection by itself.
const loginOnly = wire.ClientSSL | wire.ClientConnectWithDB | wire.ClientPluginAuth | wire.ClientConnectAttrs |
	wire.ClientPluginAuthLenencData | wire.ClientSecureConnection

// maxLoginPacket is the longest packet of a login, in bytes.
const maxLoginPacket = 1 << 20

// credentials say who logs in to a server, and how the connection is to be.
type credentials struct {
	user         string
	secret       auth.Secret
	database     string
	charset      uint16
	capabilities wire.Capability
	attributes   []wire.Attribute
	exact        bool           // the server must have every capability; else as many as it has
	extra        bool           // at extra_port
	client       netip.AddrPort // whom the server is told of by proxy_protocol; not valid for the proxy itself
	relay        relay          // in place of secret, unless it is nil
}

// relay gives a packet of a server's login to the client, and returns its answer
// if there is to be one. secure says that nobody can listen between the proxy
// and the server.
type relay func(packet []byte, answered, secure bool) ([]byte, error)

// relayPlugin is a plugin that no server has: it makes the server say by which
// one it wants to be asked.
const relayPlugin = "signalbox_relay"

// serverConn is a connection that is logged in.
type serverConn struct {
	wire.Conn
	capabilities wire.Capability
	cipher       string
	threadID     uint64          // of a session's connection
	kind         wire.Capability // of a session's connection; see credentials.kind
}

// login dials the server and logs in. It obeys ctx throughout.
func (s *Server) login(ctx context.Context, c credentials) (*serverConn, *wire.Handshake, error) {
	address := s.address
	if c.extra {
		address = extraAddress(s)
	}
	nc, err := s.dial(ctx, address)
	if err != nil {
		return nil, nil, serverError(fmt.Errorf("server %s: %w", s.Name(), err))
	}
	conn := new(serverConn)
	conn.Open(nc)
	release := obey(ctx, &conn.Conn)
	defer release()
	greeting, err := (*wire.Handshake)(nil), announce(s, conn, c.client)
	if err == nil {
		greeting, err = s.handshake(ctx, conn, c)
	}
	if err != nil {
		failed := connectError(nc, err)
		_ = conn.Release()
		if failed != nil && ctx.Err() != context.Canceled {
			return nil, nil, serverError(fmt.Errorf("server %s: %w", s.Name(), failed))
		}
		if _, said := errors.AsType[*wire.Error](err); !said && s.announces(c.client) { // one that does not take the header just hangs up
			err = fmt.Errorf("%w; if it takes no PROXY protocol header from this host, add this host to its proxy_protocol_networks, or set proxy_protocol=false", err)
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, nil, serverError(fmt.Errorf("server %s: log in as '%s': %w", s.Name(), c.user, err))
	}
	conn.Discard(0) // the answer has been read; it may be long before there is more
	return conn, greeting, nil
}

// extraTimeout is how long the extra port may take before the other one is tried.
const extraTimeout = time.Second

// adminLogin logs in for the proxy's own business: at the server's extra port if
// there is one and it lets the user in, or else as sessions do.
func adminLogin(ctx context.Context, s *Server, c credentials) (*serverConn, error) {
	if extraAddress(s) != "" {
		limited, cancel := context.WithTimeout(ctx, extraTimeout)
		defer cancel()
		c.extra = true
		if conn, _, err := s.login(limited, c); err == nil {
			return conn, nil
		}
		c.extra = false
	}
	conn, _, err := s.login(ctx, c)
	return conn, err
}

// extraAddress is where the server has its extra port, "" when it has none.
func extraAddress(s *Server) string {
	v := s.object.Values
	port := v.Int("extra_port")
	if port == 0 || s.network != "tcp" {
		return ""
	}
	return net.JoinHostPort(v.String("address"), strconv.FormatInt(port, 10))
}

func (s *Server) announces(client netip.AddrPort) bool {
	return client.IsValid() && s.object.Values.Bool("proxy_protocol")
}

// announce tells the server whose connection it is, when it is configured to.
func announce(s *Server, conn *serverConn, client netip.AddrPort) error {
	if !s.announces(client) {
		return nil
	}
	h := wire.ProxyHeader{Source: client}
	if a, ok := conn.NetConn().RemoteAddr().(*net.TCPAddr); ok {
		h.Destination = a.AddrPort()
	}
	return conn.Write(h.Append(nil))
}

func (s *Server) handshake(ctx context.Context, conn *serverConn, c credentials) (*wire.Handshake, error) {
	config := s.tls.Load()
	if config == nil {
		wire.ReadAhead(&conn.Conn)
	}
	packet, err := conn.ReadPacket(maxLoginPacket)
	if err != nil {
		return nil, err
	}
	if err := errorPacket(packet); err != nil {
		return nil, err
	}
	var greeting wire.Handshake
	if err := greeting.Decode(packet); err != nil {
		return nil, err
	}
	greeted(s, &greeting)
	caps := (c.capabilities &^ loginOnly) | (loginOnly &^ (wire.ClientSSL | wire.ClientConnectWithDB | wire.ClientConnectAttrs))
	if c.database != "" {
		caps |= wire.ClientConnectWithDB
	}
	if len(c.attributes) > 0 {
		caps |= wire.ClientConnectAttrs & greeting.Capabilities
	}
	agreed := caps.Agreed(greeting.Capabilities)
	if missing := (c.capabilities &^ loginOnly) &^ agreed; c.exact && missing != 0 {
		return nil, fmt.Errorf("it lacks capabilities 0x%x that the client was promised", uint64(missing))
	}
	conn.capabilities = agreed
	if config != nil {
		if err := startTLS(ctx, conn, config, greeting.Capabilities, c.charset); err != nil {
			return nil, err
		}
		agreed |= wire.ClientSSL
	}
	response := wire.HandshakeResponse{
		Capabilities: agreed, MaxPacket: 1 << 30, Collation: byte(c.charset), User: c.user,
		Plugin: relayPlugin, Database: c.database, Attributes: c.attributes,
	}
	proof := c.secret.Prove(private(conn.NetConn()))
	if c.relay == nil {
		response.Plugin = auth.NativePassword
		if response.Auth, err = proof.Begin(response.Plugin, greeting.Salt[:]); err != nil {
			return nil, err
		}
	}
	if err := conn.WritePacket(response.Append(nil)); err != nil {
		return nil, err
	}
	if err := conn.Flush(); err != nil {
		return nil, err
	}
	if c.relay != nil {
		return &greeting, relayLogin(conn, c.relay)
	}
	return &greeting, authenticate(conn, proof)
}

// private tells whether nobody can listen on a connection: it has TLS or does
// not leave the machine.
func private(nc net.Conn) bool {
	switch nc.(type) {
	case *tls.Conn, *net.UnixConn:
		return true
	}
	return false
}

// authenticate answers what the server asks until it is content.
func authenticate(conn *serverConn, proof *auth.Proof) error {
	for {
		packet, done, err := readAuth(conn)
		if err != nil || done {
			return err
		}
		answer, send := []byte(nil), true
		if packet[0] == 0x01 {
			answer, send, err = proof.Continue(packet[1:])
		} else {
			var request wire.AuthSwitch
			if err = request.Decode(packet); err == nil {
				answer, err = proof.Begin(request.Plugin, request.Data)
			}
		}
		if err != nil {
			return err
		}
		if send {
			if err := conn.WritePacket(answer); err != nil {
				return err
			}
			if err := conn.Flush(); err != nil {
				return err
			}
		}
	}
}

// relayLogin has the client answer what the server asks until it is content.
func relayLogin(conn *serverConn, relay relay) error {
	plugin := ""
	for {
		packet, done, err := readAuth(conn)
		if err != nil || done {
			return err
		}
		if packet[0] == 0xfe {
			var request wire.AuthSwitch
			if err := request.Decode(packet); err != nil {
				return err
			}
			plugin = request.Plugin
		}
		// After "the proof is right" of caching_sha2_password the client waits
		// for the OK packet.
		answered := plugin != auth.CachingSHA2 || !bytes.Equal(packet, []byte{1, 3})
		answer, err := relay(packet, answered, private(conn.NetConn()))
		if err != nil {
			return err
		}
		if !answered {
			continue
		}
		if err := conn.WritePacket(answer); err != nil {
			return err
		}
		if err := conn.Flush(); err != nil {
			return err
		}
	}
}

// readAuth reads what the server says during a login: that it is done, or an
// AuthMore or AuthSwitch packet.
func readAuth(conn *serverConn) (packet []byte, done bool, err error) {
	packet, err = conn.ReadPacket(maxLoginPacket)
	switch {
	case err != nil:
		return nil, false, err
	case len(packet) == 0:
		return nil, false, errors.New("empty packet in place of the answer to a login")
	case packet[0] == 0x00:
		return nil, true, nil
	case packet[0] == 0xff:
		return nil, false, errorPacket(packet)
	case packet[0] != 0x01 && packet[0] != 0xfe:
		return nil, false, fmt.Errorf("unexpected packet 0x%02x in place of the answer to a login", packet[0])
	}
	return packet, false, nil
}

func startTLS(ctx context.Context, conn *serverConn, config *tls.Config, offered wire.Capability, charset uint16) error {
	if !offered.Has(wire.ClientSSL) {
		return fmt.Errorf("ssl is on for it, but it does not offer TLS")
	}
	request := wire.HandshakeResponse{Capabilities: conn.capabilities | wire.ClientSSL, MaxPacket: 1 << 30, Collation: byte(charset), SSLRequest: true}
	if err := conn.WritePacket(request.Append(nil)); err != nil {
		return err
	}
	if err := conn.Flush(); err != nil {
		return err
	}
	secured := tls.Client(conn.NetConn(), config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	conn.cipher = tls.CipherSuiteName(secured.ConnectionState().CipherSuite)
	return conn.Upgrade(secured)
}

// errorPacket returns the error in an ERR packet, nil for any other packet.
func errorPacket(packet []byte) error {
	if len(packet) == 0 || packet[0] != 0xff {
		return nil
	}
	var e wire.Error
	if err := e.Decode(packet); err != nil {
		return err
	}
	return &e
}

// obey makes reads and writes of conn fail when ctx ends. The returned function
// ends that.
func obey(ctx context.Context, conn *wire.Conn) (release func()) {
	stop := context.AfterFunc(ctx, func() { _ = conn.NetConn().SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// resultRows runs sql on a connection that is logged in and returns the rows as
// text; NULL is "".
func resultRows(conn *serverConn, sql string) ([][]string, error) {
	if err := conn.send(append([]byte{byte(wire.ComQuery)}, sql...)); err != nil {
		return nil, err
	}
	var response wire.Response
	response.Start(wire.ComQuery, conn.capabilities)
	var rows [][]string
	var row []byte
	for {
		before := response.Place()
		n, err := response.Consume(conn.Unread())
		if err != nil {
			return nil, err
		}
		for part := range before.Parts(conn.Unread()[:n]) {
			if part.Kind != wire.PartRow {
				continue
			}
			data := part.Data
			if part.First {
				data = data[4:]
			}
			if row = append(row, data...); part.Last {
				rows = append(rows, textRow(row))
				row = row[:0]
			}
		}
		conn.Discard(n)
		if response.Complete {
			if response.Err != nil {
				return nil, response.Err
			}
			return rows, nil
		}
		if err := conn.Fill(); err != nil {
			return nil, err
		}
	}
}

// textRow splits a row of the text protocol into its columns.
func textRow(b []byte) []string {
	var columns []string
	for len(b) > 0 {
		if b[0] == 0xfb {
			columns, b = append(columns, ""), b[1:]
			continue
		}
		text, n := wire.LenencBytes(b)
		if n <= 0 {
			return columns
		}
		columns, b = append(columns, string(text)), b[n:]
	}
	return columns
}

// runAs runs one statement over a connection of its own.
func runAs(ctx context.Context, s *Server, c credentials, sql string) error {
	conn, err := adminLogin(ctx, s, c)
	if err != nil {
		return err
	}
	defer conn.Release()
	release := obey(ctx, &conn.Conn)
	defer release()
	_, err = resultRows(conn, sql)
	return err
}

// adminCapabilities are what the proxy asks for on connections of its own.
const adminCapabilities = wire.ClientMySQL | wire.ClientLongFlag | wire.ClientProtocol41 | wire.ClientTransactions |
	wire.ClientMultiResults

// defaultCharset is utf8mb4_general_ci.
const defaultCharset = 45

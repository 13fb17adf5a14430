package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file logs in to servers, for sessions and for the proxy itself.

// supported are the capabilities that the proxy can forward.
// MaxScale: offers compression too; the proxy does not yet.
const supported = wire.ClientMySQL | wire.ClientFoundRows | wire.ClientLongFlag | wire.ClientConnectWithDB |
	wire.ClientNoSchema | wire.ClientODBC | wire.ClientLocalFiles | wire.ClientIgnoreSpace | wire.ClientProtocol41 |
	wire.ClientInteractive | wire.ClientIgnoreSigpipe | wire.ClientTransactions | wire.ClientSecureConnection |
	wire.ClientMultiStatements | wire.ClientMultiResults | wire.ClientPSMultiResults | wire.ClientPluginAuth |
	wire.ClientConnectAttrs | wire.ClientPluginAuthLenencData | wire.ClientSessionTrack | wire.ClientDeprecateEOF |
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
	exact        bool // the server must have every capability; else as many as it has
}

// serverConn is a connection that is logged in.
type serverConn struct {
	*wire.Conn
	capabilities wire.Capability
	cipher       string
}

// login dials the server and logs in. It obeys ctx throughout.
func (s *Server) login(ctx context.Context, c credentials) (*serverConn, *wire.Handshake, error) {
	nc, err := s.dial(ctx)
	if err != nil {
		return nil, nil, serverError(fmt.Errorf("server %s: %w", s.Name(), err))
	}
	conn := &serverConn{Conn: wire.NewConn(nc)}
	release := obey(ctx, conn.Conn)
	defer release()
	greeting, err := s.handshake(ctx, conn, c)
	if err != nil {
		_ = conn.Release()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, nil, serverError(fmt.Errorf("server %s: log in as '%s': %w", s.Name(), c.user, err))
	}
	conn.Discard(0) // the answer has been read; it may be long before there is more
	return conn, greeting, nil
}

func (s *Server) handshake(ctx context.Context, conn *serverConn, c credentials) (*wire.Handshake, error) {
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
	s.greeted(&greeting)
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
	if s.tls != nil {
		if err := s.startTLS(ctx, conn, greeting.Capabilities, c.charset); err != nil {
			return nil, err
		}
		agreed |= wire.ClientSSL
	}
	response := wire.HandshakeResponse{
		Capabilities: agreed, MaxPacket: 1 << 30, Collation: byte(c.charset), User: c.user,
		Plugin: auth.NativePassword, Auth: c.secret.NativeResponse(greeting.Salt[:]),
		Database: c.database, Attributes: c.attributes,
	}
	if err := conn.WritePacket(response.Append(nil)); err != nil {
		return nil, err
	}
	if err := conn.Flush(); err != nil {
		return nil, err
	}
	return &greeting, authenticate(conn, c)
}

// authenticate answers what the server asks until it is content.
func authenticate(conn *serverConn, c credentials) error {
	for {
		packet, err := conn.ReadPacket(maxLoginPacket)
		if err != nil {
			return err
		}
		switch {
		case len(packet) == 0:
			return fmt.Errorf("empty packet in place of the answer to a login")
		case packet[0] == 0x00:
			return nil
		case packet[0] == 0xff:
			return errorPacket(packet)
		case packet[0] == 0x01 && len(packet) == 2 && packet[1] == 3:
			continue // caching_sha2_password: known, the OK packet follows
		case packet[0] == 0x01:
			return fmt.Errorf("the server wants the clear password for this account; use %s for it", auth.NativePassword)
		case packet[0] != 0xfe:
			return fmt.Errorf("unexpected packet 0x%02x in place of the answer to a login", packet[0])
		}
		var request wire.AuthSwitch
		if err := request.Decode(packet); err != nil {
			return err
		}
		answer, err := c.secret.Respond(request.Plugin, request.Salt())
		if err != nil {
			return err
		}
		if err := conn.WritePacket(answer); err != nil {
			return err
		}
		if err := conn.Flush(); err != nil {
			return err
		}
	}
}

func (s *Server) startTLS(ctx context.Context, conn *serverConn, offered wire.Capability, charset uint16) error {
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
	secured := tls.Client(conn.NetConn(), s.tls)
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
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.NetConn().SetDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.NetConn().SetDeadline(time.Unix(1, 0)) })
	return func() {
		if stop() {
			_ = conn.NetConn().SetDeadline(time.Time{})
		}
	}
}

// serverTLS makes the TLS configuration for connections to a server, nil when
// they are to be plain.
func serverTLS(o module.Object) (*tls.Config, error) {
	v := o.Values
	if !v.Bool("ssl") {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: v.String("address")}
	if file := v.String("ssl_ca"); file != "" {
		pool, err := readCA(file)
		if err != nil {
			return nil, Errorf(Invalid, "server %s: ssl_ca: %w", o.Name, err)
		}
		config.RootCAs = pool
	}
	if cert := v.String("ssl_cert"); cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, v.String("ssl_key"))
		if err != nil {
			return nil, Errorf(Invalid, "server %s: ssl_cert: %w", o.Name, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	verify, host := v.Bool("ssl_verify_peer_certificate"), v.Bool("ssl_verify_peer_host")
	if !verify || !host {
		// Verification, as far as it is wanted, is done by hand below.
		config.InsecureSkipVerify = true
	}
	if verify && !host {
		config.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, config.RootCAs) }
	}
	return config, nil
}

func verifyChain(state tls.ConnectionState, roots *x509.CertPool) error {
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, cert := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}

func readCA(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// listenerTLS makes the TLS configuration of a listener, nil without TLS.
func listenerTLS(o module.Object) (*tls.Config, error) {
	v := o.Values
	if !v.Bool("ssl") {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(v.String("ssl_cert"), v.String("ssl_key"))
	if err != nil {
		return nil, Errorf(Invalid, "listener %s: ssl_cert: %w", o.Name, err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if file := v.String("ssl_ca"); file != "" {
		if config.ClientCAs, err = readCA(file); err != nil {
			return nil, Errorf(Invalid, "listener %s: ssl_ca: %w", o.Name, err)
		}
		if v.Bool("ssl_verify_peer_certificate") {
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
	}
	return config, nil
}

// resultRows runs sql on a connection that is logged in and returns the rows as
// text; NULL is "".
func resultRows(conn *serverConn, sql string) ([][]string, error) {
	conn.SetSequence(0)
	if err := conn.WritePacket(append([]byte{byte(wire.ComQuery)}, sql...)); err != nil {
		return nil, err
	}
	if err := conn.Flush(); err != nil {
		return nil, err
	}
	var response wire.Response
	response.Start(wire.ComQuery, conn.capabilities)
	var rows [][]string
	var row []byte
	for {
		before := response
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

// runAs runs one statement over a connection of its own, as a session's user.
func (s *Server) runAs(ctx context.Context, who identity, sql string) error {
	conn, _, err := s.login(ctx, credentials{
		user: who.user, secret: who.secret, charset: defaultCharset, capabilities: adminCapabilities,
	})
	if err != nil {
		return err
	}
	defer conn.Release()
	release := obey(ctx, conn.Conn)
	defer release()
	_, err = resultRows(conn, sql)
	return err
}

// adminCapabilities are what the proxy asks for on connections of its own.
const adminCapabilities = wire.ClientMySQL | wire.ClientLongFlag | wire.ClientProtocol41 | wire.ClientTransactions |
	wire.ClientMultiResults

// defaultCharset is utf8mb4_general_ci.
const defaultCharset = 45

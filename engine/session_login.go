package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// login is a client's way in, at the beginning of a session or by
// COM_CHANGE_USER.
type login struct {
	*conversation

	until   time.Time // when servers must have been connected to
	changes bool      // by COM_CHANGE_USER
	relays  bool      // the servers ask the client themselves
	proved  bool      // a server has taken the client's secret
	account auth.Account
	suspect bool // only a server can tell whether the client's secret is right
}

// login greets the client, finds out who it is, and opens its chain. A client
// that is refused has been told why when login returns.
func (l *login) login(ctx context.Context) error {
	now := time.Now()
	_ = l.client.NetConn().SetDeadline(now.Add(loginTimeout))
	l.until = now.Add(connectTimeout)
	l.service.enter()
	if !l.listener.believes(l.remote.Addr()) { // else it may speak for somebody else
		if err := l.refuseBlocked(); err != nil {
			return err
		}
	}
	limit := l.service.object.Values.Int("max_connections")
	if l.service.places.full(limit) {
		return l.reject(tooMany())
	}
	offered := l.service.capabilities() | wire.Compression
	secured := l.listener.tls.Load()
	if secured != nil {
		offered |= wire.ClientSSL
	} else {
		wire.ReadAhead(l.client)
	}
	version, collation := l.service.greeting()
	greeting := wire.Handshake{
		Version: version, ConnectionID: uint32(l.id), Salt: l.salt(),
		Capabilities: offered, Collation: collation, Status: wire.StatusAutocommit, Plugin: auth.NativePassword,
	}
	if err := l.send(greeting.Append(nil)); err != nil {
		return clientError(err)
	}
	if err := l.readProxyHeader(); err != nil {
		return err
	}
	response, err := l.readLogin(offered, secured)
	if err == nil {
		err = l.refuseBlocked()
	}
	if err != nil {
		return err
	}
	who := identity{
		user: response.User, database: response.Database, charset: uint16(response.Collation),
		cipher: l.cipher(), attributes: l.engine.sessions.attributes.share(response.Attributes),
	}
	if err := l.identify(ctx, &who, response); err != nil {
		return err
	}
	if l.placed = l.service.places.take(limit); !l.placed {
		return l.reject(tooMany())
	}
	l.mu.Lock()
	l.seen.identity = who
	l.seen.activity.autocommit = true
	l.seen.timeline.note("auth", who.user, "")
	l.mu.Unlock()
	c, err := l.openChain(ctx, l.service.Filters())
	if err == nil {
		err = l.prove(ctx)
	}
	if err != nil {
		if c != nil {
			closeChain(l.conversation, c)
		}
		return l.rejectChain(err)
	}
	l.mu.Lock()
	take(l.conversation, c)
	l.mu.Unlock()
	if err := l.send(l.welcome(l.variables(who.charset), who.database).Append(nil, l.caps)); err != nil {
		return clientError(err)
	}
	if how := response.Capabilities & wire.Compression; how != 0 {
		if err := wire.Compress(l.client, how, response.ZstdLevel); err != nil {
			return clientError(err)
		}
	}
	_ = l.client.NetConn().SetDeadline(time.Time{})
	l.started()
	return nil
}

// variables are the system variables that a client is told when it logs in.
func (l *login) variables(charset uint16) wire.SessionState {
	if !l.caps.Has(wire.ClientSessionTrack) {
		return nil
	}
	service := l.service
	if service.variables.stale(time.Now()) {
		background(l.engine, func(ctx context.Context) { _ = readVariables(ctx, service) })
	}
	return service.variables.state(l.listener, charset)
}

// welcome is the OK packet that ends a login. As a server's it tells of the
// default database.
func (l *login) welcome(state wire.SessionState, database string) *wire.OK {
	ok := &wire.OK{Status: wire.StatusAutocommit}
	if !l.caps.Has(wire.ClientSessionTrack) {
		return ok
	}
	if database != "" {
		state = wire.AppendState(state, wire.StateChange{Type: wire.StateSchema, Value: []byte(database)})
	}
	if ok.State = state; len(state) > 0 {
		ok.Status |= wire.StatusSessionStateChanged
	}
	return ok
}

func tooMany() *wire.Error {
	return &wire.Error{Code: 1040, State: "08004", Message: "Too many connections"}
}

// started makes the session one that takes commands.
func (l *login) started() {
	now := time.Now()
	l.mu.Lock()
	if l.work.ended == nil {
		l.seen.state = SessionStarted
		l.seen.activity.enter(Idle, now)
		l.seen.activity.lastIO = now
	}
	user := l.seen.identity.user
	l.mu.Unlock()
	l.replies.stop()
	if l.Logs(slog.LevelInfo) {
		l.Logf(slog.LevelInfo, "session started: '%s' from %s", user, l.remote)
	}
	l.notable()
}

// readProxyHeader takes the PROXY protocol header that a client may begin with,
// and goes on with the address in it. It is believed of the networks that
// proxy_protocol_networks has.
func (l *login) readProxyHeader() error {
	var header wire.ProxyHeader
	found, err := wire.ReadProxyHeader(l.client, &header)
	switch {
	case found && !l.listener.believes(l.remote.Addr()):
		return l.rejectProxy(&wire.Error{Code: 1130, State: "HY000", Message: fmt.Sprintf(
			"PROXY protocol header from %s, which is not in proxy_protocol_networks of listener %s: add it there, or connect without the header",
			hostText(l.remote.Addr()), l.listener.object.Name)})
	case found && err != nil:
		return l.rejectProxy(handshakeError(err.Error()))
	case err != nil:
		return l.badLogin(err)
	case !header.Source.IsValid():
		return nil
	}
	proxy := l.remote
	l.mu.Lock()
	l.remote = header.Source
	l.seen.timeline.note("proxy_header", "from "+header.Source.String()+" through "+proxy.String(), "")
	l.mu.Unlock()
	l.notable()
	return nil
}

// rejectProxy is reject for who has sent a bad header. What it sends behind the
// header has the sequence id that the error is to follow.
func (l *login) rejectProxy(e *wire.Error) error {
	l.client.SetSequence(2)
	err := l.reject(e)
	linger(l.conversation)
	return err
}

// readLogin reads what the client answers to the greeting, and goes over to TLS
// when it wants to. A listener with TLS takes nothing else over a network.
func (l *login) readLogin(offered wire.Capability, config *tls.Config) (*wire.HandshakeResponse, error) {
	packet, err := l.client.ReadPacket(maxLoginPacket)
	if err != nil {
		return nil, l.badLogin(err)
	}
	var response wire.HandshakeResponse
	if err := response.Decode(packet); err != nil {
		return nil, l.badLogin(err)
	}
	switch {
	case response.SSLRequest && config == nil:
		return nil, l.reject(handshakeError("the client wants TLS, which this listener does not offer"))
	case response.SSLRequest:
		if err := l.startTLS(config); err != nil {
			return nil, err
		}
		if packet, err = l.client.ReadPacket(maxLoginPacket); err != nil {
			return nil, l.badLogin(err)
		}
		if err := response.Decode(packet); err != nil {
			return nil, l.badLogin(err)
		}
		if response.SSLRequest {
			return nil, l.reject(handshakeError("the client asks for TLS twice"))
		}
	case config != nil && !private(l.client.NetConn()):
		return nil, l.reject(&wire.Error{Code: 3159, State: "HY000", Message: fmt.Sprintf(
			"Connections using insecure transport are prohibited: listener %s has ssl=true: connect with TLS", l.listener.object.Name)})
	}
	l.caps = response.Capabilities.Agreed(offered) &^ wire.Compression
	if need := wire.ClientProtocol41 | wire.ClientSecureConnection; !l.caps.Has(need) {
		return nil, l.reject(handshakeError("the client is too old: protocol 4.1 with secure authentication is needed"))
	}
	return &response, nil
}

func (l *login) startTLS(config *tls.Config) error {
	secured := tls.Server(l.client.NetConn(), config)
	if err := l.client.Upgrade(secured); err != nil {
		return clientError(err)
	}
	if err := secured.HandshakeContext(l.ctx); err != nil {
		return clientError(fmt.Errorf("TLS: %w", err))
	}
	if l.listener.object.Values.Bool("ssl_verify_peer_host") {
		if err := checkPeerHost(secured.ConnectionState(), l.remote.Addr()); err != nil {
			return l.reject(handshakeError("ssl_verify_peer_host: " + err.Error()))
		}
	}
	return nil
}

// badLogin answers a client whose login could not be read.
func (l *login) badLogin(err error) error {
	if _, ok := errors.AsType[*wire.TooLargeError](err); ok || SideOf(err) == ProxySide && !isNetwork(err) {
		_ = l.reject(handshakeError("Bad handshake: " + err.Error()))
	}
	return clientError(fmt.Errorf("login: %w", err))
}

func handshakeError(text string) *wire.Error {
	return &wire.Error{Code: 1043, State: "08S01", Message: text}
}

// ask sends a packet of the login and returns the client's answer.
func (l *login) ask(payload []byte) ([]byte, error) {
	if err := l.send(payload); err != nil {
		return nil, clientError(err)
	}
	answer, err := l.client.ReadPacket(maxLoginPacket)
	if err != nil {
		return nil, clientError(fmt.Errorf("login: %w", err))
	}
	return answer, nil
}

// loginError is what a client is told whose chain could not be opened: the
// server's own error when there is one. Any other has a server's number too:
// clients take one of their own, as 2002, for a malformed packet.
func loginError(err error) *wire.Error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e
	}
	return &wire.Error{Code: 1927, State: "08S01", Message: err.Error()}
}

// reject tells the client that it cannot come in, and returns the error that
// ends the session without another packet. Who cannot become somebody else is not
// told yet; see changeUser.
func (l *login) reject(e *wire.Error) error { return l.rejectAt(slog.LevelWarn, e, "") }

// rejectAt is reject with a level for its line in the log, and a reason that
// is for the log only.
func (l *login) rejectAt(level slog.Level, e *wire.Error, reason string) error {
	if reason != "" {
		reason = " (" + reason + ")"
	}
	l.Logf(level, "client %s is refused: %v%s", l.remote, e, reason)
	if l.changes {
		return clientError(e)
	}
	return l.turnAway(e)
}

// turnAway is the last that a client hears.
func (l *login) turnAway(e *wire.Error) error {
	l.mu.Lock()
	l.seen.state = SessionFailed
	l.mu.Unlock()
	_ = l.client.NetConn().SetDeadline(time.Now().Add(farewellTimeout)) // the login's may be over
	_ = l.send(e.Append(nil))
	return clientError(e)
}

// send writes one packet of the login.
func (l *login) send(payload []byte) error {
	if err := l.client.WritePacket(payload); err != nil {
		return err
	}
	return l.client.Flush()
}

func (l *login) cipher() string {
	if secured, ok := l.client.NetConn().(*tls.Conn); ok {
		return tls.CipherSuiteName(secured.ConnectionState().CipherSuite)
	}
	return ""
}

// readBefore lets reads of the client fail at a time, unless somebody has cut
// them off already.
func (l *login) readBefore(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.work.ended == nil {
		_ = l.client.NetConn().SetReadDeadline(t)
	}
}

package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// login is a client's way in, at the beginning of a session or by
// COM_CHANGE_USER.
type login struct{ *conversation }

// login greets the client, finds out who it is, and opens its chain. A client
// that is refused has been told why when login returns.
func (l *login) login(ctx context.Context) error {
	_ = l.client.NetConn().SetDeadline(time.Now().Add(loginTimeout))
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if !l.service.enter() {
		return l.reject(&wire.Error{Code: 1040, State: "08004", Message: "Too many connections"})
	}
	challenge := auth.NativeChallenge(auth.NewSalt())
	offered := l.service.capabilities()
	if l.listener.tls != nil {
		offered |= wire.ClientSSL
	}
	greeting := wire.Handshake{
		Version: l.service.version(), ConnectionID: uint32(l.id), Salt: challenge,
		Capabilities: offered, Collation: defaultCharset, Status: wire.StatusAutocommit, Plugin: auth.NativePassword,
	}
	if err := l.send(greeting.Append(nil)); err != nil {
		return clientError(err)
	}
	response, err := l.readLogin(offered)
	if err != nil {
		return err
	}
	who := identity{
		user: response.User, database: response.Database, charset: uint16(response.Collation),
		cipher: l.cipher(), attributes: l.engine.sessions.attributes.share(response.Attributes),
	}
	if err := l.identify(ctx, &who, challenge, response); err != nil {
		return err
	}
	l.mu.Lock()
	l.seen.identity = who
	l.seen.activity.autocommit = true
	l.seen.timeline.note("auth", who.user, "")
	l.mu.Unlock()
	c, err := l.openChain(ctx, l.service.Filters())
	if err != nil {
		return l.reject(loginError(err))
	}
	l.mu.Lock()
	l.run = c
	l.mu.Unlock()
	if err := l.send((&wire.OK{Status: wire.StatusAutocommit}).Append(nil, l.caps)); err != nil {
		return clientError(err)
	}
	_ = l.client.NetConn().SetDeadline(time.Time{})
	l.started()
	return nil
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

// readLogin reads what the client answers to the greeting, and goes over to TLS
// when it wants to.
func (l *login) readLogin(offered wire.Capability) (*wire.HandshakeResponse, error) {
	packet, err := l.client.ReadPacket(maxLoginPacket)
	if err != nil {
		return nil, l.badLogin(err)
	}
	var response wire.HandshakeResponse
	if err := response.Decode(packet); err != nil {
		return nil, l.badLogin(err)
	}
	if response.SSLRequest {
		if l.listener.tls == nil {
			return nil, l.reject(handshakeError("the client wants TLS, which this listener does not offer"))
		}
		secured := tls.Server(l.client.NetConn(), l.listener.tls)
		if err := l.client.Upgrade(secured); err != nil {
			return nil, clientError(err)
		}
		if err := secured.HandshakeContext(l.ctx); err != nil {
			return nil, clientError(fmt.Errorf("TLS: %w", err))
		}
		if packet, err = l.client.ReadPacket(maxLoginPacket); err != nil {
			return nil, l.badLogin(err)
		}
		if err := response.Decode(packet); err != nil {
			return nil, l.badLogin(err)
		}
	}
	l.caps = response.Capabilities.Agreed(offered)
	if need := wire.ClientProtocol41 | wire.ClientSecureConnection; !l.caps.Has(need) {
		return nil, l.reject(handshakeError("the client is too old: protocol 4.1 with secure authentication is needed"))
	}
	return &response, nil
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

// identify proves that the client is who. The proof that came with response
// counts when it answers greeted; otherwise, and when there is no response, the
// client is asked for one by the plugin of its account.
func (l *login) identify(ctx context.Context, who *identity, greeted auth.Challenge, response *wire.HandshakeResponse) error {
	account, known := l.service.account(ctx, who.user, l.remote.Addr())
	if !known { // ask on, and answer as late as if there were one
		account = auth.Account{Hash: unknownHash}
	}
	method, err := auth.MethodFor(account.Plugin)
	if err != nil {
		return l.reject(&wire.Error{Code: 1524, State: "HY000", Message: fmt.Sprintf(
			"account '%s'@'%s': %v", account.User, account.Host, err)})
	}
	challenge, answer := greeted, []byte(nil)
	if response != nil && method.Name() == auth.NativePassword && (response.Plugin == "" || response.Plugin == auth.NativePassword) {
		answer = response.Auth
	} else {
		challenge = method.Begin()
		request := wire.AuthSwitch{Plugin: method.Name(), Data: append(challenge.Data(), 0)}
		if answer, err = l.ask(request.Append(nil)); err != nil {
			return err
		}
	}
	password := len(answer) > 0
	for {
		secret, more, err := challenge.Verify(account, answer)
		switch {
		case err != nil || (more == nil && !known) || account.Locked:
			return l.denied(who.user, password, err)
		case more == nil:
			who.secret, who.super = secret, account.Super
			return nil
		}
		if answer, err = l.ask((&wire.AuthMore{Data: more}).Append(nil)); err != nil {
			return err
		}
	}
}

// unknownHash is the hash of no password.
const unknownHash = "*0123456789012345678901234567890123456789"

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

// denied refuses a client whose proof is wrong. The password may be a new one,
// so the accounts are read again.
func (l *login) denied(user string, password bool, err error) error {
	l.service.refused()
	l.service.refreshAccounts()
	if err != nil && !errors.Is(err, auth.ErrDenied) {
		l.Logf(slog.LevelWarn, "login of '%s': %v", user, err)
	}
	return l.reject(accessDenied(user, l.remote.Addr(), password))
}

func accessDenied(user string, addr netip.Addr, password bool) *wire.Error {
	using := "NO"
	if password {
		using = "YES"
	}
	host := "localhost"
	if addr.IsValid() {
		host = addr.String()
	}
	return &wire.Error{Code: 1045, State: "28000", Message: fmt.Sprintf(
		"Access denied for user '%s'@'%s' (using password: %s)", user, host, using)}
}

// loginError is what a client is told whose chain could not be opened: the
// server's own error when there is one.
func loginError(err error) *wire.Error {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e
	}
	return &wire.Error{Code: 2002, State: "HY000", Message: err.Error()}
}

// reject tells the client that it cannot come in, and returns the error that
// ends the session without another packet.
func (l *login) reject(e *wire.Error) error {
	l.mu.Lock()
	l.seen.state = SessionFailed
	l.mu.Unlock()
	l.Logf(slog.LevelWarn, "client %s is refused: %v", l.remote, e)
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

// changeUser carries out COM_CHANGE_USER: a login on a connection that stands.
// The new user gets a new chain; what the old one had built up is gone.
func (l *login) changeUser(payload []byte) error {
	var change wire.ChangeUser
	if err := change.Decode(payload, l.caps); err != nil {
		return l.badLogin(err)
	}
	l.client.SetSequence(1)
	ctx, cancel := context.WithTimeout(l.ctx, connectTimeout)
	defer cancel()
	l.mu.Lock()
	who := l.seen.identity
	l.mu.Unlock()
	who.user, who.database = change.User, change.Database
	if change.Collation != 0 {
		who.charset = change.Collation
	}
	if change.Attributes != nil {
		who.attributes = l.engine.sessions.attributes.share(change.Attributes)
	}
	// The salt of the greeting is gone by now, so the client is asked anew.
	if err := l.identify(ctx, &who, nil, nil); err != nil {
		return err
	}
	l.forgetState()
	l.mu.Lock()
	old := l.seen.identity
	l.seen.identity = who
	a := &l.seen.activity
	a.trx, a.autocommit = false, true
	l.seen.timeline.note("auth", "changed from "+old.user+" to "+who.user, "")
	l.mu.Unlock()
	next, err := l.reopenChain(ctx, l.run.filterNames())
	if err != nil {
		return l.reject(loginError(err))
	}
	next.altered = l.run.altered
	l.mu.Lock()
	previous := l.run
	l.run = next
	l.mu.Unlock()
	previous.closeFilters()
	l.notable()
	l.replies.begun = true
	if err := l.send((&wire.OK{Status: wire.StatusAutocommit}).Append(nil, l.caps)); err != nil {
		return clientError(err)
	}
	return nil
}

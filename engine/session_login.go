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

// login greets the client, finds out who it is, and opens its chain. A client
// that is refused has been told why when login returns.
func (s *Session) login(ctx context.Context) error {
	_ = s.client.NetConn().SetDeadline(time.Now().Add(loginTimeout))
	ctx, cancel := context.WithTimeout(ctx, s.service.connectTimeout())
	defer cancel()
	if !s.service.enter() {
		return s.refuse(&wire.Error{Code: 1040, State: "08004", Message: "Too many connections"})
	}
	challenge := auth.NativeChallenge(auth.NewSalt())
	offered := s.service.capabilities()
	if s.listener.tls != nil {
		offered |= wire.ClientSSL
	}
	greeting := wire.Handshake{
		Version: s.service.version(), ConnectionID: uint32(s.id), Salt: challenge,
		Capabilities: offered, Collation: defaultCharset, Status: wire.StatusAutocommit, Plugin: auth.NativePassword,
	}
	if err := s.send(greeting.Append(nil)); err != nil {
		return clientError(err)
	}
	response, err := s.readLogin(offered)
	if err != nil {
		return err
	}
	who := identity{
		user: response.User, database: response.Database, charset: uint16(response.Collation),
		cipher: s.cipher(), attributes: response.Attributes,
	}
	if err := s.identify(ctx, &who, challenge, response); err != nil {
		return err
	}
	s.mu.Lock()
	s.seen.identity = who
	s.seen.activity.autocommit = true
	s.eventLocked("auth", who.user, "")
	s.mu.Unlock()
	c, err := s.openChain(ctx, s.service.filters)
	if err != nil {
		return s.refuse(loginError(err))
	}
	s.mu.Lock()
	s.run = c
	s.mu.Unlock()
	if err := s.send((&wire.OK{Status: wire.StatusAutocommit}).Append(nil, s.caps)); err != nil {
		return clientError(err)
	}
	_ = s.client.NetConn().SetDeadline(time.Time{})
	s.started()
	return nil
}

// started makes the session one that takes commands.
func (s *Session) started() {
	now := time.Now()
	s.mu.Lock()
	if s.work.ended == nil {
		s.seen.state = SessionStarted
		s.seen.activity.enter(Idle, now)
		s.seen.activity.lastIO = now
	}
	user := s.seen.identity.user
	s.mu.Unlock()
	s.replies.stop()
	if s.Logs(slog.LevelInfo) {
		s.Logf(slog.LevelInfo, "session started: '%s' from %s", user, s.remote)
	}
	s.notable()
}

// readLogin reads what the client answers to the greeting, and goes over to TLS
// when it wants to.
func (s *Session) readLogin(offered wire.Capability) (*wire.HandshakeResponse, error) {
	packet, err := s.client.ReadPacket(maxLoginPacket)
	if err != nil {
		return nil, s.badLogin(err)
	}
	var response wire.HandshakeResponse
	if err := response.Decode(packet); err != nil {
		return nil, s.badLogin(err)
	}
	if response.SSLRequest {
		if s.listener.tls == nil {
			return nil, s.refuse(handshakeError("the client wants TLS, which this listener does not offer"))
		}
		secured := tls.Server(s.client.NetConn(), s.listener.tls)
		if err := s.client.Upgrade(secured); err != nil {
			return nil, clientError(err)
		}
		if err := secured.HandshakeContext(s.ctx); err != nil {
			return nil, clientError(fmt.Errorf("TLS: %w", err))
		}
		if packet, err = s.client.ReadPacket(maxLoginPacket); err != nil {
			return nil, s.badLogin(err)
		}
		if err := response.Decode(packet); err != nil {
			return nil, s.badLogin(err)
		}
	}
	s.caps = response.Capabilities.Agreed(offered)
	if need := wire.ClientProtocol41 | wire.ClientSecureConnection; !s.caps.Has(need) {
		return nil, s.refuse(handshakeError("the client is too old: protocol 4.1 with secure authentication is needed"))
	}
	return &response, nil
}

// badLogin answers a client whose login could not be read.
func (s *Session) badLogin(err error) error {
	if _, ok := errors.AsType[*wire.TooLargeError](err); ok || SideOf(err) == ProxySide && !isNetwork(err) {
		_ = s.refuse(handshakeError("Bad handshake: " + err.Error()))
	}
	return clientError(fmt.Errorf("login: %w", err))
}

func handshakeError(text string) *wire.Error {
	return &wire.Error{Code: 1043, State: "08S01", Message: text}
}

// identify proves that the client is who. The proof that came with response
// counts when it answers greeted; otherwise, and when there is no response, the
// client is asked for one by the plugin of its account.
func (s *Session) identify(ctx context.Context, who *identity, greeted auth.Challenge, response *wire.HandshakeResponse) error {
	account, known := s.service.account(ctx, who.user, s.remote.Addr())
	if !known { // ask on, and answer as late as if there were one
		account = auth.Account{Hash: unknownHash}
	}
	method, err := auth.MethodFor(account.Plugin)
	if err != nil {
		return s.refuse(&wire.Error{Code: 1524, State: "HY000", Message: fmt.Sprintf(
			"account '%s'@'%s': %v", account.User, account.Host, err)})
	}
	challenge, answer := greeted, []byte(nil)
	if response != nil && method.Name() == auth.NativePassword && (response.Plugin == "" || response.Plugin == auth.NativePassword) {
		answer = response.Auth
	} else {
		challenge = method.Begin()
		request := wire.AuthSwitch{Plugin: method.Name(), Data: append(challenge.Data(), 0)}
		if answer, err = s.ask(request.Append(nil)); err != nil {
			return err
		}
	}
	password := len(answer) > 0
	for {
		secret, more, err := challenge.Verify(account, answer)
		switch {
		case err != nil || (more == nil && !known) || account.Locked:
			return s.denied(who.user, password, err)
		case more == nil:
			who.secret, who.super = secret, account.Super
			return nil
		}
		if answer, err = s.ask((&wire.AuthMore{Data: more}).Append(nil)); err != nil {
			return err
		}
	}
}

// unknownHash is the hash of no password.
const unknownHash = "*0123456789012345678901234567890123456789"

// ask sends a packet of the login and returns the client's answer.
func (s *Session) ask(payload []byte) ([]byte, error) {
	if err := s.send(payload); err != nil {
		return nil, clientError(err)
	}
	answer, err := s.client.ReadPacket(maxLoginPacket)
	if err != nil {
		return nil, clientError(fmt.Errorf("login: %w", err))
	}
	return answer, nil
}

// denied refuses a client whose proof is wrong. The password may be a new one,
// so the accounts are read again.
func (s *Session) denied(user string, password bool, err error) error {
	s.service.refused()
	s.service.refreshAccounts()
	if err != nil && !errors.Is(err, auth.ErrDenied) {
		s.Logf(slog.LevelWarn, "login of '%s': %v", user, err)
	}
	return s.refuse(accessDenied(user, s.remote.Addr(), password))
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

// refuse tells the client that it cannot come in, and returns the error that
// ends the session without another packet.
func (s *Session) refuse(e *wire.Error) error {
	s.mu.Lock()
	s.seen.state = SessionFailed
	s.mu.Unlock()
	s.Logf(slog.LevelWarn, "client %s is refused: %v", s.remote, e)
	_ = s.send(e.Append(nil))
	return clientError(e)
}

// send writes one packet of the login.
func (s *Session) send(payload []byte) error {
	if err := s.client.WritePacket(payload); err != nil {
		return err
	}
	return s.client.Flush()
}

func (s *Session) cipher() string {
	if secured, ok := s.client.NetConn().(*tls.Conn); ok {
		return tls.CipherSuiteName(secured.ConnectionState().CipherSuite)
	}
	return ""
}

// changeUser carries out COM_CHANGE_USER: a login on a connection that stands.
// The new user gets a new chain; what the old one had built up is gone.
func (s *Session) changeUser(payload []byte) error {
	var change wire.ChangeUser
	if err := change.Decode(payload, s.caps); err != nil {
		return s.badLogin(err)
	}
	s.client.SetSequence(1)
	ctx, cancel := context.WithTimeout(s.ctx, s.service.connectTimeout())
	defer cancel()
	s.mu.Lock()
	who := s.seen.identity
	s.mu.Unlock()
	who.user, who.database = change.User, change.Database
	if change.Collation != 0 {
		who.charset = change.Collation
	}
	if change.Attributes != nil {
		who.attributes = change.Attributes
	}
	// The salt of the greeting is gone by now, so the client is asked anew.
	if err := s.identify(ctx, &who, nil, nil); err != nil {
		return err
	}
	s.forgetState()
	s.mu.Lock()
	old := s.seen.identity
	s.seen.identity = who
	a := &s.seen.activity
	a.trx, a.autocommit = false, true
	s.eventLocked("auth", "changed from "+old.user+" to "+who.user, "")
	s.mu.Unlock()
	next, err := s.reopenChain(ctx, s.run.filterNames())
	if err != nil {
		return s.refuse(loginError(err))
	}
	next.altered = s.run.altered
	s.mu.Lock()
	previous := s.run
	s.run = next
	s.mu.Unlock()
	previous.closeFilters()
	s.notable()
	s.replies.begun = true
	if err := s.send((&wire.OK{Status: wire.StatusAutocommit}).Append(nil, s.caps)); err != nil {
		return clientError(err)
	}
	return nil
}

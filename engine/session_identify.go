package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file proves who a client is.

// identify proves that the client is who, as the listener wants it proved. The
// proof that came with response counts when it is by mysql_native_password;
// otherwise, and when there is no response, the client is asked for one.
func (l *login) identify(ctx context.Context, who *identity, response *wire.HandshakeResponse) error {
	*l = login{conversation: l.conversation, until: l.until, changes: l.changes}
	who.mapped, who.kills = nil, false
	kind := l.listener.methods.Passthrough(l.service.single)
	switch {
	case kind == auth.NoPassthrough:
		a := &attempt{login: l, who: who, from: auth.Client{
			User: who.user, Addr: l.remote.Addr(), AnyHost: l.listener.methods.AnyHost,
		}}
		if response != nil && (response.Plugin == "" || response.Plugin == auth.NativePassword) {
			a.challenge, a.answer = l.salt(), response.Auth
		}
		return a.run(ctx)
	case who.user == "root" && !l.service.object.Values.Bool("enable_root_user"):
		return l.refused(accessDenied(who.user, l.remote.Addr(), true), "enable_root_user is off")
	case kind == auth.PassClear:
		return l.askClear(who)
	}
	l.relays, who.secret = true, auth.Opaque()
	return nil
}

// salt is that of the greeting. mysql_native_password has no other one for the
// life of a connection: clients answer to COM_CHANGE_USER by the one that they
// know.
func (l *login) salt() auth.NativeChallenge { return l.engine.sessions.salts.Of(l.id) }

// askClear asks for the password in the clear, and leaves it to the servers to
// judge it.
func (l *login) askClear(who *identity) error {
	l.account = auth.Account{User: who.user, Plugin: "passthrough"} // which no proxy can judge
	if !private(l.client.NetConn()) {
		return l.reject(&wire.Error{Code: 3159, State: "HY000", Message: fmt.Sprintf(
			"listener %s asks for the password in the clear, and so only over TLS: connect with TLS", l.listener.object.Name)})
	}
	method := auth.Clear{}
	challenge := method.Begin()
	answer, err := l.ask((&wire.AuthSwitch{Plugin: method.Name(), Data: challenge.Data()}).Append(nil))
	if err != nil {
		return err
	}
	verdict, err := challenge.Verify(l.account, answer)
	who.secret, l.suspect = verdict.Secret, true
	return err
}

// attempt is one client's proof by its account.
type attempt struct {
	*login
	who       *identity
	from      auth.Client
	known     bool // there is an account
	method    auth.Method
	challenge auth.Challenge
	answer    []byte // to challenge
	switched  bool   // the client has been asked by another plugin than in the greeting, which is possible once
	renewed   bool   // the accounts have been read again for it
}

// run proves the client. Accounts that do not let it in are read again once.
func (a *attempt) run(ctx context.Context) error {
	if !a.find(ctx) && a.renew(ctx) {
		a.find(ctx)
	}
	if err := a.begin(); err != nil {
		return err
	}
	for {
		verdict, refused, reason := a.judge()
		if refused != nil && a.renew(ctx) {
			former := a.method
			a.find(ctx)
			if err := a.choose(); err != nil {
				return err
			}
			switch {
			case a.method.Name() == former.Name():
				continue // with the same answer
			case !a.switched:
				if err := a.ask(); err != nil {
					return err
				}
				continue
			}
		}
		switch {
		case refused != nil:
			return a.refused(refused, reason)
		case verdict.Done:
			return a.enter(verdict)
		}
		answer, err := a.login.ask((&wire.AuthMore{Data: verdict.Say}).Append(nil))
		if err != nil {
			return err
		}
		a.answer = append(a.answer[:0:0], answer...)
	}
}

// find looks for the client's account. Somebody without one is asked on, and
// answered as late as if there were one.
func (a *attempt) find(ctx context.Context) bool {
	a.account, a.known = a.service.accounts.find(ctx, a.from)
	if !a.known {
		a.account = a.listener.methods.Nobody()
	}
	return a.known
}

// renew reads the accounts again, once and if it may be done now.
func (a *attempt) renew(ctx context.Context) bool {
	if a.renewed {
		return false
	}
	a.renewed = a.service.accounts.renew(ctx)
	return a.renewed
}

// choose chooses the method for the account.
func (a *attempt) choose() error {
	method, err := a.listener.methods.For(&a.account, private(a.client.NetConn()))
	if err != nil {
		return a.refused(&wire.Error{Code: 1524, State: "HY000", Message: fmt.Sprintf(
			"account '%s'@'%s': %v (listener %s)", a.account.User, a.account.Host, err, a.listener.object.Name)}, "")
	}
	a.method = method
	return nil
}

// begin takes the proof that the client has sent already, or asks for one.
func (a *attempt) begin() error {
	if err := a.choose(); err != nil {
		return err
	}
	if a.method.Name() == auth.NativePassword && a.challenge != nil {
		return nil
	}
	return a.ask()
}

// ask asks for a proof by the chosen method.
func (a *attempt) ask() error {
	a.switched, a.challenge = true, a.method.Begin()
	if a.method.Name() == auth.NativePassword {
		a.challenge = a.salt()
	}
	request := wire.AuthSwitch{Plugin: a.method.Name(), Data: a.challenge.Data()}
	answer, err := a.login.ask(request.Append(nil))
	a.answer = append([]byte(nil), answer...)
	return err
}

// judge judges the client's last answer. The reason is for the log.
func (a *attempt) judge() (v auth.Verdict, refused *wire.Error, reason string) {
	v, err := a.challenge.Verify(a.account, a.answer)
	denied := func() *wire.Error { return accessDenied(a.who.user, a.remote.Addr(), len(a.answer) > 0) }
	switch {
	case errors.Is(err, auth.ErrDenied) && a.known:
		return v, denied(), "the password is wrong"
	case errors.Is(err, auth.ErrDenied), v.Done && !a.known:
		return v, denied(), "no account is for this user and host"
	case err != nil:
		return v, denied(), err.Error()
	case !v.Done:
		return v, nil, ""
	case a.account.Locked:
		return v, &wire.Error{Code: 4151, State: "HY000", Message: "Access denied, this account is locked"}, ""
	case a.account.TLS && !showsTLS(a.client.NetConn(), a.account.Certificate):
		return v, denied(), "the account is for TLS only, or for clients with a certificate that is verified"
	case a.account.Expired && !a.caps.Has(wire.ClientCanHandleExpiredPasswords):
		return v, &wire.Error{Code: 1862, State: "HY000", Message: "Your password has expired. To log in you must change it using a client that supports expired passwords."}, ""
	case !a.mapped() && !a.service.accounts.mayUse(a.account, a.who.database):
		return v, &wire.Error{Code: 1044, State: "42000", Message: fmt.Sprintf(
			"Access denied for user '%s'@'%s' to database '%s'", a.account.User, a.account.Host, a.who.database)}, ""
	}
	return v, nil, ""
}

// showsTLS tells whether a connection has TLS, and a certificate of the client's
// if there must be one.
func showsTLS(nc net.Conn, certificate bool) bool {
	secured, ok := nc.(*tls.Conn)
	return ok && (!certificate || len(secured.ConnectionState().VerifiedChains) > 0)
}

// mapped tells whether the client logs in to servers as somebody else.
func (a *attempt) mapped() bool {
	_, ok := a.listener.mapping[a.who.user]
	return ok
}

// enter takes what the proof has left.
func (a *attempt) enter(v auth.Verdict) error {
	if v.Say != nil {
		if err := a.send((&wire.AuthMore{Data: v.Say}).Append(nil)); err != nil {
			return clientError(err)
		}
	}
	if a.renewed {
		a.service.accounts.renewedWell()
	}
	a.who.secret, a.who.kills, a.suspect = v.Secret, a.service.accounts.mayKill(a.account), v.Unproved
	if mapped, ok := a.listener.mapping[a.who.user]; ok {
		if v.Unproved { // other credentials prove nothing
			return a.refused(accessDenied(a.who.user, a.remote.Addr(), true),
				"user_mapping_file cannot be used with an account whose plugin, "+a.account.Plugin+", only servers can judge")
		}
		a.who.mapped = &mapped
	} else if v.Secret.Opaque() { // it would fail at each server
		return a.refused(&wire.Error{Code: 1524, State: "HY000", Message: fmt.Sprintf(
			"account '%s'@'%s' at listener %s: the password is right, but by %s the client does not reveal it, and without it the proxy cannot log in to servers: "+
				"set authenticator_options=ed_mode=sha256 for the listener, so that it asks for the password, or give credentials for '%s' in its user_mapping_file",
			a.account.User, a.account.Host, a.listener.object.Name, a.account.Plugin, a.who.user)}, "")
	}
	return nil
}

// refused refuses a client whose proof is wrong.
func (l *login) refused(e *wire.Error, reason string) error {
	l.service.refused()
	if e.Code == 1045 {
		countFailure(l)
	}
	level := slog.LevelDebug
	if l.service.object.Values.Bool("log_auth_warnings") {
		level = slog.LevelWarn
	}
	return l.rejectAt(level, e, reason)
}

// relay lets a server and the client speak to each other; see type relay.
func (l *login) relay(packet []byte, answered, secure bool) ([]byte, error) {
	if packet[0] == 0xfe {
		var request wire.AuthSwitch
		if err := request.Decode(packet); err != nil {
			return nil, err
		}
		if err := l.mayRelay(request.Plugin, secure); err != nil {
			return nil, err
		}
	}
	if !answered {
		return nil, l.send(packet)
	}
	return l.ask(packet)
}

// mayRelay checks that a plugin works, and gives no password away, though the
// two connections are not equally secure.
func (l *login) mayRelay(plugin string, secure bool) error {
	private := private(l.client.NetConn())
	switch plugin {
	case auth.CachingSHA2, auth.SHA256:
		if private == secure {
			return nil
		}
	case auth.ClearPassword, "dialog":
		if private && secure {
			return nil
		}
	default:
		return nil
	}
	return fmt.Errorf("authenticator=passthrough: plugin %s needs TLS on both sides: set ssl=true for listener %s and for the server", plugin, l.listener.object.Name)
}

// prove makes sure that a server has taken a secret that only servers can judge.
func (l *login) prove(ctx context.Context) error {
	if !l.suspect || l.proved {
		return nil
	}
	ctx, cancel := context.WithDeadline(ctx, l.until)
	defer cancel()
	err := Errorf(Unavailable, "service %s: no server to check the login with", l.service.Name())
	for _, server := range l.service.byRank() {
		c := loginAs(l.Session)
		c.capabilities = adminCapabilities
		var conn *serverConn
		if conn, _, err = server.login(ctx, c); err == nil {
			return conn.Release()
		}
		if !Unreachable(err) {
			return err
		}
	}
	return err
}

// rejectChain refuses a client whose chain could not be opened.
func (l *login) rejectChain(err error) error {
	e := loginError(err)
	if e.Code == 1045 {
		l.listener.methods.Forget(l.account)
		if l.suspect || l.relays {
			return l.refused(e, "a server does not take the login")
		}
	}
	return l.reject(e)
}

func accessDenied(user string, addr netip.Addr, password bool) *wire.Error {
	using := "NO"
	if password {
		using = "YES"
	}
	return &wire.Error{Code: 1045, State: "28000", Message: fmt.Sprintf(
		"Access denied for user '%s'@'%s' (using password: %s)", user, hostText(addr), using)}
}

// hostText is a client's host in messages.
func hostText(addr netip.Addr) string {
	if !addr.IsValid() {
		return "localhost"
	}
	return addr.String()
}

package enginetest

import (
	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

func (c *serverConn) login() bool {
	salt := auth.NewSalt()
	if !c.greet(salt) {
		return false
	}
	packet, err := c.conn.ReadPacket(1 << 20)
	return err == nil && c.enter(packet, salt)
}

func (c *serverConn) greet(salt [wire.SaltSize]byte) bool {
	greeting := wire.Handshake{
		Version: c.server.Greeting, ConnectionID: c.id, Salt: salt, Capabilities: c.server.capabilities(),
		Collation: Collation, Status: wire.StatusAutocommit, Plugin: auth.NativePassword,
	}
	return c.send(greeting.Append(nil))
}

// enter answers the response to the greeting, and tells whether it is right.
func (c *serverConn) enter(packet []byte, salt [wire.SaltSize]byte) bool {
	var response wire.HandshakeResponse
	if response.Decode(packet) != nil {
		return false
	}
	c.caps, c.user = response.Capabilities.Agreed(c.server.capabilities()), response.User
	return c.proved(&response, salt)
}

// proved answers the client's proof, and tells whether it is right.
func (c *serverConn) proved(response *wire.HandshakeResponse, salt [wire.SaltSize]byte) bool {
	for _, a := range c.server.accounts() {
		if a.User == response.User && c.proves(a, salt, response) {
			return c.ok(0)
		}
	}
	c.fail(1045, "28000", "Access denied for user '"+response.User+"'")
	return false
}

// proves tells whether the client proves to be the account's, by the account's
// plugin.
func (c *serverConn) proves(a auth.Account, salt [wire.SaltSize]byte, response *wire.HandshakeResponse) bool {
	method, err := c.server.methods().For(&a, false)
	if err != nil {
		return false
	}
	challenge, answer := auth.Challenge(auth.NativeChallenge(salt)), response.Auth
	if method.Name() != auth.NativePassword || response.Plugin != auth.NativePassword {
		challenge = method.Begin()
		request := wire.AuthSwitch{Plugin: method.Name(), Data: challenge.Data()}
		if !c.send(request.Append(nil)) {
			return false
		}
		if answer, err = c.conn.ReadPacket(1 << 20); err != nil {
			return false
		}
	}
	for {
		verdict, err := challenge.Verify(a, answer)
		if err != nil || verdict.Say != nil && !c.send((&wire.AuthMore{Data: verdict.Say}).Append(nil)) {
			return false
		}
		if verdict.Done {
			return !verdict.Unproved
		}
		if answer, err = c.conn.ReadPacket(1 << 20); err != nil {
			return false
		}
	}
}

// methods are all that a server without TLS may ask by.
func (s *Server) methods() *auth.Methods {
	s.once.Do(func() {
		s.takes, _ = auth.ParseMethods([]string{auth.NativePassword, "ed25519", auth.CachingSHA2}, "")
	})
	return s.takes
}

package server

import (
	"crypto/rand"
	"time"
)

// This file is about a host application, of which the console is a part and
// whose logins count.

// hostAsked is how often a host application is asked whether who watches the
// push feed is still logged in.
const hostAsked = 30 * time.Second

// byHost has the host application say who makes the call.
func (l *login) byHost(c *call) error {
	principal, err := l.options.Authenticate(c.Request)
	if err != nil {
		return withoutChallenge(denied(c)) // a password would be of no use
	}
	if principal.User == "" || principal.Role != RoleAdmin && principal.Role != RoleBasic {
		l.options.Logger.Error("the host application names a user or a role that does not exist: roles are admin and basic",
			"module", "admin", "user", clip(principal.User), "role", clip(string(principal.Role)))
		return withoutChallenge(denied(c))
	}
	c.principal = principal
	return nil
}

// watchHost ends the push feed that c opens once the host application does not
// know its user any more, or with other rights, until stop is called.
func (a *Admin) watchHost(c *call) (stop func()) {
	c.login = rand.Text() // of this connection alone
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(hostAsked)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				if who, err := a.options.Authenticate(c.Request); err != nil || who != c.principal {
					a.hub.RevokeLogin(c.login)
					return
				}
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

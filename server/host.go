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

// hostTicket is how long a ticket of a host application's user is good for: the
// request that it is shown with proves nothing else, so the host application
// cannot be asked about it.
const hostTicket = 10 * time.Minute

// byHost has the host application say who makes the call.
func (l *login) byHost(c *call) error {
	principal, err := l.options.Authenticate(c.Request)
	if err != nil {
		return withoutChallenge(denied(c)) // a password would be of no use
	}
	c.principal = principal
	return nil
}

// watchHost ends the push feed that c opens once the host application does not
// know its user any more, or with other rights, until stop is called.
func (a *Admin) watchHost(c *call) (stop func()) {
	c.login = rand.Text() // of this connection alone
	_, ticket := ticketOf(c.Request)
	began, asked := time.Now(), c.principal
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
				stands := time.Since(began) < hostTicket
				if !ticket {
					who, err := a.options.Authenticate(c.Request)
					stands = err == nil && who.User == asked.User && who.Role == asked.Role && who.Redact == asked.Redact && who.Locked == asked.Locked
				}
				if !stands {
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

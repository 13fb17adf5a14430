package server

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
)

// tickets let those open the push feed who have proved in a request who they
// are: a page without cookies cannot do so when it opens a WebSocket.
type tickets struct {
	now    func() time.Time
	issues *quota

	mu   sync.Mutex // guards what follows
	good map[string]ticket
}

// ticket is good for one connection.
type ticket struct {
	principal Principal
	login     string
	address   string
	expires   time.Time
}

const (
	ticketAge  = 30 * time.Second
	maxTickets = 10_000
)

func newTickets(now func() time.Time) *tickets {
	return &tickets{now: now, issues: perMinute(120, "tickets"), good: map[string]ticket{}}
}

// issue serves POST /v1/ws-ticket.
func (t *tickets) issue(c *call) (answer, error) {
	if err := t.issues.takeOf(c.principal.User+" "+c.login+" "+c.address().String(), c); err != nil {
		return answer{}, err
	}
	secret := rand.Text()
	made := ticket{c.principal, c.login, c.address().String(), c.now.Add(ticketAge)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.good) >= maxTickets {
		for key, old := range t.good {
			if !c.now.Before(old.expires) {
				delete(t.good, key)
			}
		}
	}
	if len(t.good) >= maxTickets {
		return answer{}, later(ticketAge, "too many tickets:")
	}
	t.good[hashOf(secret)] = made
	return object(c, api.Ticket{Ticket: secret, ExpiresAt: apiTime(made.expires)}), nil
}

// ticketOf returns the ticket of a request for the push feed.
func ticketOf(r *http.Request) (secret string, ok bool) {
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		for protocol := range strings.SplitSeq(header, ",") {
			if secret, ok := strings.CutPrefix(strings.TrimSpace(protocol), api.TicketPrefix); ok {
				return secret, true
			}
		}
	}
	return "", false
}

// redeem finds out who makes a call by a ticket, which is spent with that.
func (t *tickets) redeem(c *call, secret string) bool {
	key := hashOf(secret)
	t.mu.Lock()
	made, ok := t.good[key]
	delete(t.good, key)
	t.mu.Unlock()
	if !ok || !c.now.Before(made.expires) || made.address != c.address().String() {
		return false
	}
	// As with a cookie the origin must be right: a page has made the request.
	c.principal, c.login, c.cookie = made.principal, made.login, true
	return true
}

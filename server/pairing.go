package server

import (
	"crypto/rand"
	"strings"
	"sync"
	"time"
)

// pairings are the screens that show a code and wait to be approved. They live
// in memory: what is not approved in ten minutes is forgotten.
type pairings struct {
	now func() time.Time

	mu   sync.Mutex          // guards what follows
	open map[string]*pairing // by hashOf their secrets
}

// pairing is one screen that waits, or has just been approved.
type pairing struct {
	code    string
	address string // from which the screen asks
	key     string // of the address, for the limit
	expires time.Time
	screen  string // id of the display, "" before it is approved
	token   string // of the display
	told    bool   // the screen has got the token
}

const (
	pairingAge     = 10 * time.Minute
	maxPairings    = 200 // that wait
	maxPairingsOf  = 20  // of one address
	codeLength     = 6
	codeCharacters = "ABCDEFGHJKMNPQRSTVWXYZ23456789" // none that looks like another one
)

func newPairings(now func() time.Time) *pairings {
	return &pairings{now: now, open: map[string]*pairing{}}
}

// begin makes a code for a screen and the secret with which it asks. It is false
// when too many wait already: all is whether it is everybody's.
func (p *pairings) begin(address, key string) (made pairing, secret string, ok, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweepLocked()
	own, codes := 0, map[string]bool{}
	for _, other := range p.open {
		codes[other.code] = true
		if other.key == key {
			own++
		}
	}
	if own >= maxPairingsOf || len(p.open) >= maxPairings {
		return pairing{}, "", false, own < maxPairingsOf
	}
	code := newCode()
	for codes[code] {
		code = newCode()
	}
	secret = rand.Text()
	made = pairing{code: code, address: address, key: key, expires: p.now().Add(pairingAge)}
	p.open[hashOf(secret)] = &made
	return made, secret, true, false
}

// newCode makes a code that a person can read on a wall and type.
func newCode() string {
	code := make([]byte, 0, codeLength)
	for random := make([]byte, 1); len(code) < codeLength; {
		_, _ = rand.Read(random)
		if n := int(random[0]); n < 256-256%len(codeCharacters) { // else some would be likelier than others
			code = append(code, codeCharacters[n%len(codeCharacters)])
		}
	}
	return string(code)
}

// plainCode is a code as a person may have typed it.
func plainCode(text string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(text))
}

// find returns the screen that asks with a secret. One that is approved is told
// so from then on.
func (p *pairings) find(secret string) (pairing, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweepLocked()
	found := p.open[hashOf(secret)]
	if found == nil {
		return pairing{}, false
	}
	before := *found
	found.told = found.screen != ""
	return before, true
}

// approve gives the screen that shows a code what make makes for it. It is false
// when no screen shows it, or it was approved already.
func (p *pairings) approve(code string, make func(pairing) (screen, token string, err error)) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweepLocked()
	for _, waiting := range p.open {
		if waiting.code != code || waiting.screen != "" {
			continue
		}
		screen, token, err := make(*waiting)
		if err == nil {
			waiting.screen, waiting.token = screen, token
		}
		return true, err
	}
	return false, nil
}

// sweepLocked forgets those whose time is over.
func (p *pairings) sweepLocked() {
	now := p.now()
	for key, one := range p.open {
		if !now.Before(one.expires) {
			delete(p.open, key)
		}
	}
}

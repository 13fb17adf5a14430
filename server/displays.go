package server

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// displays serves the displays, which are ours: how a screen is paired, and what
// becomes of it.
type displays struct {
	grants   *Grants
	pairings *pairings
	codes    *attempts // wrong ones
	begins   *quota
	polls    *quota
	ended    func(login string) // called when a display is revoked
}

func newDisplays(o Options, codes *attempts, ended func(string)) *displays {
	return &displays{
		grants: o.Grants, pairings: newPairings(o.Now), codes: codes, ended: ended,
		begins: perMinute(10, "screens that ask to be paired"),
		polls:  perMinute(600, "questions whether a screen is paired"),
	}
}

const maxPairingBody = 4 << 10

// displayCookie is the name of the cookie with a display's token.
func displayCookie(tls bool) string {
	if tls {
		return "__Host-display"
	}
	return "display"
}

// displayLogin is the name under which a display is connected.
func displayLogin(id string) string { return "display:" + id }

// principal is the display as it makes requests.
func (s *screen) principal() Principal {
	return Principal{User: displayLogin(s.ID), Role: RoleDisplay, Redact: true}
}

// authenticate finds out which display makes a call with a token.
func (d *displays) authenticate(c *call, token string) bool {
	s, ok := d.grants.screenOf(token)
	if !ok {
		return false
	}
	d.grants.note(s.ID, c.address().String())
	c.principal, c.login = s.principal(), displayLogin(s.ID)
	return true
}

// valid says whether a display that is connected may stay. It counts as being
// seen.
func (d *displays) valid(login string) bool {
	id := strings.TrimPrefix(login, displayLogin(""))
	s, ok := d.grants.screen(id)
	if ok {
		_, address := d.grants.lastUse(id, s.Seen, s.Address)
		d.grants.note(id, address)
	}
	return ok
}

// pair serves POST /v1/displays/pairing: a screen asks for a code to show.
func (d *displays) pair(c *call) (answer, error) {
	if err := plainRefused(c); err != nil {
		return answer{}, err
	}
	if err := d.begins.takeOfAddress(c); err != nil {
		return answer{}, err
	}
	_, key := attemptKeys("", c.address())
	made, secret, ok, all := d.pairings.begin(c.address().String(), key)
	if !ok {
		why := "too many screens of this address wait to be paired"
		if all {
			why = "too many screens wait to be paired"
		}
		return answer{}, later(time.Minute, "%s:", why)
	}
	c.record.Action = "display.pair"
	return object(c, api.Pairing{Code: made.code, Secret: secret, ExpiresAt: apiTime(made.expires)}), nil
}

// poll serves POST /v1/displays/pairing/poll: a screen asks whether it has been
// approved. It gets its token as often as it asks while its code is good, since
// an answer may be lost.
func (d *displays) poll(c *call) (answer, error) {
	if err := plainRefused(c); err != nil {
		return answer{}, err
	}
	if err := d.polls.takeOfAddress(c); err != nil {
		return answer{}, err
	}
	var body api.PairingSecret
	if err := c.decodeStrictly(&body, maxPairingBody); err != nil {
		return answer{}, err
	}
	found, ok := d.pairings.find(body.Secret)
	if !ok {
		return answer{}, refuse(http.StatusGone, "the code has expired: ask for a new one")
	}
	if found.screen == "" {
		return answer{status: http.StatusAccepted, header: http.Header{"Retry-After": {"2"}, "Cache-Control": {"no-store"}}}, nil
	}
	s, ok := d.grants.screen(found.screen)
	if !ok {
		return answer{}, refuse(http.StatusGone, "the display was refused")
	}
	if c.principal = s.principal(); !found.told {
		c.record.Action = "display.paired"
		c.record.After = map[string]any{"name": s.Name, "board": s.Board}
	}
	cookie := http.Cookie{
		Name: displayCookie(c.tls), Value: found.token, Path: "/", MaxAge: int(s.Expires.Sub(c.now) / time.Second),
		HttpOnly: true, Secure: c.tls, SameSite: http.SameSiteStrictMode,
	}
	result := object(c, api.Paired{Name: s.Name, Board: s.Board})
	result.header.Set("Set-Cookie", cookie.String())
	return result, nil
}

// all serves GET /v1/displays.
func (d *displays) all(c *call) (answer, error) {
	rows := []api.Display{}
	for _, s := range d.grants.screens() {
		r := s.resource()
		link(c, &r, "displays", s.ID)
		rows = append(rows, r)
	}
	return many(c, rows, c.link("displays")), nil
}

// approve serves POST /v1/displays: an administrator has read the code of a
// screen.
func (d *displays) approve(c *call) (answer, error) {
	var body api.DisplayApproval
	if err := c.decodeStrictly(&body, maxPairingBody); err != nil {
		return answer{}, err
	}
	if body.Days == 0 {
		body.Days = api.DisplayDays
	}
	c.record.After = map[string]any{"name": clip(body.Name), "board": clip(body.Board), "days": body.Days}
	if err := checkDisplay(body.Name, body.Board); err != nil {
		return answer{}, err
	}
	if body.Days < 1 || body.Days > api.MaxDisplayDays {
		return answer{}, refuse(http.StatusBadRequest, "days=%d is not a number from 1 to %d", body.Days, api.MaxDisplayDays)
	}
	who := "code " + c.principal.User
	if wait := d.codes.wait(who); wait > 0 {
		return answer{}, later(wait, "too many wrong codes:")
	}
	var made screen
	found, err := d.pairings.approve(plainCode(body.Code), func(p pairing) (string, string, error) {
		token := newSecret(displaySecret)
		made = screen{
			ID: newID(), Name: body.Name, Board: body.Board, Hash: hashOf(token), Address: p.address,
			Created: c.now.UTC().Truncate(time.Second), CreatedBy: c.principal.User,
		}
		made.Expires = made.Created.AddDate(0, 0, body.Days)
		return made.ID, token, d.grants.addScreen(made)
	})
	if !found {
		_, address := attemptKeys("", c.address())
		d.codes.failed(who, "code "+address)
		return answer{}, refuse(http.StatusNotFound, "no screen shows the code %s", clip(body.Code))
	}
	if err != nil {
		return answer{}, grantProblem(err)
	}
	c.record.Target = "displays/" + made.ID
	return d.one(c, made, http.StatusCreated), nil
}

// alter serves PATCH /v1/displays/:id. A screen that is on learns of it when it
// asks who it is.
func (d *displays) alter(c *call) (answer, error) {
	var body api.DisplayChange
	if err := c.decodeStrictly(&body, maxPairingBody); err != nil {
		return answer{}, err
	}
	s, ok := d.grants.screen(c.PathValue("id"))
	if !ok {
		return answer{}, notA(c, "display")
	}
	c.record.Before = map[string]any{"name": s.Name, "board": s.Board}
	if body.Name != nil {
		s.Name = *body.Name
	}
	if body.Board != nil {
		s.Board = *body.Board
	}
	c.record.After = map[string]any{"name": clip(s.Name), "board": clip(s.Board)}
	if err := checkDisplay(s.Name, s.Board); err != nil {
		return answer{}, err
	}
	changed, ok, err := d.grants.alterScreen(s.ID, func(kept *screen) { kept.Name, kept.Board = s.Name, s.Board })
	if err != nil {
		return answer{}, err
	}
	if !ok {
		return answer{}, notA(c, "display") // revoked meanwhile
	}
	return d.one(c, changed, http.StatusOK), nil
}

// revoke serves DELETE /v1/displays/:id: the screen goes dark at once.
func (d *displays) revoke(c *call) (answer, error) {
	s, ok, err := d.grants.alterScreen(c.PathValue("id"), func(s *screen) { s.Revoked = c.now.UTC().Truncate(time.Second) })
	if err != nil {
		return answer{}, err
	}
	if !ok {
		return answer{}, notA(c, "display")
	}
	c.record.Before = map[string]any{"name": s.Name, "board": s.Board}
	d.ended(displayLogin(s.ID))
	return answer{}, nil
}

func (d *displays) one(c *call, s screen, status int) answer {
	r := s.resource()
	link(c, &r, "displays", s.ID)
	result := one(c, r, c.link("displays", s.ID))
	result.status = status
	return result
}

func checkDisplay(name, board string) error {
	err := checkGrantName("the name of a display", name)
	if err == nil && board != "" {
		err = checkGrantName("the board of a display", board)
	}
	return grantProblem(err)
}

// grantProblem makes a refusal of what is wrong with what somebody gave.
func grantProblem(err error) error {
	if wrong, ok := errors.AsType[*accountError](err); ok {
		return refuse(http.StatusBadRequest, "%v", wrong)
	}
	return err
}

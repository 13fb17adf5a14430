package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/ui"
)

// pairing is how a screen without a keyboard is let in: it shows a code, and an
// administrator approves that elsewhere. The zero value has no code yet.
type pairing struct {
	code    string
	secret  string    // with which to ask whether the code was approved
	expires time.Time // of the code, by the server's clock as far as it is known
	next    time.Time // when to ask again
	busy    bool      // an answer is awaited
	fails   int       // since the last answer
	failed  string    // why there is no code, "" when there is one
	note    string    // why the screen has to be paired
}

// The times of pairing.
const (
	pairingEvery = 2 * time.Second
	firstPause   = 500 * time.Millisecond // after a call that was not answered, then twice as long, and so on
	lastPause    = 15 * time.Second
)

// What a pairing wants to do next.
const (
	pairWait = iota
	pairBegin
	pairAsk
)

// step says what to do now.
func (p *pairing) step(now time.Time) int {
	switch {
	case p.busy || now.Before(p.next):
		return pairWait
	case p.code == "" || !now.Before(p.expires):
		return pairBegin
	}
	return pairAsk
}

// begun takes a code over that is good for so long.
func (p *pairing) begun(code api.Pairing, left time.Duration, now time.Time) {
	*p = pairing{code: code.Code, secret: code.Secret, expires: now.Add(left), next: now.Add(pairingEvery), note: p.note}
}

// waits takes it that nobody has approved yet.
func (p *pairing) waits(now time.Time) {
	p.busy, p.fails, p.failed, p.next = false, 0, "", now.Add(pairingEvery)
}

// refused takes it that a call failed. A code that is gone is forgotten.
func (p *pairing) refused(err error, now time.Time) {
	p.busy = false
	if e, ok := errors.AsType[*client.Error](err); ok && (e.Status == 410 || e.Status == 404) && p.code != "" {
		p.code, p.secret, p.next = "", "", now
		return
	}
	p.failed, p.next = err.Error(), now.Add(pauseAfter(p.fails))
	p.fails++
}

// pauseAfter is how long to wait after so many calls that failed before.
func pauseAfter(fails int) time.Duration { return min(firstPause<<min(fails, 10), lastPause) }

// tick does what is to be done now.
func (p *pairing) tick(now time.Time) {
	switch p.step(now) {
	case pairBegin:
		p.busy = true
		p.call("/v1/displays/pairing", struct{}{}, func(_ int, answer []byte) {
			var code api.Pairing
			if json.Unmarshal(answer, &code) != nil || code.Code == "" {
				p.refused(&client.Error{Detail: lang.T("The server's answer cannot be read.")}, time.Now())
				return
			}
			p.begun(code, pairingLeft(code), time.Now())
		})
	case pairAsk:
		p.busy = true
		p.call("/v1/displays/pairing/poll", api.PairingSecret{Secret: p.secret}, func(status int, _ []byte) {
			if status == 200 {
				*p = pairing{}
				console.ask()
				return
			}
			p.waits(time.Now())
		})
	}
}

// pairingLeft is how long a code is good: its end is by the server's clock, which
// a screen that is not connected does not know. Codes live for minutes.
func pairingLeft(code api.Pairing) time.Duration {
	left := time.Until(timeOf(code.ExpiresAt))
	return min(max(left, time.Minute), 10*time.Minute)
}

func (p *pairing) call(path string, body any, done func(status int, answer []byte)) {
	console.async(func(ctx context.Context) func() {
		status, answer, err := console.client.Do(ctx, "POST", path, body)
		return func() {
			if err != nil {
				p.refused(err, time.Now())
				return
			}
			done(status, answer)
		}
	})
}

// render draws the code, and what to do with it.
func (p *pairing) render(now time.Time) app.UI {
	code := p.code
	if code == "" {
		code = "······"
	}
	letters := []rune(code)
	note := p.note
	if p.failed != "" {
		note = lang.T("{failed} This screen goes on trying.", "failed", p.failed)
	}
	return ui.Box("wall-pair",
		ui.Para("wall-mark", "Signalbox"),
		app.H1().Text(lang.T("Pair this screen")),
		app.Div().ID("wall-code").Body(app.Range(letters).Slice(func(i int) app.UI { return ui.Words("", string(letters[i])) })),
		ui.Box("", ui.Fill(lang.T("On a computer, open {address} and type this code."), ui.Parts{"address": ui.Bold("", ui.Link(href("/settings/displays")))})...),
		ui.Para("wall-dim", p.left(now)),
		ui.Alert("wall-note", note),
	)
}

// left says for how long the code is good.
func (p *pairing) left(now time.Time) string {
	if p.code == "" {
		return lang.T("Asking for a code…")
	}
	return lang.T("The screen goes on by itself. A new code comes in {now}.", "now", ui.Countdown(p.expires.Sub(now)))
}

package app

import (
	"context"
	"errors"
	"time"

	"github.com/signalbox/signalbox/app/client"
	"github.com/signalbox/signalbox/app/lang"
)

// poll asks the server for something again and again, while the page that it
// belongs to is open. The zero value has not asked yet.
type poll struct {
	asked  time.Time // the last time
	busy   bool      // an answer is awaited
	ready  bool      // there has been an answer
	at     time.Time // of the last good answer
	failed string    // why the last one was not good, "" when it was
	turn   int       // grows when the question changes: answers to the old one do not count
}

// due reports whether it is time to ask again.
func (p *poll) due(now time.Time, every time.Duration) bool {
	return !p.busy && now.Sub(p.asked) >= every
}

// again forgets what was asked and answered: the question has changed.
func (p *poll) again() { *p = poll{turn: p.turn + 1} }

// ask reads path. A good answer goes to take, which says whether it can be read.
func (p *poll) ask(path string, take func(answer []byte) error) {
	p.asked, p.busy = time.Now(), true
	turn := p.turn
	console.async(func(ctx context.Context) func() {
		_, answer, err := console.client.Do(ctx, "GET", path, nil)
		return func() {
			if turn == p.turn {
				p.answered(answer, err, take)
			}
		}
	})
}

func (p *poll) answered(answer []byte, err error, take func([]byte) error) {
	p.busy, p.ready = false, true
	if err == nil {
		if err = take(answer); err != nil {
			err = &client.Error{Status: 200, Detail: lang.T("The server's answer cannot be read: {error}.", "error", err.Error())}
		}
	}
	if err != nil {
		p.failed = refusal(err)
		return
	}
	p.failed, p.at = "", time.Now()
}

// refusal writes why the server does not answer as one would say it.
func refusal(err error) string {
	e, ok := errors.AsType[*client.Error](err)
	switch {
	case !ok:
		return err.Error()
	case e.Status == 401:
		return lang.T("You are not logged in any more. Reload the page to log in again.")
	case e.Status == 403:
		return lang.T("Your role may not see this. {detail}", "detail", e.Detail)
	case e.Status == 404:
		return lang.T("This server does not keep it. {detail}", "detail", e.Detail)
	}
	return e.Detail
}

// note says how old what is on the screen is when the last answer was not good.
func (p *poll) note() string {
	switch {
	case p.failed == "":
		return ""
	case p.at.IsZero():
		return p.failed
	}
	return lang.T("As of {at}. {failed}", "at", clockOf(p.at), "failed", p.failed)
}

package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/engine"
)

// This file reads the request for a job. Everything is judged before anything
// is done.

const (
	maxTargets   = 100_000 // sessions that one job may handle
	maxJobBody   = 8 << 20 // bytes: maxTargets ids, each with what the caller has seen
	leastPace    = 0.01    // sessions a second
	mostPace     = 1000
	usualErrors  = 5   // percent
	leastTried   = 10  // sessions before failures are judged
	matchingSlip = 0.1 // share by which a count may be off when sessions that match come and go
)

// plan is a request for a job that has been checked.
type plan struct {
	api.JobRequest

	filter     *view.Filter // nil when ids say which sessions
	ids        []uint64
	kill       engine.KillOptions
	alteration engine.Alteration
}

// makePlan checks a request in the name of by.
func makePlan(r api.JobRequest, by string, e *engine.Engine) (*plan, error) {
	p := &plan{JobRequest: r}
	p.Reason = clip(p.Reason)
	for _, check := range []func() error{p.checkAction, p.checkKill, func() error { return p.checkAlteration(e) }, p.checkSessions, p.checkLimits} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	p.kill.By, p.kill.Reason, p.alteration.By = by, p.Reason, by
	return p, nil
}

var jobActions = []string{api.JobKill, api.JobRestart, api.JobCancelStatement, api.JobAlter, api.JobCancelKill}

func (p *plan) checkAction() error {
	if !slices.Contains(jobActions, p.Action) {
		return refuse(http.StatusBadRequest, "action=%s is not one of %s", clip(p.Action), strings.Join(jobActions, ", "))
	}
	if p.Action != api.JobKill && (p.TTL != "" || p.When != "" || p.Otherwise != "" || p.Tell != nil) {
		return refuse(http.StatusBadRequest, "ttl, when, otherwise and tell belong to the action %s", api.JobKill)
	}
	if p.Action != api.JobAlter && (p.Parameters != nil || p.LogFor != "" || p.Filters != nil) {
		return refuse(http.StatusBadRequest, "parameters, log_for and filters belong to the action %s", api.JobAlter)
	}
	return nil
}

func (p *plan) checkKill() error {
	p.kill.Untold = p.Tell != nil && !*p.Tell
	given := url.Values{}
	for name, text := range map[string]string{"ttl": p.TTL, "when": p.When, "otherwise": p.Otherwise} {
		if text != "" {
			given.Set(name, text)
		}
	}
	return killTiming(&p.kill, given)
}

func (p *plan) checkAlteration(e *engine.Engine) error {
	if p.Action != api.JobAlter {
		return nil
	}
	if len(p.Parameters) == 0 && p.Filters == nil {
		return refuse(http.StatusBadRequest, "an alteration needs parameters, filters or both")
	}
	if wrong := notLevels(p.Parameters); len(wrong) > 0 {
		return &problem{status: http.StatusBadRequest, details: wrong}
	}
	p.alteration.LogLevels = p.Parameters
	if p.LogFor != "" {
		var err error
		if p.alteration.LogFor, err = parseLogFor(p.LogFor, p.Parameters); err != nil {
			return err
		}
	}
	if p.Filters == nil {
		return nil
	}
	if len(*p.Filters) > maxChain {
		return refuse(http.StatusBadRequest, "a session may have at most %d filters", maxChain)
	}
	p.alteration.Filters = p.Filters
	return validFilters(e, *p.Filters)
}

// checkSessions reads which sessions are meant.
func (p *plan) checkSessions() error {
	switch p.Mode {
	case "":
		p.Mode = api.JobList
	case api.JobList, api.JobMatching:
	default:
		return refuse(http.StatusBadRequest, "mode=%s is not one of %s, %s", clip(p.Mode), api.JobList, api.JobMatching)
	}
	if (strings.TrimSpace(p.Filter) == "") == (len(p.IDs) == 0) {
		return refuse(http.StatusBadRequest, "a job needs either a filter or ids; the filter id:* means all sessions")
	}
	if p.Filter != "" {
		filter, err := view.Parse(p.Filter)
		if err != nil {
			return refuse(http.StatusBadRequest, "filter: %v", err)
		}
		if p.Seen != nil {
			return refuse(http.StatusBadRequest, "seen belongs to ids")
		}
		p.filter, p.Filter = filter, filter.String()
		return nil
	}
	if p.Mode == api.JobMatching {
		return refuse(http.StatusBadRequest, "mode=%s needs a filter", api.JobMatching)
	}
	return p.checkIDs()
}

func (p *plan) checkIDs() error {
	if len(p.IDs) > maxTargets {
		return refuse(http.StatusBadRequest, "a job may be about at most %d sessions", maxTargets)
	}
	known := make(map[string]bool, len(p.IDs))
	p.ids = make([]uint64, len(p.IDs))
	for i, text := range p.IDs {
		id, ok := parseSessionID(text)
		if !ok {
			return refuse(http.StatusBadRequest, "%q is not the id of a session", clip(text))
		}
		if known[text] {
			return refuse(http.StatusBadRequest, "session %d stands there twice", id)
		}
		known[text], p.ids[i] = true, id
	}
	for text, at := range p.Seen {
		if !known[text] {
			return refuse(http.StatusBadRequest, "session %s is in seen and not in ids", clip(text))
		}
		seen, err := time.Parse(time.RFC3339, string(at))
		if err != nil {
			return refuse(http.StatusBadRequest, "%q, when session %s has been seen to connect, is not an instant such as 2026-11-21T12:00:00.000Z", clip(string(at)), text)
		}
		p.Seen[text] = apiTime(seen)
	}
	return nil
}

// parseSessionID reads an id in the one form in which it is written.
func parseSessionID(text string) (uint64, bool) {
	id, err := strconv.ParseUint(text, 10, 64)
	return id, err == nil && id != 0 && strconv.FormatUint(id, 10) == text
}

func (p *plan) checkLimits() error {
	switch {
	case p.Pace != 0 && (p.Pace < leastPace || p.Pace > mostPace):
		return refuse(http.StatusBadRequest, "pace=%g is not a number of sessions a second from %g to %g, or 0 for all at once", p.Pace, leastPace, float64(mostPace))
	case p.Max < 0 || p.Max > maxTargets:
		return refuse(http.StatusBadRequest, "max=%d is not a number of sessions from 1 to %d, or 0 for no limit", p.Max, maxTargets)
	case p.MaxErrors < 0 || p.MaxErrors > 100:
		return refuse(http.StatusBadRequest, "max_errors=%d is not a percentage from 1 to 100, or 0 for %d", p.MaxErrors, usualErrors)
	case p.Count < 0:
		return refuse(http.StatusBadRequest, "count=%d is not a number of sessions", p.Count)
	}
	if p.MaxErrors == 0 {
		p.MaxErrors = usualErrors
	}
	return nil
}

// confirm says whether who asks has said how many sessions they mean, when it
// is about as many as found. The number must be right; only where sessions that
// come to match later are meant as well, it may be a little off.
func (p *plan) confirm(found int) error {
	if found > maxTargets {
		return refuse(http.StatusBadRequest, "%d sessions match, and a job may be about at most %d: nothing was done", found, maxTargets)
	}
	if p.Count == 0 && found > api.ConfirmAbove {
		return refuse(http.StatusBadRequest, "%d sessions match: above %d a job needs the number in count", found, api.ConfirmAbove)
	}
	off := found - p.Count
	if p.Count == 0 || off == 0 {
		return nil
	}
	if p.Mode == api.JobMatching && max(off, -off) <= int(matchingSlip*float64(p.Count)) {
		return nil
	}
	return refuse(http.StatusConflict, "%d sessions match, not %d: nothing was done", found, p.Count)
}

// what says what the job does to each session.
func (p *plan) what() string {
	switch p.Action {
	case api.JobKill:
		return p.killWords()
	case api.JobCancelStatement:
		return "cancel the running statement"
	case api.JobCancelKill:
		return "take the pending kill back"
	case api.JobAlter:
		return p.alterWords()
	}
	return p.Action
}

func (p *plan) killWords() string {
	text := "kill now"
	switch {
	case p.kill.Keep && p.kill.TTL > 0:
		text = "kill when idle within " + span(p.kill.TTL) + ", else keep"
	case p.kill.Keep:
		text = "kill when idle soon, else keep"
	case p.kill.Idle && p.kill.TTL == 0:
		text = "kill when idle"
	case p.kill.Idle:
		text = "kill when idle, at the latest in " + span(p.kill.TTL)
	case p.kill.TTL > 0:
		text = "kill in " + span(p.kill.TTL)
	}
	if p.kill.Untold {
		text += " without telling the client why"
	}
	return text
}

func (p *plan) alterWords() string {
	var parts []string
	for _, name := range sessionParameters {
		if on, set := p.Parameters[name]; set {
			parts = append(parts, name+map[bool]string{true: " on", false: " off"}[on])
		}
	}
	if d, ok := parseTTL(p.LogFor); ok && len(parts) > 0 {
		parts[len(parts)-1] += " for " + span(d)
	}
	if p.Filters != nil {
		chain := "no filters"
		if len(*p.Filters) > 0 {
			chain = "filters " + strings.Join(*p.Filters, " → ")
		}
		parts = append(parts, chain)
	}
	return "set " + strings.Join(parts, ", ")
}

// span writes a time in its largest whole unit.
func span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		word string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if d >= u.unit && d%u.unit == 0 {
			return fmt.Sprintf("%d %s", d/u.unit, u.word)
		}
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

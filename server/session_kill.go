package server

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// longestTTL bounds the ttl of a kill.
const longestTTL = 365 * 24 * time.Hour

// kill serves DELETE /v1/sessions/:id?ttl=&when=&otherwise=&reason=&tell=.
func (s sessions) kill(c *call) (answer, error) {
	session, info, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	options, err := killOptions(c.values)
	if err != nil {
		return answer{}, err
	}
	// MaxScale: ignores a body. A ttl in there would kill at once.
	if n, _ := io.CopyN(io.Discard, c.Body, 1); n > 0 {
		return answer{}, refuse(http.StatusBadRequest, "a kill takes no body: ttl, when, reason and tell stand in the query string")
	}
	options.By = c.principal.User
	when := "deadline"
	if options.Idle {
		when = "idle"
	}
	if options.Keep {
		when = "idle, or not at all"
	}
	c.record.Before = summary(info)
	c.record.After = map[string]any{"ttl": options.TTL.String(), "when": when}
	c.intend()
	return answer{}, session.Kill(options)
}

// killOptions reads the query string. Whatever it does not understand kills
// nobody, a misspelt "tll" neither.
//
// MaxScale: takes what it does not understand for 0.
func killOptions(values url.Values) (engine.KillOptions, error) {
	options := engine.KillOptions{Reason: clip(values.Get("reason"))}
	for name, given := range values {
		if !slices.Contains([]string{"ttl", "when", "otherwise", "reason", "tell", "sync", "pretty"}, name) {
			return options, refuse(http.StatusBadRequest, "%s is not a parameter of a kill: ttl, when, otherwise, reason, tell", clip(name))
		}
		if len(given) > 1 {
			return options, refuse(http.StatusBadRequest, "%s is given more than once", name)
		}
	}
	if values.Has("tell") {
		tell, err := jsonapi.ParseBool(values.Get("tell"))
		if err != nil {
			return options, refuse(http.StatusBadRequest, "tell=%s is not yes or no", clip(values.Get("tell")))
		}
		options.Untold = !tell
	}
	err := killTiming(&options, values)
	return options, err
}

// killTiming reads when to kill: ttl, when and otherwise.
func killTiming(options *engine.KillOptions, values url.Values) error {
	if values.Has("ttl") {
		ttl, ok := parseTTL(values.Get("ttl"))
		if !ok {
			return badTime("ttl", values.Get("ttl"))
		}
		options.TTL = ttl
	}
	switch when := values.Get("when"); when {
	case "", "deadline":
	case "idle":
		options.Idle = true
	default:
		return refuse(http.StatusBadRequest, "when=%s is not one of deadline, idle", clip(when))
	}
	switch otherwise := values.Get("otherwise"); {
	case !values.Has("otherwise"), otherwise == "kill":
	case otherwise == "keep" && options.Idle:
		options.Keep = true
	case otherwise == "keep":
		return refuse(http.StatusBadRequest, "otherwise=keep belongs to when=idle")
	default:
		return refuse(http.StatusBadRequest, "otherwise=%s is not one of kill, keep", clip(otherwise))
	}
	return nil
}

func badTime(name, text string) error {
	return refuse(http.StatusBadRequest, "%s=%s is not a time: seconds such as 30, or with a unit such as 500ms, 30s, 5m or 1h, at most %d h",
		name, clip(text), int(longestTTL/time.Hour))
}

var ttlUnits = []struct {
	suffix string
	unit   time.Duration
}{
	{"ms", time.Millisecond}, // before s and m
	{"min", time.Minute},
	{"s", time.Second},
	{"m", time.Minute},
	{"h", time.Hour},
	{"", time.Second},
}

// parseTTL reads a whole number with an optional unit, of which a missing one
// means seconds.
func parseTTL(text string) (time.Duration, bool) {
	for _, u := range ttlUnits {
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		if number == "" || strings.Trim(number, "0123456789") != "" {
			return 0, false
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > int64(longestTTL/u.unit) {
			return 0, false
		}
		return time.Duration(n) * u.unit, true
	}
	return 0, false
}

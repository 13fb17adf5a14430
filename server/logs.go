package server

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
)

// logs serves the program's log.
type logs struct {
	engine *engine.Engine
	ring   *LogRing // nil when none is kept
}

// priorities are MaxScale's, the highest first.
var priorities = []string{"alert", "error", "warning", "notice", "info", "debug"}

const (
	logPage    = 50 // lines of a page when none are asked for
	maxLogPage = 10_000
)

// about serves GET /v1/maxscale/logs.
func (l logs) about(c *call) (answer, error) {
	v := l.engine.MaxScale().Values
	on := []string{"alert", "error"}
	parameters := map[string]any{}
	for _, name := range priorities[2:] {
		parameters["log_"+name] = v.Bool("log_" + name)
		if v.Bool("log_" + name) {
			on = append(on, name)
		}
	}
	r := api.Resource[map[string]any]{
		ID: "logs", Type: "logs",
		Attributes: map[string]any{"log_file": "", "log_priorities": on, "parameters": parameters},
	}
	return one(c, r, c.link("maxscale", "logs")), nil
}

// logEntry is one line, as MaxScale shows it. Consecutive lines have consecutive
// ids.
type logEntry struct {
	ID            string   `json:"id"`
	Message       string   `json:"message"`
	Module        string   `json:"module,omitempty"`
	Session       string   `json:"session,omitempty"` // ours: id of the session that it is about
	Priority      string   `json:"priority"`
	Timestamp     string   `json:"timestamp"`
	UnixTimestamp int64    `json:"unix_timestamp"`
	Time          api.Time `json:"time"` // ours: with milliseconds
}

// data serves GET /v1/maxscale/logs/data: the newest lines, or those up to
// page[cursor], of the priorities asked for.
func (l logs) data(c *call) (answer, error) {
	size, cursor, wanted, err := logQuery(c.values)
	if err != nil {
		return answer{}, err
	}
	entries, more, first := []logEntry{}, uint64(0), uint64(0)
	if l.ring != nil {
		var lines []logLine
		lines, more = l.ring.lines.page(cursor, size, func(line logLine) bool {
			return len(wanted) == 0 || slices.Contains(wanted, priority(line.level))
		})
		for _, line := range lines {
			first = max(first, line.id)
			entries = append(entries, logEntry{
				ID: strconv.FormatUint(line.id, 10), Message: line.message, Module: line.module, Priority: priority(line.level),
				Timestamp: line.at.Local().Format("2006-01-02 15:04:05"), UnixTimestamp: line.at.Unix(), Session: line.session,
				Time: apiTime(line.at),
			})
		}
	}
	links := &api.Links{Self: logLink(c, size, first), Last: logLink(c, size, 0)}
	if more != 0 {
		links.Prev = logLink(c, size, more)
	}
	return object(c, map[string]any{
		"data": map[string]any{
			"id": "log_data", "type": "log_data",
			"attributes": map[string]any{"log": entries, "log_source": "memory"},
		},
		"links": links,
	}), nil
}

func logQuery(values url.Values) (size int, cursor uint64, wanted []string, err error) {
	size = logPage
	if text := values.Get("page[size]"); text != "" {
		size, err = strconv.Atoi(text)
		if err != nil || size < 1 || size > maxLogPage {
			return 0, 0, nil, refuse(http.StatusBadRequest, "page[size]: %q is not a number from 1 to %d", clip(text), maxLogPage)
		}
	}
	if text := values.Get("page[cursor]"); text != "" {
		if cursor, err = strconv.ParseUint(text, 10, 64); err != nil {
			return 0, 0, nil, refuse(http.StatusBadRequest, "page[cursor]: %q is not the id of a log line", clip(text))
		}
	}
	if text := values.Get("priority"); text != "" {
		wanted = strings.Split(text, ",")
		for _, name := range wanted {
			if !slices.Contains(priorities, name) {
				return 0, 0, nil, refuse(http.StatusBadRequest, "priority: %q is not one of %s", clip(name), strings.Join(priorities, ", "))
			}
		}
	}
	return size, cursor, wanted, nil
}

// logLink keeps the other parameters of the request.
func logLink(c *call, size int, cursor uint64) string {
	values := url.Values{}
	for name, v := range c.values {
		values[name] = v
	}
	values.Set("page[size]", strconv.Itoa(size))
	values.Del("page[cursor]")
	if cursor != 0 {
		values.Set("page[cursor]", strconv.FormatUint(cursor, 10))
	}
	return c.link("maxscale", "logs", "data") + "?" + values.Encode()
}

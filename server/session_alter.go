package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/engine"
)

// This file reads the body of a PATCH of a session, in all the shapes in which
// clients send it.

// alterBody is {"data": {"attributes": {"parameters", "relationships"}, "relationships"}}.
// The documentation of MaxScale shows relationships inside of attributes, its
// clients send them beside.
type alterBody struct {
	Data *struct {
		ID         json.RawMessage `json:"id"`
		Attributes *struct {
			Parameters    map[string]json.RawMessage `json:"parameters"`
			LogFor        *string                    `json:"log_for"` // ours: how long the parameters stay
			Relationships *alterRelations            `json:"relationships"`
		} `json:"attributes"`
		Relationships *alterRelations `json:"relationships"`
	} `json:"data"`
}

type alterRelations struct {
	Filters *struct {
		Data json.RawMessage `json:"data"`
	} `json:"filters"`
}

// maxChain is how many filters a session may have.
const maxChain = 64

var sessionParameters = []string{"log_debug", "log_error", "log_info", "log_notice", "log_warning"}

// alter serves PATCH /v1/sessions/:id. It is judged as a whole before anything
// is changed.
//
// MaxScale: applies the parameters even when a filter is refused, and ignores
// what it does not understand.
func (s sessions) alter(c *call) (answer, error) {
	session, info, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	var body alterBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	alteration, err := body.alteration(info.ID)
	if err != nil {
		return answer{}, err
	}
	return s.apply(c, session, info, alteration)
}

// alterFilters serves PATCH /v1/sessions/:id/relationships/filters.
func (s sessions) alterFilters(c *call) (answer, error) {
	session, info, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	var body struct {
		Data json.RawMessage `json:"data"`
	}
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if body.Data == nil {
		return answer{}, refuse(http.StatusBadRequest, "the request has no 'data'")
	}
	filters, err := parseFilterList(body.Data)
	if err != nil {
		return answer{}, err
	}
	return s.apply(c, session, info, engine.Alteration{Filters: filters})
}

func (s sessions) apply(c *call, session *engine.Session, info engine.SessionInfo, a engine.Alteration) (answer, error) {
	before, after := summary(info), map[string]any{}
	if a.Filters != nil {
		before["filters"], after["filters"] = running(info), *a.Filters
	}
	if a.LogLevels != nil {
		before["parameters"], after["parameters"] = parametersOf(info.LogLevels), a.LogLevels
	}
	if a.LogFor > 0 {
		after["log_for"] = a.LogFor.String()
	}
	c.record.Before, c.record.After = before, after
	if a.Filters == nil && a.LogLevels == nil {
		return answer{}, nil
	}
	if a.Filters != nil {
		if err := validFilters(s.engine, *a.Filters); err != nil {
			return answer{}, err
		}
	}
	a.By = c.principal.User
	return answer{}, session.Alter(a)
}

// validFilters reports the first name that no filter has.
func validFilters(e *engine.Engine, names []string) error {
	for _, name := range names {
		if _, err := e.Filter(name); err != nil {
			return refuse(http.StatusBadRequest, "Not a valid filter: %s", clip(name))
		}
	}
	return nil
}

// alteration checks the body and says what it asks for.
func (b *alterBody) alteration(id uint64) (engine.Alteration, error) {
	var a engine.Alteration
	if b.Data == nil {
		return a, refuse(http.StatusBadRequest, "the request has no 'data'")
	}
	if given := strings.Trim(string(b.Data.ID), `"`); given != "" && given != "null" && given != fmt.Sprint(id) {
		return a, refuse(http.StatusConflict, "the body is about session %s, the path about session %d", clip(given), id)
	}
	relations := []*alterRelations{b.Data.Relationships}
	if b.Data.Attributes != nil {
		relations = append(relations, b.Data.Attributes.Relationships)
		levels, err := parseLogLevels(b.Data.Attributes.Parameters)
		if err != nil {
			return a, err
		}
		a.LogLevels = levels
		if text := b.Data.Attributes.LogFor; text != nil {
			if a.LogFor, err = parseLogFor(*text, levels); err != nil {
				return a, err
			}
		}
	}
	for _, r := range relations {
		if r == nil || r.Filters == nil {
			continue
		}
		filters, err := parseFilterList(r.Filters.Data)
		if err != nil {
			return a, err
		}
		if a.Filters != nil && filters != nil && !slices.Equal(*a.Filters, *filters) {
			return a, refuse(http.StatusBadRequest, "the filters in 'relationships' and in 'attributes' differ")
		}
		if filters != nil {
			a.Filters = filters
		}
	}
	return a, nil
}

// parseLogFor reads how long log levels are to stay on.
func parseLogFor(text string, levels map[string]bool) (time.Duration, error) {
	d, ok := parseTTL(text)
	switch {
	case !ok || d == 0:
		return 0, badTime("log_for", text)
	case len(levels) == 0:
		return 0, refuse(http.StatusBadRequest, "log_for needs parameters: the log levels that go off after it")
	}
	return d, nil
}

// notLevels says which names are none of log levels, in order.
func notLevels[V any](parameters map[string]V) []string {
	var wrong []string
	for name := range parameters {
		if !slices.Contains(sessionParameters, name) {
			wrong = append(wrong, fmt.Sprintf("%q is not a parameter of a session: %s", clip(name), strings.Join(sessionParameters, ", ")))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func parseLogLevels(parameters map[string]json.RawMessage) (map[string]bool, error) {
	if len(parameters) == 0 {
		return nil, nil
	}
	wrong := notLevels(parameters)
	levels := make(map[string]bool, len(parameters))
	for name, text := range parameters {
		switch {
		case !slices.Contains(sessionParameters, name):
		case string(text) == "true", string(text) == "false":
			levels[name] = string(text) == "true"
		default:
			wrong = append(wrong, fmt.Sprintf("%s must be true or false, not %s", name, clip(string(text))))
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return nil, &problem{status: http.StatusBadRequest, details: wrong}
	}
	return levels, nil
}

// parseFilterList reads the data of a relationship, an array of objects of
// which only the id counts. It returns nil when there is nothing to change.
func parseFilterList(text json.RawMessage) (*[]string, error) {
	if text == nil || string(text) == "null" {
		return nil, nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(text, &elements); err != nil {
		return nil, refuse(http.StatusBadRequest, `the filters must be an array such as [{"id": "NAME", "type": "filters"}]`)
	}
	if len(elements) > maxChain {
		return nil, refuse(http.StatusBadRequest, "a session may have at most %d filters", maxChain)
	}
	names := make([]string, len(elements))
	for i, element := range elements {
		var reference struct {
			ID *string `json:"id"`
		}
		if err := json.Unmarshal(element, &reference); err != nil || reference.ID == nil || *reference.ID == "" {
			return nil, refuse(http.StatusBadRequest, `filter %d must be an object such as {"id": "NAME", "type": "filters"}`, i+1)
		}
		names[i] = *reference.ID
	}
	return &names, nil
}

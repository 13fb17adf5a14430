package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// This file serves the PATCHes of a service. Its default chain can be changed
// while the program runs. Clients GET the whole resource, change one value and
// send it back, so that everything else is accepted as long as it is what it
// was.

// serviceBody is {"data": {"id", "attributes", "relationships"}}.
type serviceBody struct {
	Data *struct {
		ID            json.RawMessage            `json:"id"`
		Attributes    map[string]json.RawMessage `json:"attributes"`
		Relationships map[string]json.RawMessage `json:"relationships"`
	} `json:"data"`
}

// relation is one member of relationships; Data is nil when it is missing.
type relation struct {
	Data json.RawMessage `json:"data"`
}

// alterService serves PATCH /v1/services/:id.
func (o objects) alterService(c *call) (answer, error) {
	info, err := o.changeableService(c)
	if err != nil {
		return answer{}, err
	}
	var body serviceBody
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	if body.Data == nil {
		return answer{}, refuse(http.StatusBadRequest, "the request has no 'data'")
	}
	name := info.Object.Name
	if given := strings.Trim(string(body.Data.ID), `"`); given != "" && given != "null" && given != name {
		return answer{}, refuse(http.StatusConflict, "the body is about service %s, the path about service %s", clip(given), name)
	}
	present := serviceResource(info, o.engine.Listeners())
	wrong := changedAttributes(present.Attributes, body.Data.Attributes)
	filters := (*[]string)(nil)
	for kind, text := range body.Data.Relationships {
		switch kind {
		case "filters":
			if filters, err = parseChain(text); err != nil {
				return answer{}, err
			}
		case "servers", "services", "monitors":
			if !sameMembers(text, present.Relationships.IDs(kind)) {
				wrong = append(wrong, fmt.Sprintf("the %s of a service cannot be changed while the program runs", kind))
			}
		case "listeners": // MaxCtrl sends them along
		default:
			wrong = append(wrong, fmt.Sprintf("%q is not a relationship of a service", clip(kind)))
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return answer{}, &problem{status: http.StatusBadRequest, details: wrong}
	}
	return answer{}, o.setFilters(c, info, filters)
}

// alterServiceFilters serves PATCH /v1/services/:id/relationships/filters.
func (o objects) alterServiceFilters(c *call) (answer, error) {
	info, err := o.changeableService(c)
	if err != nil {
		return answer{}, err
	}
	var body json.RawMessage
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	filters, err := parseChain(body)
	if err != nil {
		return answer{}, err
	}
	return answer{}, o.setFilters(c, info, filters)
}

// changeableService returns the service of a request that would change it, once
// its If-Match holds: that is the present filters in quotes, as "First|Second".
func (o objects) changeableService(c *call) (engine.ServiceInfo, error) {
	info, err := o.engine.Service(c.PathValue("id"))
	if err != nil {
		return info, notA(c, "service")
	}
	wanted := c.Header.Get("If-Match")
	if wanted != "" && !jsonapi.TagMatches(wanted, `"`+strings.Join(info.Filters, "|")+`"`) {
		return info, refuse(http.StatusPreconditionFailed,
			"the filters of %s are not what they were when you looked (If-Match): nothing was done", info.Object.Name)
	}
	return info, nil
}

// setFilters gives a service a new default chain; nil leaves it alone.
func (o objects) setFilters(c *call, info engine.ServiceInfo, filters *[]string) error {
	if filters == nil {
		return nil
	}
	c.record.Before = map[string]any{"filters": info.Filters}
	c.record.After = map[string]any{"filters": *filters}
	for _, name := range *filters {
		if _, err := o.engine.Filter(name); err != nil {
			return refuse(http.StatusBadRequest, "'%s' is not a valid object of type 'filters'", clip(name))
		}
	}
	return o.engine.SetServiceFilters(info.Object.Name, *filters)
}

// parseChain reads the new default chain out of a relationship. An empty array
// and null are a chain without filters; nothing at all is refused, because
// filters are taken away by who says so only.
func parseChain(text json.RawMessage) (*[]string, error) {
	var r relation
	if err := json.Unmarshal(text, &r); err != nil || r.Data == nil {
		return nil, refuse(http.StatusBadRequest, `the filters must be {"data": [{"id": "NAME", "type": "filters"}]}, for none {"data": []}`)
	}
	filters, err := parseFilterList(r.Data)
	if err == nil && filters == nil {
		filters = &[]string{}
	}
	return filters, err
}

// sameMembers reports whether a relationship holds names, in any order and
// however often.
func sameMembers(text json.RawMessage, names []string) bool {
	var r struct {
		Data []api.Reference `json:"data"`
	}
	if json.Unmarshal(text, &r) != nil {
		return false
	}
	given := map[string]bool{}
	for _, reference := range r.Data {
		given[reference.ID] = true
	}
	return len(given) == len(names) && !slices.ContainsFunc(names, func(name string) bool { return !given[name] })
}

// serviceFigures are the attributes that change by themselves, so that what
// comes back of them says nothing.
var serviceFigures = []string{
	"connections", "total_connections", "statistics", "router_diagnostics", "listeners", "users", "users_last_update",
}

// changedAttributes says which attributes a client would change.
func changedAttributes(present api.ServiceAttributes, given map[string]json.RawMessage) (wrong []string) {
	known := map[string]json.RawMessage{
		"router": encode(present.Router), "state": encode(present.State),
		"started": encode(present.Started), "source": encode(present.Source),
	}
	for name, text := range given {
		switch {
		case slices.Contains(serviceFigures, name):
		case name == "parameters":
			wrong = append(wrong, changedParameters(present.Parameters, text)...)
		case known[name] == nil:
			wrong = append(wrong, fmt.Sprintf("%q is not an attribute of a service", clip(name)))
		case !sameJSON(known[name], text):
			wrong = append(wrong, fmt.Sprintf("%s cannot be changed", name))
		}
	}
	return wrong
}

func changedParameters(present api.Parameters, text json.RawMessage) (wrong []string) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(text, &given); err != nil {
		return []string{"parameters must be an object"}
	}
	for name, value := range given {
		is, known := present[name]
		switch {
		case !known:
			wrong = append(wrong, fmt.Sprintf("%q is not a parameter of this service", clip(name)))
		case sameJSON(encode(is), value):
		case name == "filters":
			wrong = append(wrong, "filters are changed as a relationship, not as a parameter")
		default:
			wrong = append(wrong, fmt.Sprintf("%s cannot be changed while the program runs; change it in the configuration file and restart", name))
		}
	}
	return wrong
}

// encode returns v, which is plain, as JSON.
func encode(v any) json.RawMessage {
	text, _ := json.Marshal(v)
	return text
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

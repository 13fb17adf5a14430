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

// serviceBody is what a PATCH of a service may hold: the whole resource, as a
// client has read it, with its filters changed.
type serviceBody struct {
	Data *struct {
		ID            string                     `json:"id"`
		Attributes    map[string]any             `json:"attributes"`
		Relationships map[string]json.RawMessage `json:"relationships"`
	} `json:"data"`
}

// serviceFigures are the attributes that change by themselves, so that what
// comes back of them says nothing.
var serviceFigures = []string{
	"connections", "total_connections", "statistics", "router_diagnostics", "listeners", "users", "users_last_update",
}

// alterService serves PATCH /v1/services/:id. Of a service its filters can be
// changed while it runs; everything else may be there if it is what it was.
//
// MaxScale: changes parameters and targets too.
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
	if id := body.Data.ID; id != "" && id != info.Object.Name {
		return answer{}, refuse(http.StatusConflict, "the body is about service %s, the path about service %s", clip(id), info.Object.Name)
	}
	present := serviceResource(info, nil)
	if err := body.unchanged(present); err != nil {
		return answer{}, err
	}
	filters, given := body.Data.Relationships["filters"]
	if !given {
		return answer{}, nil
	}
	return o.setFilters(c, info, filters)
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

// unchanged reports what differs from the service as it is and cannot be
// changed.
func (b *serviceBody) unchanged(present api.Service) error {
	wrong := changedAttributes(present.Attributes, b.Data.Attributes)
	for kind, relation := range b.Data.Relationships {
		switch kind {
		case "filters", "listeners": // those to be changed; those that MaxCtrl sends along
			continue
		case "servers", "services", "monitors":
		default:
			wrong = append(wrong, fmt.Sprintf("%q is not a relationship of a service", clip(kind)))
			continue
		}
		names, err := references(relation, kind)
		if err != nil {
			return err
		}
		is := present.Relationships.IDs(kind)
		slices.Sort(names)
		slices.Sort(is)
		if !slices.Equal(slices.Compact(names), is) {
			wrong = append(wrong, kind+" cannot be changed while the program runs")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return &problem{status: http.StatusBadRequest, details: wrong}
}

// changedAttributes says which attributes, and which parameters among them, a
// client would change.
func changedAttributes(present api.ServiceAttributes, given map[string]any) (wrong []string) {
	fixed := map[string]any{
		"router": present.Router, "state": present.State, "started": present.Started, "source": present.Source,
	}
	for name, value := range given {
		now, known := fixed[name]
		switch {
		case slices.Contains(serviceFigures, name):
		case name == "parameters":
			wrong = append(wrong, changedParameters(present.Parameters, value)...)
		case !known:
			wrong = append(wrong, fmt.Sprintf("%q is not an attribute of a service", clip(name)))
		case !sameValue(value, now):
			wrong = append(wrong, name+" cannot be changed")
		}
	}
	return wrong
}

func changedParameters(present api.Parameters, given any) (wrong []string) {
	parameters, ok := given.(map[string]any)
	if !ok {
		return []string{"parameters must be an object"}
	}
	for name, value := range parameters {
		now, known := present[name]
		switch {
		case !known:
			wrong = append(wrong, fmt.Sprintf("%q is not a parameter of the service", clip(name)))
		case sameValue(value, now):
		case name == "filters":
			wrong = append(wrong, "filters are changed as a relationship, not as a parameter")
		default:
			wrong = append(wrong, name+" cannot be changed while the program runs")
		}
	}
	return wrong
}

// sameValue compares a value of JSON with what the server shows.
func sameValue(given, shown any) bool {
	text, err := json.Marshal(shown)
	if err != nil {
		return false
	}
	var plain any
	return json.Unmarshal(text, &plain) == nil && reflect.DeepEqual(given, plain)
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
	return o.setFilters(c, info, body)
}

// setFilters replaces the filters of a service by those of a relationship.
func (o objects) setFilters(c *call, info engine.ServiceInfo, relation json.RawMessage) (answer, error) {
	names, err := references(relation, "filters")
	if err != nil {
		return answer{}, err
	}
	for _, name := range names {
		if _, err := o.engine.Filter(name); err != nil {
			return answer{}, refuse(http.StatusBadRequest, "'%s' is not a valid object of type 'filters'", clip(name))
		}
	}
	c.record.Before = map[string]any{"filters": info.Filters}
	c.record.After = map[string]any{"filters": names}
	return answer{}, o.engine.SetServiceFilters(info.Object.Name, names)
}

// references reads a relationship to objects of a kind. An empty list and null
// as its data are none; one without data is refused, because filters are taken
// away only from a service when somebody says so.
func references(relation json.RawMessage, kind string) ([]string, error) {
	var r struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(relation, &r); err != nil || r.Data == nil {
		return nil, refuse(http.StatusBadRequest, `%s must be {"data": [{"id": "NAME", "type": "%s"}]}, for none {"data": []}`, kind, kind)
	}
	names := []string{}
	text := r.Data
	if string(text) == "null" {
		return names, nil
	}
	var elements []struct {
		ID   *string `json:"id"`
		Type *string `json:"type"`
	}
	if err := json.Unmarshal(text, &elements); err != nil {
		return nil, refuse(http.StatusBadRequest, `%s must be an array such as [{"id": "NAME", "type": "%s"}]`, kind, kind)
	}
	for i, e := range elements {
		if e.ID == nil || *e.ID == "" || e.Type == nil || !strings.EqualFold(*e.Type, kind) {
			return nil, refuse(http.StatusBadRequest, `%s: element %d must be an object such as {"id": "NAME", "type": "%s"}`, kind, i+1, kind)
		}
		names = append(names, *e.ID)
	}
	return names, nil
}

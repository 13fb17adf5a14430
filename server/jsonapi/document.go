package jsonapi

import (
	"net/url"
	"reflect"
	"strconv"

	"github.com/signalbox/signalbox/api"
)

// document is api.Document before its data is text.
type document struct {
	Data  any            `json:"data"`
	Links *api.Links     `json:"links,omitempty"`
	Meta  map[string]any `json:"meta,omitempty"`
}

// One renders a document with one resource whose address is self.
func One[A any](q *Query, resource api.Resource[A], self string) []byte {
	e := encoder{pretty: q.Pretty}
	e.document(document{Links: &api.Links{Self: self}}, func() {
		e.resource(reflect.ValueOf(&resource).Elem(), q.fields[resource.Type])
	})
	return e.end()
}

// Many renders a document with those of rows that the query asks for: rows are
// filtered, then sorted, then cut to the page, then pruned to the fields. self
// is the address of the collection without a query string.
func Many[A any](q *Query, rows []api.Resource[A], self string) []byte {
	kept := make([]reflect.Value, 0, len(rows))
	all := reflect.ValueOf(rows)
	for i := range rows {
		if row := all.Index(i); q.keeps(row) {
			kept = append(kept, row)
		}
	}
	if len(q.order) > 0 {
		sortRows(kept, q.order)
	}
	frame := document{Links: &api.Links{Self: self}}
	if q.paged {
		frame.Links = q.links(self, len(kept))
		frame.Meta = map[string]any{"total": len(kept)}
		kept = q.page(kept)
	}
	e := encoder{pretty: q.Pretty}
	e.document(frame, func() {
		start := len(e.out)
		for i, row := range kept {
			e.next('[', i == 0)
			kind, _ := child(row, "type")
			e.resource(row, q.fields[kind.String()])
			if i == 0 {
				e.reserve(len(kept)-1, start)
			}
		}
		e.close('[', ']', len(kept) == 0)
	})
	return e.end()
}

func (q *Query) keeps(row reflect.Value) bool {
	for _, f := range q.filters {
		if !f.keeps(row) {
			return false
		}
	}
	return true
}

func (q *Query) page(rows []reflect.Value) []reflect.Value {
	if q.number > len(rows)/q.size {
		return nil
	}
	rows = rows[min(q.number*q.size, len(rows)):]
	return rows[:min(q.size, len(rows))]
}

// links returns the links of a page. They keep the other parameters of the
// request.
//
// MaxScale: loses them.
func (q *Query) links(self string, total int) *api.Links {
	last := max(0, (total-1)/q.size)
	link := func(number int) string {
		values := url.Values{}
		for name, v := range q.values {
			values[name] = v
		}
		values.Set("page[size]", strconv.Itoa(q.size))
		values.Set("page[number]", strconv.Itoa(number))
		return self + "?" + values.Encode()
	}
	links := &api.Links{Self: link(q.number), First: link(0), Last: link(last)}
	if q.number > 0 {
		links.Prev = link(min(q.number-1, last))
	}
	if q.number < last {
		links.Next = link(q.number + 1)
	}
	return links
}

// document writes frame, with what data writes in the place of its data.
func (e *encoder) document(frame document, data func()) {
	v := reflect.ValueOf(frame)
	first := true
	for _, f := range fields(v.Type()) {
		member := v.Field(f.index)
		if f.omitEmpty && absent(member) {
			continue
		}
		e.next('{', first)
		first = false
		e.name(f.name)
		if f.name == "data" {
			data()
		} else {
			e.value(member, nil)
		}
	}
	e.close('{', '}', false)
}

// resource writes one resource; keep prunes its attributes and its
// relationships, and nothing else.
func (e *encoder) resource(v reflect.Value, keep fieldset) {
	if keep == nil {
		e.value(v, nil)
		return
	}
	e.structure(v, fieldset{"id": nil, "type": nil, "links": nil, "attributes": keep, "relationships": keep})
}

// Errors renders an error object. A detail that repeats the one before it is
// left out.
func Errors(pretty bool, details ...string) []byte {
	body := api.Errors{Errors: []api.Error{}}
	for i, detail := range details {
		if i == 0 || detail != details[i-1] {
			body.Errors = append(body.Errors, api.Error{Detail: detail})
		}
	}
	return Encode(body, pretty)
}

package push

import (
	"encoding/json"
	"fmt"

	"github.com/signalbox/signalbox/api"
)

// row is one resource that views show.
type row struct {
	id      string
	content any             // encodes to the resource
	version uint64          // grows with every change of content
	data    json.RawMessage // content encoded, nil until a window needs it
	hidden  json.RawMessage // the same without SQL text

	// What the update of a view remembers of its old and its new window, which
	// means something during that update only.
	mark uint64
	seen uint64 // version on the screens
}

// set replaces the content.
func (r *row) set(content any) {
	r.content, r.data, r.hidden = content, nil, nil
	r.version++
}

// resource returns r as JSON.
func (r *row) resource() json.RawMessage {
	if r.data == nil {
		switch content := r.content.(type) {
		case *light:
			r.data = encode(content.resource())
		case *group:
			r.data = encode(content.resource())
		default:
			r.data = encode(content)
		}
	}
	return r.data
}

// resource returns a row as the view shows it.
func (v *view) resource(r *row) json.RawMessage {
	if v.hide == nil {
		return r.resource()
	}
	if r.hidden == nil {
		switch content := r.content.(type) {
		case *light:
			if s, ok := v.hide((*api.Session)(content)).(*api.Session); ok {
				r.hidden = encode((*light)(s).resource())
			} else {
				r.hidden = encode(struct{}{})
			}
		case *group: // its values are none of SQL text
			r.hidden = encode(content.resource())
		default:
			r.hidden = encode(v.hide(content))
		}
	}
	return r.hidden
}

// encode returns v as JSON. All that comes here is made of plain data; what
// cannot be encoded all the same is shown as what it is, an error.
func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		data, _ = json.Marshal(api.Error{Detail: fmt.Sprintf("push: encode %T: %v", v, err)})
	}
	return data
}

// counts are the figures of a listing beside its rows.
type counts struct {
	total   int // rows
	all     int // before the filter
	summary api.Summary
}

// listing is rows in an order, which views are windows on.
type listing interface {
	// window adds to rows up to limit rows from the place offset on.
	window(rows []*row, offset, limit int) []*row
	counts() counts
	// state grows when the rows, their order or the counts have changed.
	state() uint64
}

package push

import (
	"encoding/json"
	"time"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// viewKey tells views apart. Filter, sort and group are in their shortest form.
type viewKey struct {
	topic, id, filter, sort, group string
	offset, limit                  int
	locked, service                string // of Limits
	redact                         bool
}

// query is a subscription that has been checked: a viewKey with its parts
// parsed.
type query struct {
	viewKey
	match    *lang.Filter
	order    lang.Sort
	grouping lang.Grouping
}

// orderKey names what the view is a window on, among what is kept up with the
// sessions.
func (q *query) orderKey() orderKey {
	if q.topic == api.TopicGroups {
		return orderKey{q.filter, q.group, q.redact}
	}
	return orderKey{q.match.String(), q.sort, q.redact}
}

// view is a window on a listing, and what its clients have on their screens. It is
// owned by Hub.Run.
type view struct {
	query
	from    listing
	release func()        // gives the listing back
	hide    func(any) any // of a view without SQL text; else nil
	shown   shown
	clients map[string]*audience // by the name that they use for the view
}

// audience are the clients of a view that use the same name for it, and so get
// the same messages.
type audience struct {
	clients  map[*Client]bool
	snapshot *encoded // the last one, while it may serve others
	made     time.Time
}

// shown is the state that all clients of a view have been told of.
type shown struct {
	seq    uint64 // 0 while there is nothing to show yet
	state  uint64 // of the listing
	counts counts
	rows   []shownRow
}

type shownRow struct {
	*row
	version uint64
}

// look returns what there is to show now.
func (v *view) look(window []*row) shown {
	s := shown{seq: v.shown.seq, state: v.from.state(), counts: v.from.counts(), rows: make([]shownRow, len(window))}
	if v.locked != "" && v.topic != api.TopicGroups {
		s.counts.all = s.counts.total // how many others there are is nobody's business
	}
	for i, r := range window {
		s.rows[i] = shownRow{r, r.version}
	}
	return s
}

// open makes the first state.
func (v *view) open() {
	v.shown = v.look(v.from.window(nil, v.offset, v.limit))
	v.shown.seq = 1
}

// update brings what is shown up to the listing and returns the patch that says
// so, false when nothing on the screens is different. h has the memory that
// updates share.
func (v *view) update(u *updates, now time.Time) (api.Frame, bool) {
	if v.shown.seq == 0 || v.shown.state == v.from.state() {
		return api.Frame{}, false
	}
	u.window = v.from.window(u.window[:0], v.offset, v.limit)
	old, s := v.shown, v.look(u.window)
	u.mark += 2
	before, after := u.mark, u.mark+1
	for _, r := range old.rows {
		r.mark, r.seen = before, r.version
	}
	f := v.frame(api.FramePatch, s, now)
	moved := len(old.rows) != len(s.rows)
	for i, r := range s.rows {
		if r.row.mark != before || r.row.seen != r.version {
			f.Upserts = append(f.Upserts, v.resource(r.row))
		}
		r.mark = after
		moved = moved || old.rows[i].row != r.row
	}
	for _, r := range old.rows {
		if r.mark != after {
			f.Removed = append(f.Removed, r.id)
		}
	}
	if moved {
		f.IDs = s.ids()
	}
	v.shown = s
	if !moved && len(f.Upserts) == 0 && old.counts == s.counts {
		return api.Frame{}, false
	}
	v.shown.seq++
	f.Seq = v.shown.seq
	return f, true
}

// updates is memory that the updates of views use one after another.
type updates struct {
	window []*row
	mark   uint64
}

func (s *shown) ids() []string {
	ids := make([]string, len(s.rows))
	for i, r := range s.rows {
		ids[i] = r.id
	}
	return ids
}

// snapshot returns all that is shown.
func (v *view) snapshot(now time.Time) api.Frame {
	f := v.frame(api.FrameSnapshot, v.shown, now)
	f.Seq = v.shown.seq
	f.IDs = v.shown.ids()
	f.Upserts = make([]json.RawMessage, len(v.shown.rows))
	for i, r := range v.shown.rows {
		f.Upserts[i] = v.resource(r.row)
	}
	return f
}

func (v *view) frame(kind api.FrameType, s shown, now time.Time) api.Frame {
	f := api.Frame{Type: kind, Now: stamp(now), Total: s.counts.total, All: s.counts.all, Offset: v.offset}
	if v.topic == api.TopicSessions {
		f.Summary = &s.counts.summary
	}
	return f
}

// send gives all clients the same frame.
func (v *view) send(patch api.Frame) {
	body := encode(patch)
	for name, who := range v.clients {
		who.snapshot = nil
		frame := named(body, name)
		for c := range who.clients {
			c.box.patch(name, frame)
		}
	}
}

// snapshotFor is for how long a snapshot serves clients that ask one after
// another. It says what time it is, which the clients go by.
const snapshotFor = 50 * time.Millisecond

// forgetSnapshots forgets those that serve nobody any more.
func (v *view) forgetSnapshots(now time.Time) {
	for _, who := range v.clients {
		if now.Sub(who.made) > snapshotFor {
			who.snapshot = nil
		}
	}
}

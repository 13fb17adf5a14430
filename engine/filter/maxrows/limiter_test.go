package maxrows

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/engine/wire"
)

// Both ways to end definitions and rows.
var modes = []struct {
	name string
	caps wire.Capability
}{
	{"eof", 0},
	{"deprecate_eof", wire.ClientDeprecateEOF},
}

// reply builds the framed bytes of a reply.
type reply struct {
	caps wire.Capability
	data []byte
}

func (r *reply) packet(payload []byte) *reply {
	r.data = append(wire.AppendHeader(r.data, len(payload), 0), payload...)
	return r
}

func (r *reply) ok(status wire.Status) *reply {
	m := wire.OK{Status: status}
	return r.packet(m.Append(nil, r.caps))
}

func (r *reply) err(code uint16) *reply {
	m := wire.Error{Code: code, Message: "no"}
	return r.packet(m.Append(nil))
}

// definitions are those of one column.
func (r *reply) definitions() *reply {
	r.packet([]byte{1}).packet([]byte("definition"))
	if r.caps.Has(wire.ClientDeprecateEOF) {
		return r
	}
	m := wire.EOF{}
	return r.packet(m.Append(nil))
}

func (r *reply) rows(n, size int) *reply {
	for range n {
		r.packet(wire.AppendLenencString(nil, strings.Repeat("x", size)))
	}
	return r
}

func (r *reply) end(status wire.Status) *reply {
	if r.caps.Has(wire.ClientDeprecateEOF) {
		m := wire.OK{End: true, Status: status}
		return r.packet(m.Append(nil, r.caps))
	}
	m := wire.EOF{Status: status}
	return r.packet(m.Append(nil))
}

func (r *reply) result(rows, size int, status wire.Status) *reply {
	return r.definitions().rows(rows, size).end(status)
}

// feed sends a reply through a limiter in batches of at most step bytes, and
// returns what comes out, an error at its end as the proxy would send it, and
// the most that was held.
func feed(t *testing.T, f *Filter, command wire.Command, r *reply, step int) (out []byte, most int) {
	t.Helper()
	l := limiter{filter: f}
	var response wire.Response
	response.Start(command, r.caps)
	data := r.data
	n := 0
	for n < len(data) || !response.Complete {
		n = min(n+step, len(data))
		before := response.Place()
		used, err := response.Consume(data[:n])
		if err != nil {
			t.Fatal(err)
		}
		if same := l.batch(before.Parts(data[:used])); same && string(l.out) != string(data[:used]) {
			t.Fatalf("batch is said to be the same, got %q, want %q", l.out, data[:used])
		}
		out = append(out, l.out...)
		most = max(most, len(l.held))
		if used > 0 {
			data, n = data[used:], 0
		} else if n == len(data) && !response.Complete {
			t.Fatal("the reply is not complete")
		}
	}
	if l.failed {
		out = append(out, "ERR"...)
	}
	return out, most
}

// Ensure that results come through, or what stands in their place, in whatever
// pieces they arrive.
func TestLimiter(t *testing.T) {
	const more = wire.StatusMoreResults
	build := func(caps wire.Capability) *reply { return &reply{caps: caps} }
	tests := []struct {
		name       string
		rows, size uint64
		give       string
		in, want   func(r *reply) *reply
	}{
		{
			"under_the_limit", 3, 1000, returnError,
			func(r *reply) *reply { return r.result(3, 10, 2) },
			func(r *reply) *reply { return r.result(3, 10, 2) },
		},
		{
			"no_rows", 0, 1000, returnError,
			func(r *reply) *reply { return r.result(0, 0, 2) },
			func(r *reply) *reply { return r.result(0, 0, 2) },
		},
		{
			"too_many_rows_empty", 3, 1000, returnEmpty,
			func(r *reply) *reply { return r.result(4, 10, 2) },
			func(r *reply) *reply { return r.result(0, 0, 2) },
		},
		{
			"too_many_rows_ok", 3, 1000, returnOK,
			func(r *reply) *reply { return r.result(4, 10, 2) },
			func(r *reply) *reply { return r.ok(2) },
		},
		{
			"too_many_rows_error", 3, 1000, returnError,
			func(r *reply) *reply { return r.result(4, 10, 2) },
			func(r *reply) *reply { r.data = append(r.data, "ERR"...); return r },
		},
		{
			"too_large_empty", 100, 200, returnEmpty,
			func(r *reply) *reply { return r.result(1, 190, 2) },
			func(r *reply) *reply { return r.result(0, 0, 2) },
		},
		{
			"definitions_too_large_empty", 100, 3, returnEmpty,
			func(r *reply) *reply { return r.result(1, 1, 2) },
			func(r *reply) *reply { return r.result(0, 0, 2) },
		},
		{
			"definitions_too_large_ok", 100, 3, returnOK,
			func(r *reply) *reply { return r.result(0, 1, 2) },
			func(r *reply) *reply { return r.ok(2) },
		},
		{
			"one_of_three_empty", 2, 1000, returnEmpty,
			func(r *reply) *reply { return r.result(1, 1, more).result(3, 1, more).ok(more).result(2, 1, 0) },
			func(r *reply) *reply { return r.result(1, 1, more).result(0, 1, more).ok(more).result(2, 1, 0) },
		},
		{
			"one_of_three_ok", 2, 1000, returnOK,
			func(r *reply) *reply { return r.result(1, 1, more).result(3, 1, more).ok(more).result(2, 1, 0) },
			func(r *reply) *reply { return r.result(1, 1, more).ok(more).ok(more).result(2, 1, 0) },
		},
		{
			"one_of_three_error", 2, 1000, returnError,
			func(r *reply) *reply { return r.result(1, 1, more).result(3, 1, more).ok(more).result(2, 1, 0) },
			func(r *reply) *reply { r.result(1, 1, more).data = append(r.data, "ERR"...); return r },
		},
		{
			"error_among_rows", 9, 1000, returnOK,
			func(r *reply) *reply { return r.definitions().rows(2, 5).err(1317) },
			func(r *reply) *reply { return r.err(1317) },
		},
		{
			"error_beyond_limit_empty", 1, 1000, returnEmpty,
			func(r *reply) *reply { return r.definitions().rows(2, 5).err(1317) },
			func(r *reply) *reply { return r.definitions().err(1317) },
		},
		{
			"ok_alone", 0, 0, returnError,
			func(r *reply) *reply { return r.ok(2) },
			func(r *reply) *reply { return r.ok(2) },
		},
		{
			"error_alone", 0, 0, returnEmpty,
			func(r *reply) *reply { return r.err(1064) },
			func(r *reply) *reply { return r.err(1064) },
		},
		{
			"sixteen_megabytes", 9, 1000, returnOK,
			func(r *reply) *reply {
				first := make([]byte, 1<<24-1)
				return r.definitions().packet(first).packet([]byte("rest")).rows(1, 1).end(0)
			},
			func(r *reply) *reply { return r.ok(0) },
		},
	}
	for _, tt := range tests {
		for _, mode := range modes {
			in, want := tt.in(build(mode.caps)), tt.want(build(mode.caps))
			for _, step := range []int{1, 7, 64, len(in.data)} {
				if len(in.data) > 1<<20 && step < 64 {
					continue
				}
				f := &Filter{rows: tt.rows, size: tt.size, give: tt.give}
				got, most := feed(t, f, wire.ComQuery, in, step)
				if diff := cmp.Diff(string(want.data), string(got)); diff != "" {
					t.Errorf("%s/%s/%d: (-want +got)\n%s", tt.name, mode.name, step, diff)
				}
				if uint64(most) > tt.size {
					t.Errorf("%s/%s/%d: got %d bytes held, want at most %d", tt.name, mode.name, step, most, tt.size)
				}
			}
		}
	}
}

// Ensure that an EXECUTE that opens a cursor passes: its rows come later.
func TestCursor(t *testing.T) {
	r := (&reply{}).packet([]byte{1}).packet([]byte("definition"))
	r.end(wire.StatusCursorExists)
	got, _ := feed(t, &Filter{rows: 1, size: 100, give: returnOK}, wire.ComStmtExecute, r, 5)
	if string(got) != string(r.data) {
		t.Errorf("got %q, want %q", got, r.data)
	}
}

// Ensure that hostile bytes from a server do no harm.
func FuzzLimiter(f *testing.F) {
	for _, mode := range modes {
		r := &reply{caps: mode.caps}
		f.Add(r.result(2, 3, wire.StatusMoreResults).result(4, 40, 0).data, uint8(9), mode.caps == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, step uint8, eof bool) {
		caps := wire.ClientDeprecateEOF
		if eof {
			caps = 0
		}
		for _, give := range []string{returnEmpty, returnError, returnOK} {
			l := limiter{filter: &Filter{rows: 2, size: 64, give: give}}
			var r wire.Response
			r.Start(wire.ComQuery, caps)
			for n := 0; n < len(data); {
				n = min(n+int(step)+1, len(data))
				before := r.Place()
				used, err := r.Consume(data[:n])
				if err != nil {
					return
				}
				l.batch(before.Parts(data[:used]))
				if len(l.held) > 64 {
					t.Fatalf("got %d bytes held, want at most 64", len(l.held))
				}
				if used > 0 {
					data, n = data[used:], 0
				}
				if r.Complete || r.Infile {
					return
				}
			}
		}
	})
}

func BenchmarkLimiter(b *testing.B) {
	r := (&reply{caps: wire.ClientDeprecateEOF}).result(10, 100, 0)
	f := &Filter{rows: 1000, size: 64 << 10, give: returnEmpty}
	for b.Loop() {
		l := limiter{filter: f}
		var response wire.Response
		response.Start(wire.ComQuery, r.caps)
		l.batch(response.Place().Parts(r.data))
	}
}

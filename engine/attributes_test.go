package engine

import (
	"maps"
	"runtime"
	"testing"

	"github.com/signalbox/signalbox/engine/wire"
)

// Ensure that equal attributes are shared, others are not, and that they are
// forgotten with their last session.
func TestShareAttributes(t *testing.T) {
	list := func(pairs ...string) (list []wire.Attribute) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, wire.Attribute{Name: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	p := newAttributePool()
	a, b := p.share(list("_pid", "1", "program_name", "till")), p.share(list("_pid", "1", "program_name", "till"))
	if a != b {
		t.Error("equal attributes are not shared")
	}
	if want := map[string]string{"_pid": "1", "program_name": "till"}; !maps.Equal(a.byName, want) {
		t.Errorf("got %v, want %v", a.byName, want)
	}
	for _, other := range [][]wire.Attribute{
		list("_pid", "1"), list("program_name", "till", "_pid", "1"), list("_pid", "1p", "rogram_name", "till"), nil,
	} {
		if p.share(other) == a {
			t.Errorf("%v is taken for %v", other, a.list)
		}
	}
	if empty := p.share(nil); empty.byName != nil || empty.list != nil {
		t.Errorf("got %v of a client that has sent none", empty)
	}
	runtime.KeepAlive(a)
	a, b = nil, nil
	left := func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.byHash)
	}
	for left() > 0 { // cleanups run some time after a collection
		runtime.GC()
	}
}

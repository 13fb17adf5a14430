package engine

import (
	"hash/maphash"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/signalbox/signalbox/engine/wire"
)

// attributes are the connection attributes of a client. They never change.
type attributes struct {
	list   []wire.Attribute // as they were sent
	byName map[string]string
}

// noAttributes are those of a client that has sent none.
var noAttributes attributes

// attributePool lets sessions with equal attributes share them: the connections
// of one application have the same ones.
type attributePool struct {
	seed maphash.Seed

	mu     sync.Mutex // guards what follows
	byHash map[uint64]weak.Pointer[attributes]
}

func newAttributePool() *attributePool {
	return &attributePool{seed: maphash.MakeSeed(), byHash: make(map[uint64]weak.Pointer[attributes])}
}

// share returns attributes with this content. They are forgotten with the last
// session that has them.
func (p *attributePool) share(list []wire.Attribute) *attributes {
	if len(list) == 0 {
		return &noAttributes
	}
	var h maphash.Hash
	h.SetSeed(p.seed)
	for _, a := range list {
		maphash.WriteComparable(&h, a)
	}
	key := h.Sum64()
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.byHash[key].Value(); known != nil && slices.Equal(known.list, list) {
		return known
	}
	a := &attributes{list: list, byName: make(map[string]string, len(list))}
	for _, one := range list {
		a.byName[one.Name] = one.Value
	}
	p.byHash[key] = weak.Make(a)
	runtime.AddCleanup(a, p.forget, key)
	return a
}

// forget forgets attributes that nobody has any more.
func (p *attributePool) forget(key uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byHash[key].Value() == nil { // else others have come in their place
		delete(p.byHash, key)
	}
}

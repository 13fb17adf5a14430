package server

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// names turns addresses into host names. A request waits for at most a second
// for all of its names together; what is not known by then stays an address.
//
// MaxScale: asks for one after the other and waits for each.
type names struct {
	lookup func(ctx context.Context, address string) ([]string, error)
	now    func() time.Time

	mu    sync.Mutex // guards what follows
	known map[netip.Addr]hostName
}

type hostName struct {
	name  string // "" when there is none
	until time.Time
}

const (
	lookupDeadline = time.Second
	lookupsAtOnce  = 32
	nameFor        = 10 * time.Minute
	noNameFor      = time.Minute
	maxNames       = 10_000
)

func newNames(lookup func(context.Context, string) ([]string, error), now func() time.Time) *names {
	if lookup == nil {
		lookup = net.DefaultResolver.LookupAddr
	}
	return &names{lookup: lookup, now: now, known: map[netip.Addr]hostName{}}
}

// of returns the names of those of addresses that have one.
func (n *names) of(ctx context.Context, addresses []netip.Addr) map[netip.Addr]string {
	found := make(map[netip.Addr]string, len(addresses))
	unknown := n.cached(addresses, found)
	ctx, cancel := context.WithTimeout(ctx, lookupDeadline)
	defer cancel()

	type result struct {
		address netip.Addr
		name    string
	}
	results := make(chan result, len(unknown)) // so that a lookup that comes late need not wait
	slots := make(chan struct{}, lookupsAtOnce)
	for _, address := range unknown {
		// Ends with its lookup, which ends with ctx.
		go func() {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
				results <- result{address, n.ask(ctx, address)}
			case <-ctx.Done():
				results <- result{address, ""}
			}
		}()
	}
	for range unknown {
		select {
		case r := <-results:
			if r.name != "" {
				found[r.address] = r.name
			}
		case <-ctx.Done():
			return found
		}
	}
	return found
}

// cached adds what is known to found and returns the rest, each once.
func (n *names) cached(addresses []netip.Addr, found map[netip.Addr]string) (unknown []netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, seen := n.now(), map[netip.Addr]bool{}
	for _, address := range addresses {
		if !address.IsValid() || seen[address] {
			continue
		}
		seen[address] = true
		known, ok := n.known[address]
		switch {
		case !ok || now.After(known.until):
			unknown = append(unknown, address)
		case known.name != "":
			found[address] = known.name
		}
	}
	return unknown
}

func (n *names) ask(ctx context.Context, address netip.Addr) string {
	given, err := n.lookup(ctx, address.Unmap().String())
	if ctx.Err() != nil {
		return "" // not an answer that is worth keeping
	}
	host := hostName{until: n.now().Add(noNameFor)}
	if err == nil && len(given) > 0 && plainHostName(given[0]) {
		host = hostName{strings.TrimSuffix(given[0], "."), n.now().Add(nameFor)}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known) >= maxNames {
		clear(n.known)
	}
	n.known[address] = host
	return host.name
}

// plainHostName says whether a name is one. Whoever owns the address decides
// what the lookup answers.
func plainHostName(name string) bool {
	if name == "" || len(name) > 254 {
		return false
	}
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

package engine_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/engine"
)

// chainOf returns the running filters of s, and whether they are out of date.
func chainOf(s *engine.Session) (names []string, outdated bool) {
	info := s.Info()
	for _, f := range info.Filters {
		names = append(names, f.Filter)
	}
	return names, info.Outdated
}

// Ensure a new default chain is for new sessions; the others keep theirs, say
// that it is an old one, and get the new one with a restart.
func TestServiceFilters(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		old, own := p.session(p.connect(splitAddress)), p.session(p.connect(splitAddress))
		if err := own.SetFilters("Mark"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		expect := func(when string, s *engine.Session, outdated bool, names ...string) {
			t.Helper()
			got, is := chainOf(s)
			if diff := cmp.Diff(names, got); diff != "" || is != outdated {
				t.Errorf("%s: session %d: outdated %v, %s", when, s.ID(), is, diff)
			}
		}
		set := func(names ...string) {
			t.Helper()
			if err := p.SetServiceFilters("Split", names); err != nil {
				t.Fatal(err)
			}
		}
		revision := old.Revision()
		set("Tag", "Mark")
		if old.Revision() != revision+1 {
			t.Error("nobody is told that the chain of a session is an old one")
		}
		c := p.connect(splitAddress)
		young := p.session(c)
		expect("after a change", old, true)
		expect("after a change", own, false, "Mark")
		expect("after a change", young, false, "Tag", "Mark")
		p.query(c, "SELECT 1")
		if got, want := last(p.replica), "app: /*Mark*//*Tag*/SELECT 1"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, s := range []*engine.Session{old, own} {
			if err := s.Restart("ann"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		expect("after a restart", old, false, "Tag", "Mark")
		expect("after a restart", own, false, "Mark")

		set()
		expect("after none", young, true, "Tag", "Mark")
		set("Tag", "Mark") // as it was
		expect("after going back", young, false, "Tag", "Mark")
		expect("of another service", p.session(p.connect(connAddress)), false)
	})
}

// Ensure a chain with an unknown filter changes nothing.
func TestServiceFiltersRefused(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		if err := p.SetServiceFilters("Split", []string{"Tag", "nope"}); engine.KindOf(err) != engine.Invalid {
			t.Errorf("an unknown filter: got %v", err)
		}
		if err := p.SetServiceFilters("nope", nil); engine.KindOf(err) != engine.NotFound {
			t.Errorf("an unknown service: got %v", err)
		}
		if info, _ := p.Service("Split"); len(info.Filters) > 0 {
			t.Errorf("got the filters %v", info.Filters)
		}
	})
}

// Ensure people hear of a new default chain: of the service, and of the filters
// that have come and gone.
func TestServiceFiltersTells(t *testing.T) {
	bubble(t, func(t *testing.T, p *proxy) {
		_ = p.SetServiceFilters("Split", []string{"Tag"})
		var told []string
		stop := p.Watch(func(c engine.Change) {
			if c.Notable {
				told = append(told, string(c.Kind)+" "+c.Name)
			}
		})
		_ = p.SetServiceFilters("Split", []string{"Mark"})
		_ = p.SetServiceFilters("Split", []string{"Mark"}) // no change
		stop()
		slices.Sort(told)
		if diff := cmp.Diff([]string{"filters Mark", "filters Tag", "services Split"}, told); diff != "" {
			t.Error(diff)
		}
		tag, _ := p.Filter("Tag")
		mark, _ := p.Filter("Mark")
		if len(tag.Services) != 0 || len(mark.Services) != 1 {
			t.Errorf("Tag is used by %v, Mark by %v", tag.Services, mark.Services)
		}
	})
}

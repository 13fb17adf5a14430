package view_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

func TestState(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(a *api.SessionAttributes)
		now  time.Time
		want string
	}{
		{"running", func(a *api.SessionAttributes) {}, time.Time{}, view.StateRunning},
		{"long-later", func(a *api.SessionAttributes) {}, noon.Add(10 * time.Second), view.StateLong},
		{"not-yet-long", func(a *api.SessionAttributes) {}, noon.Add(9 * time.Second), view.StateRunning},
		{"idle", func(a *api.SessionAttributes) { a.Activity.State = "idle" }, noon.Add(time.Hour), view.StateIdle},
		{"trx", func(a *api.SessionAttributes) { a.Activity.State = "trx" }, noon, view.StateTrx},
		{"trx-long", func(a *api.SessionAttributes) { a.Activity.State = "trx" }, noon.Add(time.Minute), view.StateTrxLong},
		{"blocked", func(a *api.SessionAttributes) { a.Activity.BlockedBy = "7" }, time.Time{}, view.StateBlocked},
		{"swap", func(a *api.SessionAttributes) { a.Pending.Filters = &[]string{} }, noon, view.StateSwap},
		{"restart", func(a *api.SessionAttributes) { a.Pending.Restart = true }, noon, view.StateRestart},
		{"kill", func(a *api.SessionAttributes) { a.Pending.Kill = &api.PendingKill{} }, noon.Add(time.Hour), view.StateKill},
		{"connecting", func(a *api.SessionAttributes) { a.Activity.State = "connecting" }, noon, view.StateConnecting},
		{"ended", func(a *api.SessionAttributes) {
			a.State = api.SessionStopping
			a.Pending.Kill = &api.PendingKill{}
		}, noon, view.StateEnded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := report()
			tt.set(&s.Attributes)
			if got := view.State(s, tt.now); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCountAgreesWithFilters(t *testing.T) {
	var all []*api.Session
	for _, state := range []string{"running", "running", "idle", "trx", "connecting", "running"} {
		s := report()
		s.Attributes.Activity.State = state
		all = append(all, s)
	}
	all[1].Attributes.Activity.InState = 1000
	all[2].Attributes.Pending.Kill = &api.PendingKill{}
	all[3].Attributes.Pending.Restart = true
	all[3].Attributes.Activity.InState = 1000
	all[0].Attributes.Activity.BlockedBy = "9"
	all[5].Attributes.Activity.InState, all[5].Attributes.Activity.LongAfter = 1000, 0

	var got, want api.Summary
	for _, s := range all {
		view.Count(&got, s, 0)
	}
	for word, n := range map[string]*int{
		"running": &want.Running, "idle": &want.Idle, "trx": &want.Trx,
		"long": &want.Long, "trx-long": &want.TrxLong, "pending": &want.Pending, "kill": &want.Killing,
		"blocked": &want.Blocked,
	} {
		f, err := view.Parse("state:" + word)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if f.Match(s) {
				*n++
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary differs from what the filters find (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(api.Summary{Running: 3, Idle: 1, Trx: 1, Long: 1, TrxLong: 1, Blocked: 1, Pending: 2, Killing: 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSort(t *testing.T) {
	session := func(id, user, state string, inState float64) *api.Session {
		return &api.Session{ID: id, Attributes: api.SessionAttributes{
			User: user, Activity: api.Activity{State: state, InState: inState, LongAfter: 60, Trx: state == "trx", TrxSeconds: inState},
		}}
	}
	killed := session("7", "z", "idle", 1)
	killed.Attributes.Pending.Kill = &api.PendingKill{}
	all := []*api.Session{
		session("10", "app", "idle", 5),
		session("9", "App", "running", 3),
		session("100", "batch", "running", 70),
		session("8", "app", "trx", 2),
		killed,
		session("11", "batch", "idle", 50),
	}
	for _, tt := range []struct{ sort, want string }{
		{"", "7 8 9 10 11 100"},
		{"-id", "100 11 10 9 8 7"},
		{"user", "8 9 10 11 100 7"},
		{"-user,-id", "7 100 11 10 9 8"},
		{"-state", "7 100 8 9 11 10"},
		{"state", "10 11 9 8 100 7"},
		{"-in-state", "100 11 10 9 8 7"},
		{"-trx-age", "8 7 9 10 11 100"},
		{"server", "7 8 9 10 11 100"},
	} {
		order, err := view.ParseSort(tt.sort)
		if err != nil {
			t.Fatal(err)
		}
		if order.String() != tt.sort {
			t.Errorf("got %q, want %q", order, tt.sort)
		}
		rows := slices.Clone(all)
		slices.SortFunc(rows, func(a, b *api.Session) int {
			switch {
			case order.Less(a, b):
				return -1
			case order.Less(b, a):
				return 1
			}
			return 0
		})
		ids := make([]string, len(rows))
		for i, s := range rows {
			ids[i] = s.ID
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("sorted by %q: got %s, want %s", tt.sort, got, tt.want)
		}
	}
}

// Ensure that no two sessions are in the same place, whatever their ids look like.
func TestRankTellsApart(t *testing.T) {
	ids := []string{"7", "n1.7", "n2.7", "007", "0", "", "x", "9007199254740992", "9007199254740993", "18446744073709551615", "18446744073709551616"}
	for _, sort := range []string{"", "user", "user,state"} {
		order, err := view.ParseSort(sort)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range ids {
			for j, y := range ids {
				a, b := order.Rank(&api.Session{ID: x}, noon, 0), order.Rank(&api.Session{ID: y}, noon, 0)
				if c := order.Compare(&a, &b); (c == 0) != (i == j) || c != -order.Compare(&b, &a) {
					t.Errorf("sorted by %q: %q and %q compare as %d", sort, x, y, c)
				}
			}
		}
	}
}

// Ensure that ranks made at different times compare as those of one moment do.
func TestRankKeeps(t *testing.T) {
	for _, tt := range []struct{ sort, want string }{
		{"in-state", "b a"}, {"-in-state", "a b"}, {"age", "b a"}, {"-age", "a b"}, {"-trx-age", "a b"}, {"idle", "b a"}, {"-state", "a b"},
	} {
		order, err := view.ParseSort(tt.sort)
		if err != nil {
			t.Fatal(err)
		}
		rank := func(id string, read time.Time, figure float64, stamped bool) view.Rank {
			s := &api.Session{ID: id, Attributes: api.SessionAttributes{SecondsAlive: figure, Idle: figure, Activity: api.Activity{
				State: "trx", InState: figure, Trx: true, TrxSeconds: figure,
			}}}
			if since := api.Time(read.Add(-time.Duration(figure * float64(time.Second))).Format("2006-01-02T15:04:05.000Z")); stamped {
				a := &s.Attributes
				a.ConnectedAt, a.Activity.SinceAt, a.Activity.TrxSinceAt = since, since, since
			}
			return order.Rank(s, read, 0)
		}
		for _, stamped := range []bool{false, true} {
			// a is 10 s old, b, looked at a minute later, 69 s: a would be 70 s by then.
			a, b := rank("a", noon, 10, stamped), rank("b", noon.Add(time.Minute), 69, !stamped)
			got := "a b"
			if order.Compare(&a, &b) > 0 {
				got = "b a"
			}
			if got != tt.want {
				t.Errorf("%s, stamped %v: got %s, want %s", tt.sort, stamped, got, tt.want)
			}
		}
	}
}

func TestParseSortErrors(t *testing.T) {
	for _, tt := range []struct {
		sort   string
		offset int
	}{
		{"colour", 0},
		{"user,-colour", 5},
		{"user,", 5},
		{"-", 0},
		{"id,id,id,id,id,id,id,id,id", 24},
	} {
		_, err := view.ParseSort(tt.sort)
		var bad *view.SyntaxError
		if !errors.As(err, &bad) || bad.Offset != tt.offset {
			t.Errorf("%q: got %v, want a SyntaxError at %d", tt.sort, err, tt.offset)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	f, err := view.Parse("nosuchword | user:report state:running age>1h")
	if err != nil {
		b.Fatal(err)
	}
	s := report()
	for b.Loop() {
		f.Match(s)
	}
}

func BenchmarkRank(b *testing.B) {
	order, err := view.ParseSort("-state,user")
	if err != nil {
		b.Fatal(err)
	}
	s := report()
	for b.Loop() {
		order.Rank(s, noon, time.Second)
	}
}

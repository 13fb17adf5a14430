package push

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

// The tests of this file run in bubbles with clients that have no socket: what
// waits in the mailbox is what such a client gets.

// bubble runs test with a hub that has ended before the bubble does.
func bubble(t *testing.T, sessions int, test func(t *testing.T, h *Hub, s *store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		for id := range sessions {
			one := idle(uint64(id+1), "app")
			s.sessions[uint64(id+1)] = one
		}
		h := New(Options{Source: s, Version: "test"})
		ended := make(chan error)
		go func() { ended <- h.Run(t.Context()) }()
		synctest.Wait()
		test(t, h, s)
		h.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// say hands a message to the hub as the reader of c would.
func say(t *testing.T, h *Hub, c *Client, s api.Subscribe) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	c.obey(h, text)
	synctest.Wait()
}

// frames takes all that waits for c.
func frames(t *testing.T, h *Hub, c *Client) []api.Frame {
	t.Helper()
	synctest.Wait()
	var all []api.Frame
	for {
		next := c.box.take()
		switch {
		case next.behind != "":
			h.do(func() { h.catchUp(c, next.behind) })
			synctest.Wait()
		case next.frame != nil:
			all = append(all, decode(t, next.frame))
		default:
			return all
		}
	}
}

func decode(t *testing.T, e *encoded) api.Frame {
	t.Helper()
	var f api.Frame
	if err := json.Unmarshal(e.text, &f); err != nil {
		t.Fatalf("%s: %v", e.text, err)
	}
	return f
}

// one takes the only frame that waits for c.
func one(t *testing.T, h *Hub, c *Client) api.Frame {
	t.Helper()
	all := frames(t, h, c)
	if len(all) != 1 {
		t.Fatalf("got %d frames, want 1: %+v", len(all), all)
	}
	return all[0]
}

// short writes a frame down in a line, without its time and with the ids and
// statements of its rows only.
func short(t *testing.T, f api.Frame) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d: %d/%d", f.Type, f.View, f.Seq, f.Total, f.All)
	if f.IDs != nil {
		fmt.Fprintf(&b, " ids %s", strings.Join(f.IDs, ","))
	}
	for _, row := range f.Upserts {
		var s api.Session
		if err := json.Unmarshal(row, &s); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, " +%s %s", s.ID, s.Attributes.Activity.State)
	}
	if f.Removed != nil {
		fmt.Fprintf(&b, " -%s", strings.Join(f.Removed, ","))
	}
	return b.String()
}

func wantFrame(t *testing.T, f api.Frame, want string) {
	t.Helper()
	if diff := cmp.Diff(want, short(t, f)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func wantNone(t *testing.T, h *Hub, c *Client) {
	t.Helper()
	if all := frames(t, h, c); len(all) > 0 {
		t.Errorf("got %d frames, want none: %+v", len(all), all)
	}
}

var table = api.Subscribe{Type: api.SubscribeType, View: "table", Topic: api.TopicSessions}

func TestWindowFollowsItsSessions(t *testing.T) {
	bubble(t, 5, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		want := table
		want.Filter, want.Sort, want.Offset, want.Limit = "user:app", "-id", 1, 2
		say(t, h, c, want)
		wantFrame(t, one(t, h, c), "snapshot table 1: 5/5 ids 4,3 +4 idle +3 idle")

		time.Sleep(roundEvery)
		wantNone(t, h, c)

		s.set(running(idle(3, "app"), "SELECT 1"), true)
		time.Sleep(notableEvery)
		wantFrame(t, one(t, h, c), "patch table 2: 5/5 +3 running")

		s.set(idle(6, "app"), true)
		time.Sleep(notableEvery)
		wantFrame(t, one(t, h, c), "patch table 3: 6/6 ids 5,4 +5 idle -3")

		s.set(idle(7, "batch"), true) // does not match
		time.Sleep(notableEvery)
		wantFrame(t, one(t, h, c), "patch table 4: 6/7")

		s.set(running(idle(1, "app"), "SELECT 2"), true) // outside of the window, but counted
		time.Sleep(notableEvery)
		f := one(t, h, c)
		wantFrame(t, f, "patch table 5: 6/7")
		if diff := cmp.Diff(&api.Summary{Running: 2, Idle: 4}, f.Summary); diff != "" {
			t.Errorf("summary (-want +got):\n%s", diff)
		}

		for _, id := range []uint64{6, 5, 4, 3, 2, 1} {
			s.end(id)
		}
		time.Sleep(notableEvery)
		wantFrame(t, one(t, h, c), "patch table 6: 0/1 -5,4")
	})
}

func TestBoringChangesWaitForTheRound(t *testing.T) {
	bubble(t, 2, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		say(t, h, c, table)
		one(t, h, c)
		for range 100 {
			s.set(running(idle(1, "app"), "SELECT 1"), false)
			s.set(idle(1, "app"), false)
			time.Sleep(time.Millisecond)
		}
		s.set(running(idle(1, "app"), "SELECT 1"), false)
		wantNone(t, h, c)
		s.count()
		time.Sleep(roundEvery)
		wantFrame(t, one(t, h, c), "patch table 2: 2/2 +1 running")
		if reads, _ := s.count(); reads != 1 {
			t.Errorf("got %d reads of the session, want 1", reads)
		}
	})
}

func TestNotableChangesAreAtMostTwentyASecond(t *testing.T) {
	bubble(t, 1, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		say(t, h, c, table)
		one(t, h, c)
		s.set(running(idle(1, "app"), "SELECT 1"), false) // boring: stays for the round
		s.set(idle(2, "app"), true)
		synctest.Wait()
		wantFrame(t, one(t, h, c), "patch table 2: 2/2 ids 1,2 +2 idle")

		time.Sleep(2 * roundEvery)
		frames(t, h, c)
		got := 0
		for id := range uint64(1000) {
			s.set(idle(id+10, "app"), true)
			time.Sleep(time.Millisecond)
			got += len(frames(t, h, c))
		}
		if got < 18 || got > 24 { // with the two rounds of that second
			t.Errorf("got %d frames in a second, want about 20", got)
		}
	})
}

func TestClocksAloneSendNothing(t *testing.T) {
	bubble(t, 3, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		say(t, h, c, table)
		one(t, h, c)
		time.Sleep(10 * time.Second)
		one := idle(1, "app")
		one.Attributes.Activity.SinceAt = s.sessions[1].Attributes.Activity.SinceAt
		one.Attributes.Idle, one.Attributes.SecondsAlive, one.Attributes.Activity.InState = 10, 10, 10
		s.set(one, true)
		time.Sleep(roundEvery)
		wantNone(t, h, c)
	})
}

func TestTimeAloneMakesAStatementLong(t *testing.T) {
	bubble(t, 3, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		long, severe := table, table
		long.View, long.Filter = "long", "state:long"
		severe.View, severe.Sort, severe.Limit = "severe", "-state", 1
		say(t, h, c, long)
		say(t, h, c, severe)
		s.set(running(idle(2, "app"), "SELECT SLEEP(100)"), true)
		time.Sleep(20 * time.Second)
		frames(t, h, c)
		s.set(running(idle(3, "app"), "SELECT SLEEP(100)"), true)
		time.Sleep(time.Second)
		if got := frames(t, h, c); len(got) != 1 || got[0].View != "severe" || got[0].Summary.Running != 2 {
			t.Fatalf("got %+v, want the summary of the view severe only", got)
		}
		time.Sleep(39 * time.Second)
		got := frames(t, h, c)
		if len(got) != 2 {
			t.Fatalf("got %d frames, want 2", len(got))
		}
		for _, f := range got {
			if f.Summary.Long != 1 {
				t.Errorf("%s: got %d long, want 1", f.View, f.Summary.Long)
			}
			if f.View == "long" {
				wantFrame(t, f, "patch long 2: 1/3 ids 2 +2 running")
			}
		}
	})
}

func TestRatesCoolDown(t *testing.T) {
	bubble(t, 1, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		one := idle(1, "app")
		s.trickle(one, after(0, 5), after(time.Second, 7), after(4*time.Second, 0))
		say(t, h, c, table)
		frames(t, h, c)
		time.Sleep(time.Second + roundEvery)
		got := frames(t, h, c)
		if len(got) != 1 || !strings.Contains(string(got[0].Upserts[0]), `"bytes_in_per_sec":7`) {
			t.Fatalf("got %v, want the session with its new rate", got)
		}
		time.Sleep(3*time.Second + roundEvery)
		got = frames(t, h, c)
		if len(got) != 1 || strings.Contains(string(got[0].Upserts[0]), "per_sec") {
			t.Errorf("got %v, want the session without a rate", got)
		}
		if rated := s.countRates(); rated != 2 {
			t.Errorf("got %d readings of rates, want 2", rated)
		}
		s.count()
		time.Sleep(time.Minute)
		if reads, _ := s.count(); reads != 0 || s.countRates() != 0 {
			t.Errorf("got %d reads of a session at rest, want none", reads)
		}
	})
}

// Ensure that an order by rates is kept up outside of the window, too, where
// nobody tells of rates that rise late and sink.
func TestRatesMoveRows(t *testing.T) {
	bubble(t, 50, func(t *testing.T, h *Hub, s *store) {
		// Known before anybody looks; what comes later is beside the screen.
		s.trickle(idle(9, "app"), after(0, 10), after(3*time.Second, 20), after(4*time.Second, 0))
		c := newClient(Principal{}, nil)
		ask := table
		ask.Sort, ask.Limit = "-io", 1
		say(t, h, c, ask)
		wantFrame(t, one(t, h, c), "snapshot table 1: 50/50 ids 9 +9 idle")
		busy := idle(7, "app")
		s.trickle(busy, after(time.Second, 1000), after(6*time.Second, 0))
		s.tell(Change{Topic: api.TopicSessions, Session: 7})
		time.Sleep(roundEvery)
		if got := frames(t, h, c); len(got) != 0 {
			t.Errorf("got %+v before anything is different", got)
		}
		time.Sleep(time.Second)
		if got := frames(t, h, c); len(got) != 1 || !slices.Equal(got[0].IDs, []string{"7"}) {
			t.Fatalf("got %+v, want session 7 on top", got)
		}
		time.Sleep(5*time.Second - roundEvery + time.Millisecond) // the round is now
		if got := frames(t, h, c); len(got) != 1 || !slices.Equal(got[0].IDs, []string{"1"}) {
			t.Fatalf("got %+v, want session 1 on top at once", got)
		}
		s.count()
		s.countRates()
		time.Sleep(time.Minute)
		if reads, _ := s.count(); reads != 0 || s.countRates() != 0 {
			t.Errorf("got %d reads of sessions at rest, want none", reads)
		}
	})
}

func TestEqualViewsAreOneView(t *testing.T) {
	bubble(t, 10, func(t *testing.T, h *Hub, s *store) {
		var clients []*Client
		for i := range 4 {
			c := newClient(Principal{}, nil)
			ask := table
			ask.View, ask.Filter = fmt.Sprint("v", i/2), " user:app   age>=0 "
			if i%2 == 1 {
				ask.Filter = "user:app age>=0"
			}
			say(t, h, c, ask)
			clients = append(clients, c)
		}
		if _, lists := s.count(); lists != 1 {
			t.Errorf("got %d lists of all sessions, want 1", lists)
		}
		for _, c := range clients {
			frames(t, h, c)
		}
		s.set(idle(1, "other"), true)
		synctest.Wait()
		var messages []*encoded
		for _, c := range clients {
			messages = append(messages, c.box.take().frame)
		}
		if messages[0] == nil || messages[0] != messages[1] || messages[2] != messages[3] {
			t.Error("got different messages for the same view under the same name, want one")
		}
		if got := decode(t, messages[3]); got.View != "v1" || got.Seq != 2 {
			t.Errorf("got view %s, seq %d, want v1, 2", got.View, got.Seq)
		}

		for i, c := range clients {
			say(t, h, c, api.Subscribe{Type: api.UnsubscribeType, View: fmt.Sprint("v", i/2)})
		}
		h.do(func() {
			if from := h.tables.sessions; len(h.views) != 0 || len(from.orders) != 0 || len(from.followed) != 0 {
				t.Errorf("got %d views and %d orders that nobody watches, want none", len(h.views), len(from.orders))
			}
		})
	})
}

// Ensure that who comes back finds the sessions as they are by now without all of
// them being read, and that they are not kept for ever.
func TestSessionsAreKeptForAWhile(t *testing.T) {
	bubble(t, 10, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		ask := table
		ask.Limit = 1
		look := func(want string, reads, lists int) {
			t.Helper()
			say(t, h, c, ask)
			wantFrame(t, one(t, h, c), want)
			if gotReads, gotLists := s.count(); gotReads != reads || gotLists != lists {
				t.Errorf("got %d reads and %d lists, want %d and %d", gotReads, gotLists, reads, lists)
			}
			say(t, h, c, api.Subscribe{Type: api.UnsubscribeType, View: "table"})
		}
		look("snapshot table 1: 10/10 ids 1 +1 idle", 10, 1)
		time.Sleep(keepFor - 2*roundEvery)
		look("snapshot table 1: 10/10 ids 1 +1 idle", 0, 0)
		s.set(idle(11, "new"), true)
		s.set(running(idle(2, "app"), "SELECT 1"), false)
		s.end(1)
		time.Sleep(keepFor - 2*roundEvery)
		look("snapshot table 1: 10/10 ids 2 +2 running", 3, 0)
		time.Sleep(keepFor + roundEvery)
		s.set(idle(2, "new"), true)
		time.Sleep(roundEvery)
		look("snapshot table 1: 10/10 ids 2 +2 idle", 10, 1)
		for id := range uint64(20) {
			s.set(idle(20+id, "brief"), true)
			s.end(20 + id)
		}
		time.Sleep(2 * roundEvery)
		look("snapshot table 1: 10/10 ids 2 +2 idle", 10, 1) // more has changed than there is
	})
}

func TestBehindGetsASnapshot(t *testing.T) {
	bubble(t, 3, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		say(t, h, c, table)
		one(t, h, c)
		for i := range 10 {
			s.set(running(idle(1, "app"), fmt.Sprint("SELECT ", i)), true)
			time.Sleep(notableEvery)
		}
		s.end(2)
		time.Sleep(notableEvery)
		wantFrame(t, one(t, h, c), "snapshot table 12: 2/2 ids 1,3 +1 running +3 idle")
		s.end(3)
		time.Sleep(notableEvery)
		wantFrame(t, one(t, h, c), "patch table 13: 1/1 ids 1 -3")
	})
}

func TestSessionInDetail(t *testing.T) {
	bubble(t, 1, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		say(t, h, c, api.Subscribe{Type: api.SubscribeType, View: "one", Topic: api.TopicSession, ID: "1"})
		f := one(t, h, c)
		wantFrame(t, f, "snapshot one 1: 1/1 ids 1 +1 idle")
		if !strings.Contains(string(f.Upserts[0]), "log of 1") {
			t.Errorf("got %s, want the log in it", f.Upserts[0])
		}
		s.set(running(idle(1, "app"), "SELECT 1"), false)
		time.Sleep(roundEvery)
		wantFrame(t, one(t, h, c), "patch one 2: 1/1 +1 running")
		s.end(1)
		synctest.Wait()
		wantFrame(t, one(t, h, c), "patch one 3: 0/0 -1")
		say(t, h, c, api.Subscribe{Type: api.SubscribeType, View: "gone", Topic: api.TopicSession, ID: "77"})
		wantFrame(t, one(t, h, c), "snapshot gone 1: 0/0")
	})
}

func TestPending(t *testing.T) {
	bubble(t, 2, func(t *testing.T, h *Hub, s *store) {
		c := newClient(Principal{}, nil)
		say(t, h, c, api.Subscribe{Type: api.SubscribeType, View: "tray", Topic: api.TopicPending})
		wantFrame(t, one(t, h, c), "snapshot tray 1: 0/2")
		doomed := idle(2, "app")
		doomed.Attributes.Pending.Kill = &api.PendingKill{By: "ops-1"}
		s.set(doomed, true)
		synctest.Wait()
		wantFrame(t, one(t, h, c), "patch tray 2: 1/2 ids 2 +2 idle")
		time.Sleep(notableEvery)
		s.set(idle(2, "app"), true)
		synctest.Wait()
		wantFrame(t, one(t, h, c), "patch tray 3: 0/2 -2")
	})
}

func TestObjects(t *testing.T) {
	server := func(id, state string) Object {
		return Object{ID: id, Resource: api.Server{ID: id, Type: "servers", Attributes: api.ServerAttributes{State: state}}}
	}
	bubble(t, 0, func(t *testing.T, h *Hub, s *store) {
		s.setObjects(api.TopicServers, server("b", "Master"), server("a", "Slave"), server("c", "Slave"))
		c := newClient(Principal{}, nil)
		say(t, h, c, api.Subscribe{Type: api.SubscribeType, View: "s", Topic: api.TopicServers})
		f := one(t, h, c)
		if diff := cmp.Diff([]string{"b", "a", "c"}, f.IDs); diff != "" || len(f.Upserts) != 3 || f.Summary != nil {
			t.Errorf("got %+v, want three servers in the order of the source", f)
		}
		s.setObjects(api.TopicServers, server("b", "Down"), server("c", "Slave"))
		time.Sleep(roundEvery)
		f = one(t, h, c)
		if diff := cmp.Diff([]string{"b", "c"}, f.IDs); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"a"}, f.Removed); diff != "" {
			t.Error(diff)
		}
		if got, err := api.DecodeOne[api.ServerAttributes]([]byte(`{"data":` + string(f.Upserts[0]) + `}`)); err != nil || got.Attributes.State != "Down" {
			t.Errorf("got %+v, %v, want state Down", got, err)
		}
		s.tell(Change{Topic: api.TopicServers, ID: "b"})
		time.Sleep(roundEvery)
		wantNone(t, h, c)
	})
}

func TestHeartbeat(t *testing.T) {
	bubble(t, 0, func(t *testing.T, h *Hub, _ *store) {
		c := newClient(Principal{}, nil)
		h.join(c)
		start := time.Now()
		time.Sleep(5 * beatEvery)
		f := one(t, h, c) // the newest replaces those that waited
		if want := stamp(start.Add(5 * beatEvery)); f.Type != api.FrameHeartbeat || f.Now != want {
			t.Errorf("got %s at %s, want heartbeat at %s", f.Type, f.Now, want)
		}
		h.mu.Lock()
		delete(h.clients, c)
		h.mu.Unlock()
	})
}

func TestRefusedSubscriptions(t *testing.T) {
	for _, tt := range []struct {
		name string
		ask  api.Subscribe
		want string
	}{
		{"filter", api.Subscribe{Topic: api.TopicSessions, Filter: "colour:red"}, "filter: character 1: there is no key colour"},
		{"sort", api.Subscribe{Topic: api.TopicSessions, Sort: "-colour"}, "sort: character 1"},
		{"topic", api.Subscribe{Topic: "users"}, `there is no topic "users"`},
		{"id", api.Subscribe{Topic: api.TopicSession, ID: "-1"}, "not the id of a session"},
		{"limit", api.Subscribe{Topic: api.TopicSessions, Limit: api.MaxWindow + 1}, "at most 500 rows"},
		{"offset", api.Subscribe{Topic: api.TopicSessions, Offset: -1}, "at offset 0 or later"},
		{"group", api.Subscribe{Topic: api.TopicGroups, Group: "age"}, "group: character 1: age is a figure"},
		{"no-group", api.Subscribe{Topic: api.TopicGroups}, "group: character 1: a key is missing"},
		{"group-filter", api.Subscribe{Topic: api.TopicGroups, Group: "user", Filter: "("}, "filter: character"},
		{"sorted-groups", api.Subscribe{Topic: api.TopicGroups, Group: "user", Sort: "user"}, "are for the topic sessions"},
		{"grouped-sessions", api.Subscribe{Topic: api.TopicSessions, Group: "user"}, "is for the topic groups"},
		{"grouped-servers", api.Subscribe{Topic: api.TopicServers, Group: "user"}, "are for the topics sessions and groups"},
		{"no-job", api.Subscribe{Topic: api.TopicJob}, "the id of a job"},
		{"window-of-objects", api.Subscribe{Topic: api.TopicServers, Limit: 5}, "are for the topics sessions and groups"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 0, func(t *testing.T, h *Hub, _ *store) {
				c := newClient(Principal{}, nil)
				tt.ask.Type, tt.ask.View = api.SubscribeType, "v"
				say(t, h, c, tt.ask)
				f := one(t, h, c)
				if f.Type != api.FrameError || f.View != "v" || !strings.Contains(f.Detail, tt.want) {
					t.Errorf("got %s of %s: %s, want an error with %q", f.Type, f.View, f.Detail, tt.want)
				}
			})
		})
	}
}

func TestTooManyViews(t *testing.T) {
	bubble(t, 0, func(t *testing.T, h *Hub, _ *store) {
		c := newClient(Principal{}, nil)
		for i := range maxViews + 1 {
			ask := table
			ask.View = fmt.Sprint(i)
			say(t, h, c, ask)
		}
		errors := 0
		for _, f := range frames(t, h, c) {
			if f.Type == api.FrameError {
				errors++
			}
		}
		if errors != 1 || len(c.views) != maxViews {
			t.Errorf("got %d errors and %d views, want 1 and %d", errors, len(c.views), maxViews)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"type":"subscribe","view":"v","topic":"sessions","filter":"a|b","sort":"-id","offset":1,"limit":5}`))
	f.Add([]byte(`{"type":"subscribe","view":"v","topic":"groups","filter":"state:running","group":"user,fingerprint"}`))
	f.Add([]byte(`{"type":"unsubscribe","view":"v"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseSubscribe(text)
		if err != nil {
			return
		}
		q, err := parseQuery(s)
		if err == nil && (q.offset < 0 || q.limit < 1 || q.limit > api.MaxWindow || q.match == nil) {
			t.Errorf("%q: got %+v", text, q)
		}
	})
}

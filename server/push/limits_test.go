package push

import (
	"strings"
	"testing"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// Ensure what becomes of a subscription under limits, and that views of those
// who see more are never shared with those who see less.
func TestNarrow(t *testing.T) {
	locked, err := lang.Parse("service:a")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{api.TopicSessions: true, api.TopicGroups: true, api.TopicSession: true, api.TopicPending: true, api.TopicServers: true}
	for _, tt := range []struct {
		name   string
		limits *Limits
		asked  api.Subscribe
		filter string // that is in force
		error  string
	}{
		{"none", nil, api.Subscribe{Topic: "sessions", Filter: "stmt:x"}, "stmt:x", ""},
		{"zero", &Limits{}, api.Subscribe{Topic: "sessions"}, "", "topic sessions"},
		{"no_topic", &Limits{Topics: all}, api.Subscribe{Topic: "jobs"}, "", "topic jobs"},
		{"locked", &Limits{Topics: all, Locked: locked}, api.Subscribe{Topic: "sessions", Filter: "user:b|user:c"}, "service:a (user:b|user:c)", ""},
		{"locked_groups", &Limits{Topics: all, Locked: locked}, api.Subscribe{Topic: "groups", Group: "stmt"}, "service:a", ""},
		{"locked_session", &Limits{Topics: all, Locked: locked}, api.Subscribe{Topic: "session", ID: "7"}, "service:a", ""},
		{"locked_pending", &Limits{Topics: all, Locked: locked}, api.Subscribe{Topic: "pending"}, "service:a state:pending", ""},
		{"redacted", &Limits{Topics: all, Redact: true}, api.Subscribe{Topic: "sessions", Filter: "x"}, "x", ""},
		{"redacted_filter", &Limits{Topics: all, Redact: true}, api.Subscribe{Topic: "sessions", Filter: "user:a !stmt:x"}, "", "statements"},
		{"redacted_sort", &Limits{Topics: all, Redact: true}, api.Subscribe{Topic: "sessions", Sort: "-stmt"}, "", "statements"},
		{"redacted_groups", &Limits{Topics: all, Redact: true}, api.Subscribe{Topic: "groups", Group: "fingerprint"}, "", "statements"},
	} {
		q, err := parseQuery(tt.asked)
		if err != nil {
			t.Fatal(err)
		}
		plain := q
		if err = tt.limits.narrow(&q); tt.error != "" {
			if err == nil || !strings.Contains(err.Error(), tt.error) {
				t.Errorf("%s: got %v, want %q", tt.name, err, tt.error)
			}
			continue
		}
		if err != nil || q.match.String() != tt.filter {
			t.Errorf("%s: got the filter %q, %v, want %q", tt.name, q.match, err, tt.filter)
		}
		other, _ := parseQuery(tt.asked) // as above
		if err := tt.limits.narrow(&other); err != nil || other.viewKey != q.viewKey || other.orderKey() != q.orderKey() {
			t.Errorf("%s: two who see the same do not share it: %+v and %+v", tt.name, q.viewKey, other.viewKey)
		}
		if limited := tt.limits != nil; limited == (q.viewKey == plain.viewKey) {
			t.Errorf("%s: the view is shared: %+v", tt.name, q.viewKey)
		}
	}
}

func TestNarrowed(t *testing.T) {
	objects := &objects{order: []*row{{id: "1", content: "a"}, {id: "2", content: "b"}, {id: "3", content: "a"}}}
	q := query{viewKey: viewKey{topic: api.TopicServers, service: "a"}}
	from := q.narrowed(objects, func(resource any, service string) bool { return resource == service })
	if got := from.window(nil, 0, api.MaxWindow); len(got) != 2 || got[0].id != "1" || got[1].id != "3" {
		t.Errorf("got %v", got)
	}
	if got := from.counts(); got.total != 2 || got.all != 2 {
		t.Errorf("got %+v", got)
	}
	if o, ok := plainly(from); !ok || o != objects {
		t.Error("the objects behind it are not found")
	}
	q.service = ""
	if q.narrowed(objects, nil) != listing(objects) {
		t.Error("what has no limits is narrowed")
	}
}

// Ensure that a hub that was told nothing shows nothing of what it would have to
// redact.
func TestRedactsByDefault(t *testing.T) {
	h := New(Options{})
	v := &view{hide: h.options.Redact}
	s := idle(1, "app")
	for _, content := range []any{(*light)(&s), &s, api.Server{ID: "server1"}} {
		if got := string(v.resource(&row{content: content})); got != "{}" {
			t.Errorf("%T: got %s", content, got)
		}
	}
	if h.options.Belongs(api.Server{}, "") {
		t.Error("something belongs to nothing")
	}
}

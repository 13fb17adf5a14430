package view_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// report is a session with a bit of everything.
func report() *api.Session {
	return &api.Session{
		ID: "10461",
		Relationships: api.Relationships{
			"services": {Data: []api.Reference{{ID: "RW-Split-Router"}}},
			"filters":  {Data: []api.Reference{{ID: "cache"}, {ID: "rewrite"}}},
		},
		Attributes: api.SessionAttributes{
			State: api.SessionStarted, User: "report", Remote: "10.4.7.20", Port: 51544, Database: "dwh",
			SecondsAlive: 7200, Idle: 0,
			Client:      api.SessionClient{Cipher: "TLS_AES_256_GCM_SHA384", ConnectionAttributes: map[string]string{"program_name": "Metabase"}},
			Connections: []api.SessionConnection{{Server: "server1"}, {Server: "server2"}},
			Memory:      api.SessionMemory{Total: 3 << 20}, ChainOutdated: true, LastRestartError: "no server",
			Activity: api.Activity{
				State: "running", InState: 50, SinceAt: "2026-11-21T11:59:10.000Z", LongAfter: 60, Trx: true, TrxSeconds: 100,
				Statement: `SELECT "id" FROM Orders WHERE total > 10`, Server: "server2",
				BytesInPerSec: 100, BytesOutPerSec: 1900, Errors: 2,
			},
		},
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		filter string
		want   bool
	}{
		{"", true},
		{"  ", true},
		{"REPORT", true},
		{"epor", true},
		{"1046", true},
		{"10.4.7.20:515", true},
		{"dw", true},
		{"orders", true},
		{"metabase", false},
		{`"orders"`, false},
		{`"Orders WHERE"`, true},
		{`"\"id\" FROM"`, true},
		{`/Orders\s+WHERE/`, true},
		{`/^orders/`, false},
		{`/a\/b/`, false},
		{"id:10461", true},
		{"id:1046", false},
		{"id:1046*", true},
		{"id>10460 id<=10461", true},
		{"id=10461", true},
		{"user:Report", true},
		{"user:app,report", true},
		{"user:!app,report", false},
		{"user:!app", true},
		{`user:"Report"`, false},
		{`user:"report"`, true},
		{"user:/^rep/", true},
		{"user:rep", false},
		{"user:r*t", true},
		{"user:*p*r*", true},
		{"user:r*x", false},
		{"user:repo*port", false},
		{"client:10.4.7.20", true},
		{"client:10.4.7.20:51544", true},
		{"client:10.4.*", true},
		{"client:10.4.7.2", false},
		{"schema:dwh", true},
		{"service:rw-split-router", true},
		{"server:server1", true},
		{"server:server3", false},
		{"filter:rewrite", true},
		{"filter:!rewrite", false},
		{"program:metabase", true},
		{"chain:outdated", true},
		{"chain:current", false},
		{"restart:failed", true},
		{"restart:!failed", false},
		{"tls:yes", true},
		{"tls:no", false},
		{"tls:tls_aes*", true},
		{"node:n1", false},
		{"stmt:where", true},
		{"stmt:!delete", true},
		{"state:running", true},
		{"state:RUNNING", true},
		{"state:long", false},
		{"state:trx,running", true},
		{"state:!running", false},
		{"age>1h", true},
		{"age>=7200", true},
		{"age<120min", false},
		{"age<1d", true},
		{"in-state>49999ms", true},
		{"in-state>50s", false},
		{"trx-age>1.5m", true},
		{"idle<1s", true},
		{"mem>=3MiB", true},
		{"mem>3.2MB", false},
		{"io>=2kB", true},
		{"io>2k", false},
		{"errors>0", true},
		{"errors=2", true},
		{"report dwh", true},
		{"report nobody", false},
		{"nobody | report", true},
		{"nobody | report nobody", false},
		{"(nobody | report) dwh", true},
		{"!nobody", true},
		{"!(report dwh)", false},
		{"!!report", true},
		{"nobody|report|x", true},
	} {
		t.Run(tt.filter, func(t *testing.T) {
			f, err := view.Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(report()); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMatchAfterLetsClocksRun(t *testing.T) {
	for _, tt := range []struct {
		filter string
		lag    time.Duration
		want   bool
	}{
		{"state:long", 9 * time.Second, false},
		{"state:long", 10 * time.Second, true},
		{"in-state>1m", 11 * time.Second, true},
		{"age>2h", time.Second, true},
		{"trx-age>=110", 10 * time.Second, true},
		{"idle>0", time.Hour, false}, // a running statement keeps the client busy
	} {
		f, err := view.Parse(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.MatchAfter(report(), tt.lag); got != tt.want {
			t.Errorf("%s after %v: got %v, want %v", tt.filter, tt.lag, got, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		filter string
		offset int
		word   string // in the problem
	}{
		{"report (a", 7, "not closed"},
		{"a)", 1, "closes nothing"},
		{"a |", 3, "missing"},
		{"a||b", 2, "missing before this |"},
		{"()", 1, "missing before this )"},
		{"| a", 0, "missing"},
		{"!", 1, "missing"},
		{`user:"x`, 5, "quote"},
		{`"abc\"`, 0, "quote"},
		{"a /[/", 2, "missing closing ]"},
		{"/abc", 0, "not closed"},
		{"//  /x{1000}/", 4, "too large"},
		{"/a/ /b/ /c/ /d/ /e/", 16, "at most 4"},
		{"a colour:red", 2, "no key colour"},
		{"user:", 5, "missing"},
		{"user:a,", 7, "missing"},
		{"user:a, b", 7, "missing"},
		{"user>5", 4, "user:value"},
		{"age:60", 3, "age>60s"},
		{"age>", 4, "missing"},
		{"age>soon", 4, "60s"},
		{"age>-1", 4, "60s"},
		{"age>1e9", 4, "60s"},
		{"age>10MB", 4, "60s"},
		{"mem>1s", 4, "10MB"},
		{"errors>1k", 7, "100"},
		{"age=>5", 3, "=>"},
		{"state:stuck", 6, "no such state"},
		{"state:idle,sleeping", 11, "no such state"},
		{"count(*)", 5, "quotes"},
		{`ab"cd"`, 2, "quotes"},
		{"(a)b", 3, "space"},
		{"a \xff", 2, "UTF-8"},
		{strings.Repeat("(", 40) + "a" + strings.Repeat(")", 40), 32, "deep"},
		{strings.Repeat("!", 40) + "a", 32, "deep"},
		{strings.Repeat("a", view.MaxLength+1), view.MaxLength, "bytes"},
	} {
		t.Run(tt.filter[:min(20, len(tt.filter))], func(t *testing.T) {
			_, err := view.Parse(tt.filter)
			var bad *view.SyntaxError
			if !errors.As(err, &bad) {
				t.Fatalf("got error %v, want a SyntaxError", err)
			}
			if bad.Offset != tt.offset || !strings.Contains(bad.Problem, tt.word) {
				t.Errorf("got %d %q, want %d and %q in it", bad.Offset, bad.Problem, tt.offset, tt.word)
			}
		})
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct{ filter, want string }{
		{" a   b ", "a b"},
		{"a | b", "a|b"},
		{"(a b) (c | (d | e))", "a b (c|d|e)"},
		{"!( a | b )", "!(a|b)"},
		{"USER:!a,\"b \\\"c\"", `user:!a,"b \"c"`},
		{`"\a"`, `"a"`},
		{`/a\/b/`, `/a\/b/`},
		{"age>=1.50H", "age>=1.50H"},
	} {
		f, err := view.Parse(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.String(); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.filter, got, tt.want)
		}
	}
}

// Ensure that what a filter says of a session holds until it says so.
func TestUntil(t *testing.T) {
	never := map[string]bool{"": true, "user:report": true, "state:running": true, "io>1kB": true, "report | queries>5": true, "idle>0": true}
	for _, text := range []string{
		"", "user:report", "state:running", "io>1kB", "report | queries>5", "idle>0",
		"state:long", "state:!long", "state:idle,long", "!state:trx-long state:running",
		"in-state>55", "in-state>=55", "in-state<55", "in-state<=55", "in-state>50", "in-state>=50", "in-state<=50",
		"trx-age>2m age<3h", "trx-age>2m | in-state>70.5", "!(in-state>1m20s) | in-state>90", "in-state>52 in-state<53",
	} {
		f, err := view.Parse(strings.ReplaceAll(text, "1m20s", "80"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		s, changed := report(), false
		until, matched := f.Until(s, 0), f.MatchAfter(s, 0)
		if never[text] != (until == view.Never) {
			t.Errorf("%s: got until %v", text, until)
		}
		for lag := time.Duration(0); lag < 10*time.Minute; lag += 250 * time.Millisecond {
			if lag >= until {
				until, matched = f.Until(s, lag), f.MatchAfter(s, lag)
				if until < view.Never {
					until += lag
				}
				changed = true
			}
			if f.MatchAfter(s, lag) != matched {
				t.Errorf("%s: another answer after %v, want that in %v", text, lag, until)
				break
			}
		}
		if changed == never[text] {
			t.Errorf("%s: got changed %v", text, changed)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"report user:!a,\"b\" (age>5m | state:kill) /x\\/y/ !(a b)", "((", "a||", "user:,", `"\"`, "/(/", "stmt:/./,x mem<=1.5GiB",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := view.Parse(text)
		if err != nil {
			var bad *view.SyntaxError
			if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > len(text) || bad.Problem == "" {
				t.Fatalf("%q: got error %#v", text, err)
			}
			return
		}
		again, err := view.Parse(filter.String())
		if err != nil {
			t.Fatalf("%q: written as %q, which does not parse: %v", text, filter, err)
		}
		if diff := cmp.Diff(filter.String(), again.String()); diff != "" {
			t.Fatalf("%q: written twice: %s", text, diff)
		}
		if got, want := again.Match(report()), filter.Match(report()); got != want {
			t.Fatalf("%q: matches %v, but as %q matches %v", text, want, filter, got)
		}
	})
}

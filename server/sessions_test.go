package server

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/jsonapi"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// fullInfo has something in every field.
func fullInfo(now time.Time) engine.SessionInfo {
	at := now.Add(-90 * time.Second)
	filters := []string{"Spare"}
	return engine.SessionInfo{
		ID: 4711, State: engine.SessionStarted, Service: "RW-Split-Router", Listener: "RW-Split-Listener",
		User: "app", Database: "shop", Remote: netip.MustParseAddrPort("[::ffff:10.4.2.18]:43782"), Connected: at,
		Cipher: "TLS_AES_128_GCM_SHA256", Attributes: map[string]string{"_client_name": "libmariadb"},
		History: &engine.HistoryInfo{Commands: 2, Responses: 1, Metadata: 3},
		Backends: []engine.BackendInfo{
			{Server: "server1", ConnectionID: 74, Primary: true, Busy: true, Memory: engine.BufferInfo{ReadQ: 1, WriteQ: 2, Misc: 3}},
			{Server: "server1", ConnectionID: 75, Cipher: "AES", Memory: engine.BufferInfo{ReadQ: 10, WriteQ: 20, Misc: 30}},
		},
		Filters: []engine.FilterCounters{{Filter: "First", Module: "qlafilter", Time: 1500, FilterFigures: engine.FilterFigures{Statements: 9, Changed: 2, Answered: 1, P50: 160, P95: 176}}},
		Queries: []engine.QueryInfo{
			{Command: "COM_QUERY", Statement: "SELECT SLEEP(9)", Received: now.Add(-2500 * time.Millisecond)},
			{
				Command: "COM_QUERY", Statement: "SELECT '\"'", Received: at, Completed: at.Add(12 * time.Millisecond), Rows: 1,
				Responses: []engine.ResponseInfo{{Server: "server1", Duration: 12 * time.Millisecond}}, Error: "1146 (42S02): no table",
			},
			{Command: "COM_STMT_EXECUTE", Received: at, Completed: at},
		},
		Log: []string{"2026-11-21 16:43:04.120   info   : hello"}, LogLevels: engine.LogLevels{Info: true},
		Memory: engine.MemoryInfo{Client: engine.BufferInfo{ReadQ: 100, Misc: 200}, ExecMetadata: 1, LastQueries: 2, History: 3, Variables: 4},
		Idle:   1990 * time.Millisecond, IOActivity: 28,
		Activity: engine.ActivityInfo{
			LongAfter: time.Minute,
			Doing:     engine.IdleInTrx, Since: now.Add(-time.Second), Trx: true, TrxReadOnly: true, TrxSince: now.Add(-time.Minute), TrxWrites: 2,
			Statement: "SELECT SLEEP(9)", Server: "server1", Statements: 12, Errors: 1, BytesIn: 1000, BytesOut: 2000, InPerSec: 1.5, OutPerSec: 2.5,
		},
		Pending: engine.PendingInfo{
			Filters: &filters, Restart: true, Since: at, Waits: "transaction",
			Kill: &engine.KillInfo{At: now.Add(time.Minute), Idle: true, By: "ops", Reason: "too slow"},
		},
		RestartErr: "server server2: connection refused",
		Flows:      []engine.FlowInfo{{From: at, To: at.Add(10 * time.Second), In: 1000, Out: 2000}},
		Pins:       []engine.PinInfo{{Kind: engine.PinTempTable, Server: "server1", Since: at, Detail: "basket"}},
		Events:     []engine.Event{{At: at, Kind: "log_level", Detail: "log_info on", By: "ops"}},
	}
}

func TestSessionGolden(t *testing.T) {
	now := time.Date(2026, 11, 21, 16, 43, 4, 120_000_000, time.UTC)
	r := sessionResource(fullInfo(now), now, whole)
	golden(t, "session.json", string(jsonapi.Encode(r, true)))

	bare := sessionResource(engine.SessionInfo{ID: 1, Connected: now}, now, whole)
	golden(t, "session-connecting.json", string(jsonapi.Encode(bare, true)))
}

// TestNothingIsNull: push encodes the same resources with encoding/json, for
// which an empty array that was never made is null.
func TestNothingIsNull(t *testing.T) {
	now := time.Now()
	for _, d := range []detail{row, whole} {
		text, err := json.Marshal(sessionResource(engine.SessionInfo{ID: 1, Connected: now}, now, d))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(string(text), `"connection_attributes":null`, ""); strings.Contains(got, "null") {
			t.Errorf("detail %d: %s", d, got)
		}
	}
}

// TestSessionShape compares the names of a session's members with those of one
// that a real MaxScale has shown.
func TestSessionShape(t *testing.T) {
	recorded := map[string][]string{
		"attributes":                                    {"client", "connected", "connections", "idle", "io_activity", "log", "memory", "parameters", "port", "queries", "remote", "seconds_alive", "state", "thread", "user"},
		"attributes/client":                             {"cipher", "connection_attributes", "sescmd_history_len", "sescmd_history_stored_metadata", "sescmd_history_stored_responses"},
		"attributes/connections/0":                      {"cipher", "connection_id", "server"},
		"attributes/memory":                             {"connection_buffers", "exec_metadata", "last_queries", "sescmd_history", "total", "variables"},
		"attributes/memory/connection_buffers":          {"backends", "client", "total"},
		"attributes/memory/connection_buffers/client":   {"misc", "readq", "total", "writeq"},
		"attributes/parameters":                         {"log_error", "log_info", "log_notice", "log_warning"},
		"attributes/queries/0":                          {"command", "completed", "received", "responses", "statement"},
		"attributes/queries/0/responses/0":              {"duration", "server"},
		"relationships/services":                        {"data", "links"},
		"relationships/services/links":                  {"related", "self"},
		"relationships/services/data/0":                 {"id", "type"},
		"links":                                         {"self"},
		"attributes/memory/connection_buffers/backends": {"server1"},
	}
	inSite(t, nil, func(s *site) {
		c := s.connect()
		_, _ = c.Query("UPDATE t SET a = 1")
		var document struct{ Data any }
		body := s.wants(s.ask(basicUser, "GET", "/v1/sessions/"+fmt.Sprint(c.ID), ""), 200)
		if err := json.Unmarshal([]byte(body), &document); err != nil {
			t.Fatal(err)
		}
		for path, names := range recorded {
			here := document.Data
			for step := range strings.SplitSeq(path, "/") {
				switch v := here.(type) {
				case map[string]any:
					here = v[step]
				case []any:
					here = v[0]
				}
			}
			members, ok := here.(map[string]any)
			if !ok {
				t.Errorf("%s is %v, want an object", path, here)
				continue
			}
			for _, name := range names {
				if _, ok := members[name]; !ok {
					t.Errorf("%s has no %s", path, name)
				}
			}
		}
	})
}

func TestSessionList(t *testing.T) {
	inSite(t, nil, func(s *site) {
		first, second := s.connect(), s.connect()
		_, _ = second.Query("USE shop")
		time.Sleep(5 * time.Second)
		_, _ = first.Query("SELECT 1")

		tests := []struct {
			name, query string
			want        []string
		}{
			{"all", "", []string{"1", "2"}},
			{"trailing_slash", "/", []string{"1", "2"}},
			{"filtered", `?filter=/attributes/idle=gt(3)`, []string{"2"}},
			{"sorted", "?sort=-idle", []string{"2", "1"}},
			{"paged", "?page[size]=1&page[number]=1", []string{"2"}},
			{"by_path", `?filter[attributes.database]=%22shop%22`, []string{"2"}},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				body := s.wants(s.ask(basicUser, "GET", "/v1/sessions"+tt.query, ""), 200)
				rows, err := api.DecodeAll[api.SessionAttributes]([]byte(body))
				if err != nil {
					t.Fatal(err)
				}
				got := []string{}
				for _, row := range rows {
					got = append(got, row.ID)
					if row.Attributes.Events != nil {
						t.Errorf("session %s in a list has its events", row.ID)
					}
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
		body := s.wants(s.ask(basicUser, "GET", "/sessions?fields[sessions]=user&pretty=false", ""), 200)
		want := `{"data":[{"attributes":{"user":"app"},"id":"1","links":{"self":"http://example.com/sessions/1/"},"type":"sessions"},` +
			`{"attributes":{"user":"app"},"id":"2","links":{"self":"http://example.com/sessions/2/"},"type":"sessions"}],` +
			`"links":{"self":"http://example.com/sessions/"}}`
		if body != want {
			t.Errorf("without /v1: got %s, want %s", body, want)
		}
	})
}

func TestPreconditions(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		seen := s.ask(adminUser, "GET", "/v1/sessions/1", "")
		tag := seen.Header.Get("ETag")
		connected := `"` + string(s.session(c.ID).Attributes.ConnectedAt) + `"`

		if r := s.ask(adminUser, "GET", "/v1/sessions/1", "", "If-None-Match", tag); r.StatusCode != http.StatusNotModified {
			t.Errorf("unchanged session: got %d, want 304", r.StatusCode)
		}
		for _, method := range []string{"DELETE", "PATCH", "POST"} {
			path, body := "/v1/sessions/1", ""
			switch method {
			case "PATCH":
				body = `{"data":{"attributes":{"parameters":{"log_info":true}}}}`
			case "POST":
				path += "/restart"
			}
			s.wants(s.ask(adminUser, method, path, body, "If-Match", `"2001-01-01T00:00:00.000Z"`), 412, "nothing was done")
		}
		got := s.session(c.ID)
		if got.Attributes.Parameters.LogInfo || got.Attributes.Pending.Restart {
			t.Errorf("a failed precondition has changed the session: %+v", got.Attributes)
		}
		s.wants(s.ask(adminUser, "PATCH", "/v1/sessions/1", `{"data":{"attributes":{"parameters":{"log_info":true}}}}`, "If-Match", tag), 204)
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=5", "", "If-Match", tag), 412)
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=5", "", "If-Match", connected), 204)
		if r := s.ask(adminUser, "GET", "/v1/sessions/1", "", "If-None-Match", tag); r.StatusCode != 200 {
			t.Errorf("changed session: got %d, want 200", r.StatusCode)
		}
	})
}

// Ensure a statement can be compared with those that are like it.
func TestAlike(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c, other := s.connect(), s.connect()
		for _, sql := range []string{"SLEEP 1", "SLEEP 2", "SELECT 1"} {
			if _, err := other.Query(sql); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Query("SLEEP 3"); err != nil {
			t.Fatal(err)
		}
		got := s.wants(s.ask(basicUser, "GET", "/v1/sessions/1/alike", ""), 200)
		for _, want := range []string{`"statement": "SLEEP 3"`, `"count": 2`, `"p50": 1`, `"p95": 2`, `"longest": 2`, `"looked": 3`, `"complete": true`, `"type": "alike"`} {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		s.wants(s.ask(basicUser, "GET", "/v1/sessions/77/alike", ""), 404, "77 is not a session")
	})
}

func TestRestartAllAndCancelStatement(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c, other := s.connect(), s.connect()
		_, _ = other.Query("BEGIN")
		s.wants(s.ask(adminUser, "POST", "/v1/sessions/1/cancel-statement", ""), 409, "runs no statement")
		s.wants(s.ask(adminUser, "POST", "/v1/sessions/restart", ""), 204)
		if s.session(c.ID).Attributes.Pending.Restart || !s.session(other.ID).Attributes.Pending.Restart {
			t.Error("want the idle session restarted and the other waiting")
		}
	})
}

func TestReverseLookup(t *testing.T) {
	asked := 0
	change := func(o *Options) {
		o.LookupAddr = func(ctx context.Context, address string) ([]string, error) {
			asked++
			if asked == 1 {
				return []string{"app-1.example."}, nil
			}
			<-ctx.Done() // a name server that does not answer
			return nil, ctx.Err()
		}
	}
	inSite(t, change, func(s *site) {
		s.connect()
		body := s.wants(s.ask(basicUser, "GET", "/v1/sessions?rdns=yes&fields[sessions]=remote,remote_address&pretty=no", ""), 200)
		if want := `"remote":"app-1.example","remote_address":"127.0.0.1"`; !strings.Contains(body, want) {
			t.Errorf("got %s, want %s", body, want)
		}
		s.wants(s.ask(basicUser, "GET", "/v1/sessions/1?rdns=true", ""), 200, "app-1.example")
		if asked != 1 {
			t.Errorf("asked %d times for one address, want 1", asked)
		}
		time.Sleep(nameFor + time.Second)
		begun := time.Now()
		s.wants(s.ask(basicUser, "GET", "/v1/sessions/1?rdns=true", ""), 200, `"remote": "127.0.0.1"`)
		if took := time.Since(begun); took > lookupDeadline {
			t.Errorf("waited %v for a name", took)
		}
	})
}

func TestHostNamesAreNotBelieved(t *testing.T) {
	for _, name := range []string{"", "<script>", "a b", "a\nb", strings.Repeat("a", 300), "ä.example"} {
		if plainHostName(name) {
			t.Errorf("%q passes for a host name", name)
		}
	}
}

func BenchmarkFiveThousandSessions(b *testing.B) {
	now := time.Now()
	info := fullInfo(now)
	c := &call{Request: httptest.NewRequest("GET", "/v1/sessions", nil), base: "http://example.com/v1", query: &jsonapi.Query{Pretty: true}}
	b.ReportAllocs()
	for b.Loop() {
		rows := make([]api.Session, 5000)
		for i := range rows {
			rows[i] = sessionResource(info, now, row)
			link(c, &rows[i], "sessions", rows[i].ID)
		}
		b.SetBytes(int64(len(many(c, rows, "").body)))
	}
}

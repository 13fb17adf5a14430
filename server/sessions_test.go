package server

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
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
		Filters: []engine.FilterCounters{{Filter: "First", Module: "qlafilter", Statements: 9, Changed: 1, Time: 1500}},
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
			Doing: engine.IdleInTrx, Since: now.Add(-time.Second), Trx: true, TrxReadOnly: true, TrxSince: now.Add(-time.Minute), TrxWrites: 2,
			Statement: "SELECT SLEEP(9)", Server: "server1", Statements: 12, Errors: 1, BytesIn: 1000, BytesOut: 2000, InPerSec: 1.5, OutPerSec: 2.5,
		},
		Pending: engine.PendingInfo{
			Filters: &filters, Restart: true, Since: at, Waits: "transaction",
			Kill: &engine.KillInfo{At: now.Add(time.Minute), Idle: true, By: "ops", Reason: "too slow"},
		},
		RestartErr: "server server2: connection refused",
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
	for _, d := range []detail{light, row, whole} {
		text, err := json.Marshal(sessionResource(engine.SessionInfo{ID: 1, Connected: now}, now, d))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(string(text), `"connection_attributes":null`, ""); strings.Contains(got, "null") {
			t.Errorf("detail %d: %s", d, got)
		}
	}
}

func TestLightSession(t *testing.T) {
	now := time.Now()
	r := sessionResource(fullInfo(now), now, light)
	if a := r.Attributes; len(a.Queries) != 1 || len(a.Log) != 0 || a.Events != nil {
		t.Errorf("a row of a view has %d queries, %d log lines, %d events", len(a.Queries), len(a.Log), len(a.Events))
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

func TestAlterSession(t *testing.T) {
	chain := func(names ...string) string {
		var list []string
		for _, name := range names {
			list = append(list, fmt.Sprintf(`{"id":%q,"type":"filters"}`, name))
		}
		return `{"data":[` + strings.Join(list, ",") + `]}`
	}
	tests := []struct {
		name, path, body string
		status           int
		contains         string
		filters          []string
		logInfo          bool
	}{
		{"relationships", "", `{"data":{"type":"services","relationships":{"filters":` + chain("Second", "First") + `}}}`, 204, "", []string{"Second", "First"}, false},
		{"documented_shape", "", `{"data":{"attributes":{"relationships":{"filters":{"data":[{"id":"Spare"},{"id":"First"}]}}}}}`, 204, "", []string{"Spare", "First"}, false},
		{"relationship_itself", "/relationships/filters", chain("Spare"), 204, "", []string{"Spare"}, false},
		{"same_twice", "/relationships/filters", chain("First", "First"), 204, "", []string{"First", "First"}, false},
		{"none", "", `{"data":{"relationships":{"filters":{"data":[]}}}}`, 204, "", []string{}, false},
		{"null_changes_nothing", "", `{"data":{"relationships":{"filters":{"data":null}}}}`, 204, "", []string{"First", "Second"}, false},
		{"log_level", "", `{"data":{"attributes":{"parameters":{"log_info":true}}}}`, 204, "", []string{"First", "Second"}, true},
		{"both", "", `{"data":{"id":"1","attributes":{"parameters":{"log_info":true}},"relationships":{"filters":` + chain("Spare") + `}}}`, 204, "", []string{"Spare"}, true},
		{"both_shapes_agree", "", `{"data":{"attributes":{"relationships":{"filters":` + chain("Spare") + `}},"relationships":{"filters":` + chain("Spare") + `}}}`, 204, "", []string{"Spare"}, false},
		{"skip_sync", "?sync=false", `{"data":{"attributes":{"parameters":{"log_info":true}}}}`, 204, "", []string{"First", "Second"}, true},
		{"read_only_attributes_are_ignored", "", `{"data":{"id":"1","type":"sessions","attributes":{"user":"x","idle":3}}}`, 204, "", []string{"First", "Second"}, false},

		{"both_shapes_differ", "", `{"data":{"attributes":{"relationships":{"filters":` + chain("First") + `}},"relationships":{"filters":` + chain("Spare") + `}}}`, 400, "differ", []string{"First", "Second"}, false},
		{"unknown_filter", "", `{"data":{"relationships":{"filters":` + chain("nosuch") + `}}}`, 400, "Not a valid filter: nosuch", []string{"First", "Second"}, false},
		{"one_unknown_changes_nothing", "", `{"data":{"attributes":{"parameters":{"log_info":true}},"relationships":{"filters":` + chain("Spare", "nosuch") + `}}}`, 400, "nosuch", []string{"First", "Second"}, false},
		{"filter_that_refuses", "", `{"data":{"attributes":{"parameters":{"log_info":true}},"relationships":{"filters":` + chain("Spare", "Refuse") + `}}}`, 400, "Refuse", []string{"First", "Second"}, false},
		{"unknown_parameter", "", `{"data":{"attributes":{"parameters":{"log_info":true,"log_nosuch":true}}}}`, 400, "log_nosuch", []string{"First", "Second"}, false},
		{"text_for_bool", "", `{"data":{"attributes":{"parameters":{"log_info":"true"}}}}`, 400, "log_info must be true or false", []string{"First", "Second"}, false},
		{"number_for_bool", "", `{"data":{"attributes":{"parameters":{"log_info":1}}}}`, 400, "not 1", []string{"First", "Second"}, false},
		{"no_body", "", ``, 400, "Missing request body", []string{"First", "Second"}, false},
		{"half_json", "", `{"data": `, 400, "Invalid JSON in request: ", []string{"First", "Second"}, false},
		{"no_data", "", `{}`, 400, "no 'data'", []string{"First", "Second"}, false},
		{"null_data", "", `{"data":null}`, 400, "no 'data'", []string{"First", "Second"}, false},
		{"no_data_in_relationship", "/relationships/filters", `{}`, 400, "no 'data'", []string{"First", "Second"}, false},
		{"array", "", `[1]`, 400, "Invalid JSON", []string{"First", "Second"}, false},
		{"text", "", `"x"`, 400, "Invalid JSON", []string{"First", "Second"}, false},
		{"filters_are_an_object", "", `{"data":{"relationships":{"filters":{"data":{"id":"First"}}}}}`, 400, "must be an array", []string{"First", "Second"}, false},
		{"filters_are_text", "", `{"data":{"relationships":{"filters":{"data":["First"]}}}}`, 400, "filter 1 must be an object", []string{"First", "Second"}, false},
		{"id_is_a_number", "", `{"data":{"relationships":{"filters":{"data":[{"id":5}]}}}}`, 400, "filter 1 must be an object", []string{"First", "Second"}, false},
		{"id_is_missing", "", `{"data":{"relationships":{"filters":{"data":[{"id":"First"},{}]}}}}`, 400, "filter 2 must be an object", []string{"First", "Second"}, false},
		{"endless_chain", "/relationships/filters", chain(strings.Split(strings.Repeat("First,", 100)+"First", ",")...), 400, "at most 64", []string{"First", "Second"}, false},
		{"another_session", "", `{"data":{"id":"2","attributes":{"parameters":{"log_info":true}}}}`, 409, "about session 2", []string{"First", "Second"}, false},
		{"large_body", "", `{"data":"` + strings.Repeat("x", maxBody) + `"}`, 413, "larger than", []string{"First", "Second"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				c := s.connect()
				s.wants(s.ask(adminUser, "PATCH", "/v1/sessions/1"+tt.path, tt.body), tt.status, tt.contains)
				got := s.session(c.ID)
				if diff := cmp.Diff(tt.filters, got.Relationships.IDs("filters")); diff != "" {
					t.Error(diff)
				}
				if got.Attributes.Parameters.LogInfo != tt.logInfo {
					t.Errorf("log_info is %v, want %v", got.Attributes.Parameters.LogInfo, tt.logInfo)
				}
			})
		})
	}
}

func TestSwapWaits(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		_, _ = c.Query("BEGIN")
		s.wants(s.ask(adminUser, "PATCH", "/v1/sessions/1/relationships/filters", `{"data":[{"id":"Spare"}]}`), 204)
		s.wants(s.ask(adminUser, "POST", "/v1/sessions/1/restart", ""), 204)
		pending := s.session(c.ID).Attributes.Pending
		if pending.Filters == nil || !cmp.Equal(*pending.Filters, []string{"Spare"}) || !pending.Restart || pending.Waits != "transaction" {
			t.Errorf("pending is %+v", pending)
		}
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/restart", ""), 204)
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/restart", ""), 404, "no pending restart")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/kill", ""), 404, "no pending kill")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/lunch", ""), 404, "lunch is not a thing")
		_, _ = c.Query("COMMIT")
		synctest.Wait()
		got := s.session(c.ID)
		if diff := cmp.Diff([]string{"Spare"}, got.Relationships.IDs("filters")); diff != "" {
			t.Error(diff)
		}
		if body := s.wants(s.ask(adminUser, "GET", "/v1/sessions/1?fields[sessions]=pending&pretty=0", ""), 200); strings.Contains(body, "Spare") {
			t.Errorf("still pending: %s", body)
		}
	})
}

func TestKill(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=30&reason=too%20slow", ""), 204)
		kill := s.session(c.ID).Attributes.Pending.Kill
		want := &api.PendingKill{At: apiTime(time.Now().Add(30 * time.Second)), When: "deadline", By: adminUser, Reason: "too slow"}
		if diff := cmp.Diff(want, kill); diff != "" {
			t.Error(diff)
		}
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/kill", ""), 204)
		time.Sleep(time.Minute)
		s.session(c.ID)

		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=500ms", ""), 204)
		time.Sleep(499 * time.Millisecond)
		synctest.Wait()
		s.session(c.ID)
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		s.wants(s.ask(adminUser, "GET", "/v1/sessions/1", ""), 404, "1 is not a session")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=0", ""), 404, "1 is not a session")

		if _, err := c.Query("SELECT 1"); err == nil {
			t.Error("the client of a killed session got an answer")
		}
	})
}

func TestKillWhenIdle(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		_, _ = c.Query("BEGIN")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?when=idle&ttl=1h", ""), 204)
		if kill := s.session(c.ID).Attributes.Pending.Kill; kill == nil || kill.When != "idle" {
			t.Errorf("pending kill is %+v, want one that waits for idle", kill)
		}
		_, _ = c.Query("COMMIT")
		synctest.Wait()
		s.wants(s.ask(adminUser, "GET", "/v1/sessions/1", ""), 404)
	})
}

// TestBadKill is about requests that must kill nobody.
func TestBadKill(t *testing.T) {
	tests := []struct {
		name, path, body string
		status           int
		contains         string
	}{
		{"word", "1?ttl=abc", "", 400, "ttl=abc is not a time"},
		{"empty", "1?ttl=", "", 400, "is not a time"},
		{"negative", "1?ttl=-5", "", 400, "is not a time"},
		{"real", "1?ttl=1.5", "", 400, "is not a time"},
		{"unknown_unit", "1?ttl=5d", "", 400, "is not a time"},
		{"unit_alone", "1?ttl=ms", "", 400, "is not a time"},
		{"huge", "1?ttl=99999999999", "", 400, "at most 8760 h"},
		{"beyond_64_bits", "1?ttl=99999999999999999999999", "", 400, "is not a time"},
		{"spaces", "1?ttl=%205", "", 400, "is not a time"},
		{"plus", "1?ttl=%2B5", "", 400, "is not a time"},
		{"twice", "1?ttl=5&ttl=0", "", 400, "more than once"},
		{"misspelt", "1?tll=30", "", 400, "tll is not a parameter of a kill"},
		{"unknown_when", "1?when=now", "", 400, "when=now is not one of"},
		{"body", "1", `{"ttl":5}`, 400, "takes no body"},
		{"broken_escape", "1?ttl=%zz", "", 400, "query string"},
		{"other_session", "2", "", 404, "2 is not a session"},
		{"zero", "0", "", 404, "0 is not a session"},
		{"negative_id", "-1", "", 404, "-1 is not a session"},
		{"word_id", "abc", "", 404, "abc is not a session"},
		{"leading_zero", "01", "", 404, "01 is not a session"},
		{"beyond_64_bits_id", "18446744073709551617", "", 404, "is not a session"},
		{"collection", "", "", 405, "DELETE is not a method of this path"},
	}
	inSite(t, nil, func(s *site) {
		c := s.connect()
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/"+tt.path, tt.body), tt.status, tt.contains)
				if got := s.session(c.ID); got.Attributes.Pending.Kill != nil || got.Attributes.State != api.SessionStarted {
					t.Errorf("the session has changed: %+v", got.Attributes)
				}
			})
		}
	})
}

func TestParseTTL(t *testing.T) {
	tests := map[string]time.Duration{
		"0": 0, "30": 30 * time.Second, "30s": 30 * time.Second, "500ms": 500 * time.Millisecond,
		"5m": 5 * time.Minute, "5min": 5 * time.Minute, "1h": time.Hour,
	}
	for text, want := range tests {
		if got, ok := parseTTL(text); !ok || got != want {
			t.Errorf("parseTTL(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
}

func FuzzTTL(f *testing.F) {
	f.Add("500ms")
	f.Add("-1")
	f.Add("9223372036854775807h")
	f.Fuzz(func(t *testing.T, text string) {
		if d, ok := parseTTL(text); d < 0 || d > longestTTL || ok && !strings.ContainsAny(text[:1], "0123456789") {
			t.Errorf("parseTTL(%q) = %v, %v", text, d, ok)
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

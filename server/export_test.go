package server

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

// TestSessionQuery: the console's filter and order in REST.
func TestSessionQuery(t *testing.T) {
	tests := []struct {
		name, query string
		want        []string
	}{
		{"all", "?q=", []string{"1", "2", "3"}},
		{"filtered", "?q=schema:shop", []string{"2", "3"}},
		{"sorted", "?q=&sort=-in-state", []string{"2", "3", "1"}},
		{"clocked", "?q=in-state>4s", []string{"2"}},
		{"with_filter", `?q=schema:shop&filter=id="3"`, []string{"3"}},
		{"paged", "?q=schema:shop&sort=-id&page[size]=1", []string{"3"}},
		{"sort_of_jsonapi", "?sort=-idle&filter=/attributes/database=%22shop%22", []string{"2", "3"}},
	}
	inSite(t, nil, func(s *site) {
		all := s.clients(3)
		_, _ = all[1].Query("USE shop")
		time.Sleep(3 * time.Second)
		_, _ = all[2].Query("USE shop")
		time.Sleep(2 * time.Second)
		_, _ = all[0].Query("SELECT 1")
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				rows, err := api.DecodeAll[api.SessionAttributes]([]byte(s.wants(s.ask(basicUser, "GET", "/v1/sessions"+tt.query, ""), 200)))
				if err != nil {
					t.Fatal(err)
				}
				got := []string{}
				for _, row := range rows {
					got = append(got, row.ID)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
		s.wants(s.ask(basicUser, "GET", "/v1/sessions?q=schema:shop&page[size]=1&fields[sessions]=user&pretty=no", ""), 200,
			`"meta":{"total":2}`, `"attributes":{"user":"app"}`, `q=schema%3Ashop`)

		// Time that passes may change what matches.
		r := s.ask(basicUser, "GET", "/v1/sessions?q=in-state>7s", "")
		s.wants(r, 200)
		tag := r.Header.Get("ETag")
		if got := s.ask(basicUser, "GET", "/v1/sessions?q=in-state>7s", "", "If-None-Match", tag).StatusCode; got != http.StatusNotModified {
			t.Errorf("at the same instant: got %d, want 304", got)
		}
		time.Sleep(3 * time.Second)
		s.wants(s.ask(basicUser, "GET", "/v1/sessions?q=in-state>7s", "", "If-None-Match", tag), 200, `"id": "2"`)
	})
}

func TestExport(t *testing.T) {
	inSite(t, nil, func(s *site) {
		all := s.clients(2)
		_, _ = all[0].Query("=1+1")
		_, _ = all[1].Query("SELECT \"a\",\n'b'")
		time.Sleep(1500 * time.Millisecond)

		r := s.ask(basicUser, "GET", "/v1/sessions?format=csv&q=user:app&sort=-id&columns=id,user,age,stmt,trx-age", "")
		want := "# sessions of example.com at 2000-01-01T00:00:01.500Z; q: user:app; sort: -id\n" +
			"id,user,age,stmt,trx-age\n" +
			"2,app,1.5,\"SELECT \"\"a\"\",\n'b'\",\n" +
			"1,app,1.5,'=1+1,\n"
		if diff := cmp.Diff(want, s.wants(r, 200)); diff != "" {
			t.Error(diff)
		}
		if got := r.Header.Get("Content-Disposition"); got != `attachment; filename="sessions-20000101T000001Z.csv"` {
			t.Errorf("the file is called %s", got)
		}
		if got := r.Header.Get("Content-Type") + r.Header.Get("ETag"); got != "text/csv; charset=utf-8" {
			t.Errorf("the type is %s", got)
		}

		r = s.ask(basicUser, "GET", "/v1/sessions", "", "Accept", "text/csv;q=0.9, */*")
		_, body, _ := strings.Cut(s.wants(r, 200), "\n")
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("got %v, %v", rows, err)
		}
		if diff := cmp.Diff(exportColumns(), rows[0]); diff != "" {
			t.Error(diff)
		}

		r = s.ask(basicUser, "GET", "/v1/sessions?format=ndjson&q=id:2", "")
		var session api.Session
		if err := json.Unmarshal([]byte(s.wants(r, 200)), &session); err != nil || session.ID != "2" || len(session.Attributes.Queries) != 1 {
			t.Errorf("got %+v, %v", session, err)
		}
		body = s.wants(s.ask(basicUser, "GET", "/v1/sessions?columns=id,trx-age,age", "", "Accept", "application/x-ndjson"), 200)
		if want := "{\"age\":1.5,\"id\":\"1\",\"trx-age\":null}\n{\"age\":1.5,\"id\":\"2\",\"trx-age\":null}\n"; body != want {
			t.Errorf("got %s, want %s", body, want)
		}
		if body := s.wants(s.ask(basicUser, "HEAD", "/v1/sessions?format=csv", ""), 200); body != "" {
			t.Errorf("HEAD has a body: %s", body)
		}
		r = s.ask(basicUser, "GET", "/v1/sessions?format=json", "", "Accept", "text/csv")
		if s.wants(r, 200, `"data"`); r.Header.Get("Vary") != "Accept" {
			t.Error("a cache may give the wrong format")
		}

		var exports int
		for _, record := range s.options.Audit.newest() {
			if record.Action == "session.export" && record.Result == "ok" && record.Status == 200 {
				exports++
			}
		}
		if exports != 5 {
			t.Errorf("the audit log has %d exports of five", exports)
		}
	})
}

// TestExportChecksAgain: what is written matches when it is written.
func TestExportChecksAgain(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c, other := s.connect(), s.connect()
		_, _ = c.Query("USE shop")
		_, _ = other.Query("USE shop")
		filter, err := view.Parse("schema:shop")
		if err != nil {
			t.Fatal(err)
		}
		wanted := selection{filter: filter}
		synctest.Wait()
		list := wanted.find(s.engine, time.Now())
		_, _ = c.Query("USE other")
		synctest.Wait() // for both servers
		for r := range wanted.rows(list) {
			if r.ID != "2" {
				t.Errorf("session %s does not match any more", r.ID)
			}
		}
		if len(list) != 2 {
			t.Errorf("%d sessions are found, want both", len(list))
		}
	})
}

func TestBadExport(t *testing.T) {
	tests := []struct{ name, query, contains string }{
		{"filter", "q=user:", "q: character 6: a value is missing"},
		{"key", "q=colour:red", "q: character 1: there is no key colour"},
		{"long", "q=" + strings.Repeat("a", 1025), "at most 1024 bytes"},
		{"twice", "q=a&q=b", "q is given more than once"},
		{"sort", "q=a&sort=-colour", "sort: character 1: there is no key"},
		{"format", "format=xml", "format=xml is not one of json, csv, ndjson"},
		{"columns_of_json", "columns=id", "columns belong to the last two"},
		{"column", "format=csv&columns=id,%3Cb%3E", "columns: <b> is not one of id, state"},
		{"column_twice", "format=csv&columns=id,user,id", "columns: id stands there twice"},
		{"no_column", "format=csv&columns=", "columns:  is not one of"},
		{"maxscale_filter", "format=csv&filter=id=eq(1)", "filter does not go with format=csv"},
		{"fields", "format=csv&fields[sessions]=user", "fields does not go with"},
		{"page", "format=ndjson&page[size]=5", "page does not go with"},
	}
	inSite(t, nil, func(s *site) {
		s.connect()
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				var e api.Errors
				text := s.wants(s.ask(basicUser, "GET", "/v1/sessions?"+tt.query, ""), 400)
				if err := json.Unmarshal([]byte(text), &e); err != nil || !strings.Contains(e.Errors[0].Detail, tt.contains) {
					t.Errorf("got %s, want %q", text, tt.contains)
				}
			})
		}
	})
}

func TestPlainCell(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "a=1": "a=1", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra",
	} {
		if got := plainCell(text); got != want {
			t.Errorf("plainCell(%q) = %q, want %q", text, got, want)
		}
	}
}

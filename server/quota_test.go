package server

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestQuota(t *testing.T) {
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	by := func(user string, after time.Duration) *call {
		return &call{principal: Principal{User: user}, now: start.Add(after)}
	}
	q := &quota{what: "things", most: 3, every: 10 * time.Second}
	for _, tt := range []struct {
		name, user string
		after      time.Duration
		want       string // the refusal, "" for none
		header     string
	}{
		{"first", "ann", 0, "", ""},
		{"second", "ann", 0, "", ""},
		{"third", "ann", 0, "", ""},
		{"one_too_many", "ann", 0, "too many things: at most 3 at once and one more every 10 s; try again in 10 s", "10"},
		{"refused_costs_nothing", "ann", 500 * time.Millisecond, "too many things: at most 3 at once and one more every 10 s; try again in 10 s", "10"},
		{"of_another", "bob", 0, "", ""},
		{"almost", "ann", 9 * time.Second, "too many things: at most 3 at once and one more every 10 s; try again in 1 s", "1"},
		{"one_more", "ann", 10 * time.Second, "", ""},
		{"and_no_more", "ann", 10 * time.Second, "too many things: at most 3 at once and one more every 10 s; try again in 10 s", "10"},
		{"full_again", "ann", time.Hour, "", ""},
		{"full_again_second", "ann", time.Hour, "", ""},
		{"full_again_third", "ann", time.Hour, "", ""},
		{"full_is_full", "ann", time.Hour, "too many things: at most 3 at once and one more every 10 s; try again in 10 s", "10"},
	} {
		err := q.take(by(tt.user, tt.after))
		if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || err != nil && got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if err == nil {
			continue
		}
		if p := problemOf(err); p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") != tt.header {
			t.Errorf("%s: got %d and Retry-After %q, want 429 and %q", tt.name, p.status, p.header.Get("Retry-After"), tt.header)
		}
	}
}

// TestQuotaIsBounded: whoever comes, the table does not grow.
func TestQuotaIsBounded(t *testing.T) {
	q := &quota{what: "things", most: 1, every: time.Hour}
	for i := range maxQuotaKeys + 10 {
		if err := q.take(&call{principal: Principal{User: fmt.Sprint(i)}, now: time.Unix(1e9, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(q.full); n > maxQuotaKeys {
		t.Errorf("%d users are kept", n)
	}
}

// TestQuotas: what costs much is bounded for each user, and said so.
func TestQuotas(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, body string
		quota                    func() *quota
		status                   int
	}{
		{"sessions_csv", "GET", "/v1/sessions?format=csv", "", exportQuota, 200},
		{"sessions_ndjson", "GET", "/v1/sessions?format=ndjson", "", exportQuota, 200},
		{"audit_ndjson", "GET", "/v1/audit?format=ndjson", "", exportQuota, 200},
		{"jobs", "POST", "/v1/jobs", `{"action":"restart","ids":["1"]}`, jobQuota, 202},
		{"kills", "POST", "/v1/sessions/kill", `{"filter":"user:nobody"}`, jobQuota, 202},
		{"previews", "POST", "/v1/jobs", `{"action":"kill","filter":"id:*","dry_run":true}`, previewQuota, 200},
		{"restart_all", "POST", "/v1/sessions/restart", "", jobQuota, 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				q := tt.quota()
				for range q.most {
					s.wants(s.ask(adminUser, tt.method, tt.path, tt.body), tt.status)
				}
				r := s.ask(adminUser, tt.method, tt.path, tt.body)
				s.wants(r, 429, "too many "+q.what, "try again in")
				if want := fmt.Sprint(int(q.every / time.Second)); r.Header.Get("Retry-After") != want {
					t.Errorf("Retry-After is %q, want %q", r.Header.Get("Retry-After"), want)
				}
				time.Sleep(q.every)
				s.wants(s.ask(adminUser, tt.method, tt.path, tt.body), tt.status)
				s.wants(s.ask(basicUser, "GET", "/v1/sessions?format=csv", ""), 200)
			})
		})
	}
}

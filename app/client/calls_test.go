package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

// seen is what a server gets of a call.
type seen struct{ Method, URL, IfMatch, Type, Body string }

// answering starts a server that gives every call the same answer, and returns
// where the last call is to be seen.
func answering(t *testing.T, status int, answer string) (*Client, *seen) {
	t.Helper()
	last := new(seen)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*last = seen{r.Method, r.URL.String(), r.Header.Get("If-Match"), r.Header.Get("Content-Type"), string(body)}
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return New(server.URL + "/console/"), last
}

func TestCalls(t *testing.T) {
	const json = "application/json"
	for _, tt := range []struct {
		name string
		call func(ctx context.Context, c *Client) error
		want seen
	}{
		{"login", func(ctx context.Context, c *Client) error { return c.Login(ctx, "ops", "pw") }, seen{"POST", "/login", "", json, `{"user":"ops","password":"pw"}`}},
		{"setup", func(ctx context.Context, c *Client) error { return c.Setup(ctx, "C0DE", "ops", "pw") }, seen{"POST", "/setup", "", json, `{"code":"C0DE","user":"ops","password":"pw"}`}},
		{"logout", func(ctx context.Context, c *Client) error { return c.Logout(ctx) }, seen{"POST", "/logout", "", "", ""}},
		{"kill-now", func(ctx context.Context, c *Client) error { return c.Kill(ctx, "5", KillOptions{}) }, seen{"DELETE", "/sessions/5?ttl=0", "", "", ""}},
		{"kill", func(ctx context.Context, c *Client) error {
			return c.Kill(ctx, "5", KillOptions{TTL: 90 * time.Second, Idle: true, Reason: "a & b", IfMatch: "2026-11-21T12:00:00.000Z"})
		}, seen{"DELETE", "/sessions/5?reason=a+%26+b&ttl=90&when=idle", `"2026-11-21T12:00:00.000Z"`, "", ""}},
		{"kill-soon", func(ctx context.Context, c *Client) error {
			return c.Kill(ctx, "5", KillOptions{TTL: 1500 * time.Millisecond})
		}, seen{"DELETE", "/sessions/5?ttl=1500ms", "", "", ""}},
		{"cancel", func(ctx context.Context, c *Client) error { return c.CancelPending(ctx, "5", "kill") }, seen{"DELETE", "/sessions/5/pending/kill", "", "", ""}},
		{"cancel-statement", func(ctx context.Context, c *Client) error { return c.CancelStatement(ctx, "5") }, seen{"POST", "/sessions/5/cancel-statement", "", "", ""}},
		{"filters", func(ctx context.Context, c *Client) error { return c.SetFilters(ctx, "5", []string{"b", "a"}) }, seen{"PATCH", "/sessions/5", "", json, `{"data":{"relationships":{"filters":{"data":[{"id":"b","type":"filters"},{"id":"a","type":"filters"}]}}}}`}},
		{"no-filters", func(ctx context.Context, c *Client) error { return c.SetFilters(ctx, "5", nil) }, seen{"PATCH", "/sessions/5", "", json, `{"data":{"relationships":{"filters":{"data":[]}}}}`}},
		{"log-levels", func(ctx context.Context, c *Client) error {
			return c.SetLogLevels(ctx, "5", map[string]bool{"log_info": true}, 0)
		}, seen{"PATCH", "/sessions/5", "", json, `{"data":{"attributes":{"parameters":{"log_info":true}}}}`}},
		{"log-levels-for-a-time", func(ctx context.Context, c *Client) error {
			return c.SetLogLevels(ctx, "5", map[string]bool{"log_info": true}, 15*time.Minute)
		}, seen{"PATCH", "/sessions/5", "", json, `{"data":{"attributes":{"log_for":"900s","parameters":{"log_info":true}}}}`}},
		{"service-filters", func(ctx context.Context, c *Client) error { return c.SetServiceFilters(ctx, "rw", []string{"b"}) }, seen{"PATCH", "/services/rw/relationships/filters", "", json, `{"data":[{"id":"b","type":"filters"}]}`}},
		{"restart", func(ctx context.Context, c *Client) error { return c.Restart(ctx, "5") }, seen{"POST", "/sessions/5/restart", "", "", ""}},
		{"strange-id", func(ctx context.Context, c *Client) error { return c.Restart(ctx, "../5?") }, seen{"POST", "/sessions/..%2F5%3F/restart", "", "", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, got := answering(t, http.StatusNoContent, "")
			if err := tt.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			tt.want.URL = "/console/v1" + tt.want.URL
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReads(t *testing.T) {
	c, _ := answering(t, 200, `{"user":"ops","role":"admin","data":{"id":"5","attributes":{"user":"app"}},"needed":true}`)
	if who, err := c.WhoAmI(t.Context()); err != nil || who.User != "ops" || who.Role != "admin" {
		t.Errorf("got %+v, %v, want ops, admin", who, err)
	}
	if state, err := c.SetupState(t.Context()); err != nil || !state.Needed {
		t.Errorf("got %+v, %v, want setup needed", state, err)
	}
	if s, err := c.Session(t.Context(), "5"); err != nil || s.ID != "5" || s.Attributes.User != "app" {
		t.Errorf("got %+v, %v, want session 5 of app", s, err)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		status       int
		answer, want string
	}{
		{"detail", "DELETE", 404, `{"errors":[{"detail":"77 is not a session"}]}`, "77 is not a session"},
		{"details", "POST", 400, `{"errors":[{"detail":"a"},{"detail":""},{"detail":"b"}]}`, "a; b"},
		{"empty", "DELETE", 404, "", "The server answered with status 404."},
		{"proxy-on-get", "GET", 502, "<html>", "The server answered with status 502."},
		{"proxy-on-change", "DELETE", 502, "<html>", "The server answered with status 502. " + unknownOutcome()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, tt.status, tt.answer)
			status, answer, err := c.Do(t.Context(), tt.method, "/v1/x", nil)
			if status != tt.status || string(answer) != tt.answer {
				t.Errorf("got %d %q, want %d %q", status, answer, tt.status, tt.answer)
			}
			if diff := cmp.Diff(&Error{tt.status, tt.want}, err); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnanswered(t *testing.T) {
	deaf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	defer deaf.Close()
	absent := httptest.NewServer(nil)
	absent.Close()
	for _, tt := range []struct {
		name, url, method string
		want              string
	}{
		{"not-sent", absent.URL, "DELETE", "Nothing was done"},
		{"sent", deaf.URL, "DELETE", unknownOutcome()},
		{"sent-but-harmless", deaf.URL, "GET", "Try again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := New(tt.url).Do(t.Context(), tt.method, "/v1/sessions/5", nil)
			failed, ok := errors.AsType[*Error](err)
			if !ok || failed.Status != 0 || !strings.Contains(failed.Detail, tt.want) {
				t.Errorf("got %v, want an Error without status that says %q", err, tt.want)
			}
		})
	}
	c, _ := answering(t, 200, "no json")
	if _, err := c.WhoAmI(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v, want an error about the answer", err)
	}
}

func TestAlike(t *testing.T) {
	c, last := answering(t, http.StatusOK, `{"data":{"id":"5","type":"alike","attributes":{"statement":"SELECT 1","count":2,"p95":0.012,"complete":true}}}`)
	got, err := c.Alike(t.Context(), "5")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(api.AlikeAttributes{Statement: "SELECT 1", Count: 2, P95: 0.012, Complete: true}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if last.Method != "GET" || !strings.HasSuffix(last.URL, "/v1/sessions/5/alike") {
		t.Errorf("asked %+v", *last)
	}
}

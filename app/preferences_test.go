package app

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/client"
)

// keeper is a server that keeps preferences.
type keeper struct {
	mu     sync.Mutex
	kept   api.Preferences
	puts   []string // bodies, in order
	status int      // of the answer to a PUT, 204 when 0
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.Method == "GET" {
		_ = json.NewEncoder(w).Encode(k.kept)
		return
	}
	body, _ := io.ReadAll(r.Body)
	k.puts = append(k.puts, string(body))
	if k.status != 0 {
		w.WriteHeader(k.status)
		_, _ = io.WriteString(w, `{"errors":[{"detail":"No."}]}`)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/shared") {
		_ = json.Unmarshal(body, &k.kept.Shared)
	} else {
		k.kept.Own = body
	}
	w.WriteHeader(http.StatusNoContent)
}

func (k *keeper) bodies() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.puts...)
}

// serve keeps a console going that talks to a server: do runs on the goroutine
// that draws, and until waits for what comes of it.
func serve(t *testing.T, handler http.Handler, do func(), until func() bool) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	engine := app.NewTestEngine()
	if err := engine.Load(&probed{do: func(ctx app.Context) {
		console.ctx, console.client = ctx, client.New(server.URL)
		do()
	}}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); ; {
		engine.ConsumeAll()
		if until() {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it never came true")
		}
		time.Sleep(time.Millisecond)
	}
}

// Ensure that what is chosen reaches the server, the newest last, however fast
// one chooses.
func TestPreferencesKept(t *testing.T) {
	reset(t)
	k := &keeper{}
	serve(t, k, func() {
		console.prefs.change(func(o *ownPreferences) { o.Theme = "dark" })
		console.prefs.change(func(o *ownPreferences) { o.Density = "compact" })
		console.prefs.change(func(o *ownPreferences) { o.remember("stuck lock") })
	}, func() bool { return len(k.bodies()) == 2 && !console.prefs.sending })
	want := []string{`{"theme":"dark"}`, `{"theme":"dark","density":"compact","reasons":["stuck lock"]}`}
	if diff := cmp.Diff(want, k.bodies()); diff != "" {
		t.Error(diff)
	}
	if got := rowHeight(); got != 26 {
		t.Errorf("got rows of %d px, want 26", got)
	}
}

// Ensure that a server that cannot keep them is complained about once, and one
// that does not know them never.
func TestPreferencesNotKept(t *testing.T) {
	for _, tt := range []struct{ status, want int }{{500, 1}, {404, 0}} {
		reset(t)
		k := &keeper{status: tt.status}
		serve(t, k, func() {
			console.prefs.change(func(o *ownPreferences) { o.Theme = "dark" })
			console.prefs.change(func(o *ownPreferences) { o.Theme = "light" })
		}, func() bool { return len(k.bodies()) == 2 && !console.prefs.sending })
		if got := len(console.toasts); got != tt.want {
			t.Errorf("status %d: got %d notices, want %d", tt.status, got, tt.want)
		}
	}
}

// Ensure that what a server answers is taken over, that hostile words are not,
// and that one user does not get what a browser has kept of another.
func TestPreferencesTake(t *testing.T) {
	for _, tt := range []struct {
		name string
		kept copyOf // by the browser
		own  string // by the server
		err  error
		want ownPreferences
	}{
		{"server", copyOf{"ann", ownPreferences{Theme: "light"}}, `{"theme":"dark","time":"utc"}`, nil, ownPreferences{Theme: "dark", Time: "utc"}},
		{"hostile", copyOf{}, `{"theme":"\"><b>","density":"x","time":7}`, nil, ownPreferences{}},
		{"words", copyOf{}, `{"theme":"\"><b>","density":"x","time":"y","reasons":["1","2","3","4","5","6"]}`, nil, ownPreferences{Reasons: []string{"1", "2", "3", "4", "5"}}},
		{"no-server", copyOf{"ann", ownPreferences{Time: "utc"}}, "", errors.New("none"), ownPreferences{Time: "utc"}},
		{"nobody-yet", copyOf{"", ownPreferences{Time: "utc"}}, "", nil, ownPreferences{Time: "utc"}},
		{"other-user", copyOf{"bob", ownPreferences{Theme: "dark", Time: "utc", Reasons: []string{"secret"}}}, "", nil, ownPreferences{Theme: "dark"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reset(t)
			serve(t, &keeper{}, func() {
				if err := console.ctx.LocalStorage().Set(copyName, tt.kept); err != nil {
					t.Error(err)
				}
				console.prefs.load()
				console.prefs.take("ann", api.Preferences{Own: json.RawMessage(tt.own)}, tt.err)
				if diff := cmp.Diff(tt.want, console.prefs.own); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(copyOf{"ann", tt.want}, storedCopy()); diff != "" {
					t.Error(diff)
				}
			}, func() bool { return true })
		})
	}
}

// Ensure that what is everybody's is changed from what it is now, not from what
// was last seen of it.
func TestPreferencesShare(t *testing.T) {
	reset(t)
	k := &keeper{kept: api.Preferences{Shared: api.SharedPreferences{Views: []api.SavedView{{Name: "of bob"}}}}}
	serve(t, k, func() {
		console.prefs.share("Shared.", func(s *api.SharedPreferences) { s.Thresholds.Lag = 9 })
	}, func() bool { return len(console.toasts) == 1 })
	want := api.SharedPreferences{Views: []api.SavedView{{Name: "of bob"}}, Thresholds: api.Thresholds{Lag: 9}}
	if diff := cmp.Diff(want, console.prefs.shared); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, k.kept.Shared); diff != "" {
		t.Error(diff)
	}
}

// Ensure that reasons are those given last, each once.
func TestPreferencesReasons(t *testing.T) {
	var o ownPreferences
	for _, r := range []string{"a", "b", "a", "", "c", "d", "e", "f"} {
		o.remember(r)
	}
	if diff := cmp.Diff([]string{"f", "e", "d", "c", "a"}, o.Reasons); diff != "" {
		t.Error(diff)
	}
}

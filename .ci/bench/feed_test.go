package bench

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/.ci/bench/site"
	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/server"
)

// changing is how many percent of the sessions run a statement every second.
const changing = 5

// openSite starts a site under load and serves it.
func openSite(t *testing.T) (s *site.Site, url string) {
	t.Helper()
	sessions := number(t, "LIVE_SESSIONS", 100_000)
	start := time.Now()
	ctx, stop := context.WithCancel(t.Context())
	s, err := site.Open(ctx, sessions)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "%d sessions after %.1f s\n", sessions, time.Since(start).Seconds())
	var running sync.WaitGroup
	running.Go(func() { s.Load.Run(ctx, sessions*changing/100) })
	ready := make(chan string, 1)
	running.Go(func() {
		if err := s.Serve(ctx, 0, func(url string) { ready <- url }); err != nil {
			t.Error(err)
			close(ready)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, "ws" + strings.TrimPrefix(<-ready, "http") + "/v1/ws"
}

// processor returns the processor time that this process has used.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// dialFeed opens the feed as a user.
func dialFeed(ctx context.Context, url, user string) (*websocket.Conn, error) {
	login := base64.StdEncoding.EncodeToString([]byte(user + ":" + site.Password))
	conn, _, err := websocket.DefaultDialer.DialContext(ctx, url, http.Header{"Authorization": {"Basic " + login}})
	return conn, err
}

// TestFeedUpkeep measures what one view of very many sessions costs: the
// processor time of the whole process with the view, less what it was without,
// in which the sessions and the load are. One viewer in this process reads the
// frames, and is counted too.
func TestFeedUpkeep(t *testing.T) {
	seconds := number(t, "SECONDS_EACH", 5)
	_, url := openSite(t)
	time.Sleep(3 * time.Second)
	usage := func() upkeep { return measureUpkeep(t, time.Duration(seconds)*time.Second) }
	if name := os.Getenv("PROFILE"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			t.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	views := []struct {
		name          string
		ask           api.Subscribe
		cost, without upkeep
		loaded,
		frames, bytes atomic.Int64
	}{
		{name: "all, by id", ask: api.Subscribe{}},
		{name: "all, by state", ask: api.Subscribe{Sort: "-state"}},
		{name: "user:app1, newest first", ask: api.Subscribe{Filter: "user:app1", Sort: "in-state"}},
		{name: "idle>10s, by silence", ask: api.Subscribe{Filter: "idle>10s", Sort: "-idle"}},
		{name: "all, by I/O", ask: api.Subscribe{Sort: "-io"}},
		{name: "statements running", ask: api.Subscribe{Topic: api.TopicGroups, Filter: "state:running", Group: "fingerprint"}},
		{name: "users and services", ask: api.Subscribe{Topic: api.TopicGroups, Group: "user,service"}},
	}
	for i := range views {
		v := &views[i]
		v.without = usage()
		conn, err := dialFeed(t.Context(), url, site.User)
		if err != nil {
			t.Fatal(err)
		}
		v.ask.Type, v.ask.View = api.SubscribeType, "bench"
		if v.ask.Topic == "" {
			v.ask.Topic, v.ask.Limit = api.TopicSessions, 60
		}
		start, first := time.Now(), make(chan bool)
		if err := conn.WriteJSON(v.ask); err != nil {
			t.Fatal(err)
		}
		var reader sync.WaitGroup
		reader.Go(func() {
			for once := sync.OnceFunc(func() { close(first) }); ; {
				_, text, err := conn.ReadMessage()
				if err != nil {
					once()
					return
				}
				switch {
				case strings.Contains(string(text[:min(len(text), 60)]), `"snapshot"`):
					v.loaded.Store(int64(time.Since(start)))
					once()
				case strings.Contains(string(text[:min(len(text), 60)]), `"patch"`):
					v.frames.Add(1)
					v.bytes.Add(int64(len(text)))
				}
			}
		})
		<-first
		time.Sleep(time.Second)
		v.frames.Store(0)
		v.bytes.Store(0)
		v.cost = usage()
		conn.Close()
		reader.Wait()
		time.Sleep(200 * time.Millisecond)
	}
	last, sum := usage(), 0.0
	for i := range views { // what else the machine does changes: compare with before and after
		v, next := &views[i], last
		if i+1 < len(views) {
			next = views[i+1].without
		}
		v.cost.cpu -= (v.without.cpu + next.cpu) / 2
		v.cost.garbage -= (v.without.garbage + next.garbage) / 2
		sum += v.without.cpu / float64(len(views))
	}

	fmt.Printf("\nupkeep of one view of %d sessions, %d %% of which run a statement every second\n", number(t, "LIVE_SESSIONS", 100_000), changing)
	fmt.Printf("the process with the view less without (%.1f ms a tick: sessions and load); a tick is 500 ms\n\n", sum)
	fmt.Printf("%-26s %12s %12s %12s %12s %12s\n", "view", "CPU ms/tick", "garbage KB", "first ms", "frames/s", "bytes/frame")
	for i := range views {
		v := &views[i]
		n := max(1, v.frames.Load())
		fmt.Printf("%-26s %12.1f %12.0f %12.0f %12.1f %12d\n", v.name, v.cost.cpu, v.cost.garbage/1000,
			float64(v.loaded.Load())/1e6, float64(n)/float64(seconds), v.bytes.Load()/n)
	}
	fmt.Println("\ntarget: at most 25 ms of CPU a tick")
}

// TestFeedFirst measures how long who opens a page of very many sessions waits for
// its rows: when nobody has looked before, beside somebody who looks at another
// order of the same sessions, and when the last one has left a moment ago.
func TestFeedFirst(t *testing.T) {
	rounds := number(t, "ROUNDS", 5)
	s, _ := openSite(t)
	time.Sleep(3 * time.Second)
	fmt.Printf("\nfrom subscription to snapshot, %d sessions, %d %% of which run a statement every second: median of %d\n\n",
		number(t, "LIVE_SESSIONS", 100_000), changing, rounds)
	fmt.Printf("%-26s %14s %18s %20s\n", "view", "first ms", "beside others ms", "after 5 s pause ms")
	for _, v := range []struct {
		name string
		ask  api.Subscribe
	}{
		{"all, by id", api.Subscribe{Topic: api.TopicSessions}},
		{"all, by state", api.Subscribe{Topic: api.TopicSessions, Sort: "-state"}},
		{"idle>10s, by silence", api.Subscribe{Topic: api.TopicSessions, Filter: "idle>10s", Sort: "-idle"}},
		{"users and services", api.Subscribe{Topic: api.TopicGroups, Group: "user,service"}},
	} {
		var first, beside, again []float64
		for range rounds {
			admin, err := server.New(s.Engine, server.Options{Users: s.Users, About: server.About{Version: "bench"}, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			h := httptest.NewServer(admin)
			open := func(ask api.Subscribe, list *[]float64) func() {
				conn, err := dialFeed(t.Context(), "ws"+strings.TrimPrefix(h.URL, "http")+"/v1/ws", site.User)
				if err != nil {
					t.Fatal(err)
				}
				*list = append(*list, openView(t, conn, ask))
				return func() { _ = conn.Close() }
			}
			var other []float64
			close := open(v.ask, &first)
			close()
			time.Sleep(5 * time.Second)
			close = open(v.ask, &again)
			closeOther := open(api.Subscribe{Topic: api.TopicSessions, Sort: "user"}, &other)
			close()
			time.Sleep(time.Second)
			open(v.ask, &beside)()
			closeOther()
			h.Close()
			if err := admin.Close(); err != nil {
				t.Error(err)
			}
		}
		fmt.Printf("%-26s %14.0f %18.0f %20.0f\n", v.name, quantile(first, 0.5), quantile(beside, 0.5), quantile(again, 0.5))
	}
	fmt.Println("\ntarget: at most 150 ms")
}

// openView subscribes and returns how many ms it takes until the snapshot is there.
func openView(t *testing.T, conn *websocket.Conn, ask api.Subscribe) float64 {
	t.Helper()
	ask.Type, ask.View = api.SubscribeType, "bench"
	start := time.Now()
	if err := conn.WriteJSON(ask); err != nil {
		t.Fatal(err)
	}
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text[:min(len(text), 60)]), `"snapshot"`) {
			return float64(time.Since(start).Microseconds()) / 1000
		}
	}
}

// upkeep is what the process does in one tick.
type upkeep struct {
	cpu     float64 // ms
	garbage float64 // bytes allocated
}

// measureUpkeep has no garbage collected meanwhile: a collection costs what all
// the sessions do, and would come in one measurement and not in another.
func measureUpkeep(t *testing.T, d time.Duration) upkeep {
	t.Helper()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := processor(t), time.Now()
	time.Sleep(d)
	used, ticks := processor(t)-cpu, time.Since(start).Seconds()*2
	runtime.ReadMemStats(&after)
	return upkeep{float64(used.Microseconds()) / 1000 / ticks, float64(after.TotalAlloc-before.TotalAlloc) / ticks}
}

// viewers is how many look on in TestFeedViewers, and what they look at. All
// windows show one of the first sessions, which are the ones that are timed.
const viewers = 1000

var viewersAsk = []api.Subscribe{
	{Sort: "id"},
	{Sort: "-age"},
	{Filter: "user:app1 | id<=10", Sort: "id"},
	{Filter: "state:running | id<=10", Sort: "-state", Limit: 200},
	{Filter: "age>10s", Sort: "id"},
	{Filter: "schema:shop*,p*", Sort: "id"},
	{Sort: "user"},
	{Filter: "user:app2 | id<=10", Sort: "in-state"},
	{Filter: "id<=10 | queries>20", Sort: "id"},
	{Filter: "state:idle | id<=10", Sort: "id"},
}

// TestFeedViewers measures 1,000 viewers over TCP of ten views of very many
// sessions. The viewers are another process.
func TestFeedViewers(t *testing.T) {
	if url := os.Getenv("VIEW_URL"); url != "" {
		watch(t, url)
		return
	}
	s, url := openSite(t)
	for i := range viewers / 50 { // 50 connections are allowed to each user
		if err := s.Users.Create(viewer(i*50), site.Password, "basic"); err != nil {
			t.Fatal(err)
		}
	}
	var probing sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer probing.Wait()
	defer stop()
	probing.Go(func() { // changes that people want to see at once, ten times a second
		for i := 0; ctx.Err() == nil; i++ {
			s.Load.Use(i%10, fmt.Sprint("p", time.Now().UnixNano()))
			time.Sleep(100 * time.Millisecond)
		}
	})
	time.Sleep(5 * time.Second)
	base := measureProcess(t, 8*time.Second)
	v := startOther(t, "VIEW_URL="+url)
	v.wait(t, "watching", nil)
	with := measureProcess(t, 15*time.Second)
	var figures watched
	v.wait(t, "measured", &figures)
	var again watched
	v.wait(t, "recovered", &again)
	v.end(t)

	fmt.Printf("\n%d viewers over TCP of %d views of %d sessions, %d %% of which run a statement every second\n\n",
		viewers, len(viewersAsk), number(t, "LIVE_SESSIONS", 100_000), changing)
	fmt.Printf("%-50s %10s %10s\n", "", "measured", "target")
	fmt.Printf("%-50s %10.1f\n", "change to socket, ms: median", figures.P50)
	fmt.Printf("%-50s %10.1f %10s\n", "change to socket, ms: 99 %", figures.P99, "250")
	fmt.Printf("%-50s %10.1f\n", "change to socket, ms: 99 % of the worst view", figures.Worst)
	fmt.Printf("%-50s %10d\n", "arrivals", figures.Arrivals)
	fmt.Printf("%-50s %10.2f\n", "cores: sessions and load", base.cores)
	fmt.Printf("%-50s %10.2f %10s\n", "cores: the feed", with.cores-base.cores, "1")
	fmt.Printf("%-50s %10d\n", "resident MB after a collection: sessions, load", base.resident)
	fmt.Printf("%-50s %10d %10s\n", "resident MB after a collection: the feed", with.resident-base.resident, "300")
	fmt.Printf("%-50s %10d %10d\n", "stopped reading for 4 s and know the truth again", again.Truth, again.Stalled)
	fmt.Printf("%-50s %10d\n", "frames/s to all", figures.Frames)
	fmt.Printf("%-50s %10d\n", "bytes/frame", figures.Bytes)
}

// usage is what the process uses.
type usage struct {
	cores    float64
	resident int64 // MB, after a collection
}

func measureProcess(t *testing.T, d time.Duration) usage {
	t.Helper()
	before, start := processor(t), time.Now()
	time.Sleep(d)
	cores := float64(processor(t)-before) / float64(time.Since(start))
	debug.FreeOSMemory()
	resident := proxy{pid: os.Getpid()}.resident(t)
	return usage{cores, int64(resident) / 1024}
}

func viewer(i int) string { return fmt.Sprintf("viewer%d", i/50) }

// watched is what the viewers say of what they have seen.
type watched struct {
	P50, P99, Worst float64 // ms
	Arrivals        int
	Frames, Bytes   int
	Stalled, Truth  int
}

func (w watched) String() string {
	text, err := json.Marshal(w)
	if err != nil {
		panic(err)
	}
	return string(text)
}

package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox/signalbox/.ci/bench/site"
	"github.com/signalbox/signalbox/api"
)

// walls is how many screens look at one server.
const walls = 500

// overview is the board that is part of the program.
func overview(t *testing.T) []api.Subscribe {
	t.Helper()
	text, err := os.ReadFile("../../server/boards/overview.json")
	if err != nil {
		t.Fatal(err)
	}
	var plan api.BoardPlan
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	return plan.Asks()
}

// TestFeedWalls measures what 500 walls with one board cost the server. The walls
// are another process, which reads whatever comes.
func TestFeedWalls(t *testing.T) {
	if url := os.Getenv("WALL_URL"); url != "" {
		hang(t, url)
		return
	}
	s, url := openSite(t)
	for i := range walls / 50 {
		if err := s.Users.Create(viewer(i*50), site.Password, "basic"); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(5 * time.Second)
	base := measureProcess(t, 10*time.Second)
	p := startOther(t, "WALL_URL="+url)
	p.wait(t, "walls hang", nil)
	with := measureProcess(t, 15*time.Second)
	var frames int
	p.wait(t, "frames", &frames)
	p.end(t)
	fmt.Printf("\n%d walls with the board overview over TCP, on %d sessions, %d %% of which run a statement every second\n\n",
		walls, number(t, "LIVE_SESSIONS", 100_000), changing)
	fmt.Printf("%-50s %10s %10s\n", "", "measured", "target")
	fmt.Printf("%-50s %10.2f\n", "cores: sessions and load", base.cores)
	fmt.Printf("%-50s %10.2f %10s\n", "cores: the walls", with.cores-base.cores, "0.5")
	fmt.Printf("%-50s %10d\n", "resident MB after a collection: the walls", with.resident-base.resident)
	fmt.Printf("%-50s %10d\n", "frames/s to all", frames)
}

// hang is what the other process does.
func hang(t *testing.T, url string) {
	asks := overview(t)
	var frames atomic.Int64
	for i := range walls {
		conn, err := dialFeed(t.Context(), url, viewer(i))
		if err != nil {
			t.Fatalf("wall %d: %v", i, err)
		}
		defer conn.Close()
		for _, ask := range asks {
			ask.Type = api.SubscribeType
			if err := conn.WriteJSON(ask); err != nil {
				t.Fatalf("wall %d: %v", i, err)
			}
		}
		go func() {
			for {
				if _, _, err := conn.ReadMessage(); err != nil {
					return
				}
				frames.Add(1)
			}
		}()
	}
	time.Sleep(5 * time.Second)
	fmt.Println("walls hang")
	before := frames.Load()
	time.Sleep(16 * time.Second)
	fmt.Println("frames", (frames.Load()-before)/16)
}

package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalbox/signalbox/api"
)

// This file is the process with the viewers of TestFeedViewers. It tells how far
// it is in lines: "watching", "measured {...}", "recovered {...}".

// otherProcess is a process with viewers as the test that has started it sees it.
type otherProcess struct {
	command *exec.Cmd
	out     *bufio.Scanner
}

// startOther runs the test in another process, which knows by a variable of the
// environment that it is that one.
func startOther(t *testing.T, variable string) *otherProcess {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	command.Env = append(os.Environ(), variable)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return &otherProcess{command, bufio.NewScanner(out)}
}

// wait reads on until the line that begins with word, and decodes the rest.
func (p *otherProcess) wait(t *testing.T, word string, into any) {
	t.Helper()
	for p.out.Scan() {
		rest, ok := strings.CutPrefix(p.out.Text(), word)
		if !ok {
			fmt.Fprintln(os.Stderr, p.out.Text())
			continue
		}
		if into != nil {
			if err := json.Unmarshal([]byte(rest), into); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	t.Fatalf("the other process has ended before it said %s", word)
}

func (p *otherProcess) end(t *testing.T) {
	t.Helper()
	for p.out.Scan() {
	}
	if err := p.command.Wait(); err != nil {
		t.Fatal(err)
	}
}

// watcher is one viewer.
type watcher struct {
	conn *websocket.Conn
	view int

	mu      sync.Mutex // guards what follows
	pause   chan bool  // not nil while the viewer is not to read
	newest  int64      // of the probes that it has seen
	took    []float64  // ms
	frames  int
	bytes   int
	measure bool
	err     error
}

// watch is what the process does.
func watch(t *testing.T, url string) {
	var all []*watcher
	var reading sync.WaitGroup
	for i := range viewers {
		w, err := newWatcher(t.Context(), url, i)
		if err != nil {
			t.Fatalf("viewer %d: %v", i, err)
		}
		all = append(all, w)
		reading.Go(w.read)
	}
	time.Sleep(3 * time.Second)
	each := func(do func(*watcher)) {
		for _, w := range all {
			w.mu.Lock()
			do(w)
			w.mu.Unlock()
		}
	}
	fmt.Println("watching")
	each(func(w *watcher) { w.measure = true })
	const measured = 15
	time.Sleep(measured * time.Second)
	each(func(w *watcher) { w.measure = false })
	fmt.Println("measured", summary(all, measured))

	// One viewer of ten stops reading. The kernel takes some frames for it.
	var stalled []*watcher
	for _, w := range all {
		if w.view == stalledView {
			stalled = append(stalled, w)
		}
	}
	pause := make(chan bool)
	for _, w := range stalled {
		w.mu.Lock()
		w.pause = pause
		w.mu.Unlock()
	}
	time.Sleep(4 * time.Second)
	for _, w := range stalled {
		w.mu.Lock()
		w.pause = nil
		w.mu.Unlock()
	}
	close(pause)
	time.Sleep(3 * time.Second)
	again := watched{Stalled: len(stalled)}
	recent := time.Now().Add(-2 * time.Second).UnixNano()
	for _, w := range stalled {
		w.mu.Lock()
		if w.err == nil && w.newest > recent {
			again.Truth++
		}
		w.mu.Unlock()
	}
	fmt.Println("recovered", again)
	for _, w := range all {
		_ = w.conn.Close()
	}
	reading.Wait()
}

// stalledView is the view, of the largest frames, whose viewers stop reading.
const stalledView = 7

func newWatcher(ctx context.Context, url string, i int) (*watcher, error) {
	conn, err := dialFeed(ctx, url, viewer(i))
	if err != nil {
		return nil, err
	}
	ask := viewersAsk[i%len(viewersAsk)]
	ask.Type, ask.View, ask.Topic = api.SubscribeType, "sessions", api.TopicSessions
	if ask.Limit == 0 {
		ask.Limit = 60
	}
	return &watcher{conn: conn, view: i % len(viewersAsk)}, conn.WriteJSON(ask)
}

// read takes frames and notes the probes in them: sessions whose database is the
// time at which it was chosen.
func (w *watcher) read() {
	var buf bytes.Buffer
	for {
		w.mu.Lock()
		pause := w.pause
		w.mu.Unlock()
		if pause != nil {
			<-pause
		}
		_, r, err := w.conn.NextReader()
		if err == nil {
			buf.Reset()
			_, err = io.Copy(&buf, r)
		}
		now := time.Now().UnixNano()
		w.mu.Lock()
		if err != nil {
			w.err = err
			w.mu.Unlock()
			return
		}
		w.note(buf.Bytes(), now)
		w.mu.Unlock()
	}
}

func (w *watcher) note(frame []byte, now int64) {
	if w.measure {
		w.frames++
		w.bytes += len(frame)
	}
	for mark := []byte(`"database":"p`); ; {
		i := bytes.Index(frame, mark)
		if i < 0 {
			return
		}
		frame = frame[i+len(mark):]
		text, _, _ := bytes.Cut(frame[:min(len(frame), 25)], []byte{'"'})
		sent, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil || sent <= w.newest {
			continue
		}
		w.newest = sent
		if w.measure {
			w.took = append(w.took, float64(now-sent)/1e6)
		}
	}
}

// summary adds up what all have seen.
func summary(all []*watcher, seconds int) watched {
	var figures watched
	var took []float64
	byView := make([][]float64, len(viewersAsk))
	for _, w := range all {
		w.mu.Lock()
		took = append(took, w.took...)
		byView[w.view] = append(byView[w.view], w.took...)
		figures.Frames += w.frames
		figures.Bytes += w.bytes
		w.mu.Unlock()
	}
	figures.Arrivals = len(took)
	figures.P50, figures.P99 = quantile(took, 0.5), quantile(took, 0.99)
	for i, list := range byView {
		fmt.Fprintf(os.Stderr, "view %d: %d arrivals, 99 %% %.1f ms\n", i, len(list), quantile(list, 0.99))
		figures.Worst = max(figures.Worst, quantile(list, 0.99))
	}
	figures.Bytes /= max(1, figures.Frames)
	figures.Frames /= seconds
	return figures
}

func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[int(q*float64(len(list)-1))]
}

package server

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/server/push"
)

// The rhythm and the memory of the statistics.
const (
	statsEvery  = time.Second
	statsWindow = 10 // samples that p95 looks back, and that make a point of the history
	statsPoints = 360
)

// stats samples what the engine has done, once a second, and keeps an hour of it.
// All methods may be called by any goroutine.
type stats struct {
	engine *engine.Engine
	now    func() time.Time

	mu      sync.Mutex // guards what follows
	last    statsSample
	window  []map[string]engine.Latency // of each of the last samples, oldest first
	rows    []api.Stats
	history statsHistory
}

// statsSample are the counters at one instant, by the ids of api.Stats.
type statsSample struct {
	at     time.Time
	counts map[string]statsCount
}

type statsCount struct {
	statements, errors uint64
	latency            engine.Latency
}

// statsHistory is the past of the whole program.
type statsHistory struct {
	series  api.Series
	samples int // that the newest point is the mean of
}

func newStats(e *engine.Engine, now func() time.Time) *stats { return &stats{engine: e, now: now} }

// run samples until ctx ends, and tells h of each sample.
func (s *stats) run(ctx context.Context, h *herald) {
	tick := time.NewTicker(statsEvery)
	defer tick.Stop()
	s.sample()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.sample()
			h.tell(push.Change{Topic: api.TopicStats})
		}
	}
}

// sample reads the engine's counters and works out the rates since it was last
// called.
func (s *stats) sample() {
	work, now := s.engine.Work(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	next := statsSample{at: now, counts: make(map[string]statsCount, 1+len(work))}
	var all statsCount
	sessions := 0
	rows := []api.Stats{{}} // for the total
	for i := range work {
		w := &work[i]
		id := statsKinds[w.Kind] + w.Name
		rows = append(rows, statsRow(id, int(w.Sessions)))
		next.counts[id] = statsCount{w.Statements, w.Errors, w.Latency}
		if w.Kind == engine.ServerObject {
			continue // of a service's work, which is all there is
		}
		all.statements += w.Statements
		all.errors += w.Errors
		all.latency.Add(&w.Latency)
		sessions += int(w.Sessions)
	}
	rows[0] = statsRow(api.StatsTotal, sessions)
	next.counts[api.StatsTotal] = all
	s.rate(rows, next)
	s.last = next
	s.history.add(&rows[0].Attributes, now)
	series := s.history.snapshot()
	rows[0].Attributes.Series = &series
	s.rows = rows
}

// rate fills in what rows did since the last sample.
func (s *stats) rate(rows []api.Stats, next statsSample) {
	seconds := next.at.Sub(s.last.at).Seconds()
	if s.last.counts == nil || seconds <= 0 {
		return
	}
	latest := make(map[string]engine.Latency, len(rows))
	for i := range rows {
		id, a := rows[i].ID, &rows[i].Attributes
		now, before := next.counts[id], s.last.counts[id]
		a.Statements = rounded(float64(now.statements-before.statements) / seconds)
		a.Errors = rounded(float64(now.errors-before.errors) / seconds)
		latest[id] = now.latency.Since(&before.latency)
		recent := latest[id]
		for _, older := range s.window {
			l := older[id]
			recent.Add(&l)
		}
		a.P95 = rounded(recent.Quantile(0.95).Seconds())
	}
	s.window = append(s.window, latest)
	if len(s.window) >= statsWindow {
		s.window = s.window[1:]
	}
}

// statsKinds are what the ids of rows begin with.
var statsKinds = map[engine.ObjectKind]string{engine.ServiceObject: "service:", engine.ServerObject: "server:"}

func statsRow(id string, sessions int) api.Stats {
	return api.Stats{ID: id, Type: "stats", Attributes: api.StatsAttributes{Sessions: sessions}}
}

// rounded keeps three significant digits: nobody reads more, and frames stay
// small.
func rounded(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// add takes a sample into the newest point, or begins another one.
func (h *statsHistory) add(a *api.StatsAttributes, now time.Time) {
	values := []float64{float64(a.Sessions), a.Statements, a.Errors, a.P95}
	lines := []*[]float64{&h.series.Sessions, &h.series.Statements, &h.series.Errors, &h.series.P95}
	h.series.At, h.series.Step = apiTime(now), statsWindow*int(statsEvery/time.Second)
	if h.samples == statsWindow || len(h.series.Sessions) == 0 {
		h.samples = 0
		for _, line := range lines {
			if len(*line) == statsPoints {
				*line = (*line)[1:]
			}
			*line = append(*line, 0)
		}
	}
	h.samples++
	for i, line := range lines {
		newest := &(*line)[len(*line)-1]
		*newest = rounded(*newest + (values[i]-*newest)/float64(h.samples))
	}
}

// snapshot returns the series as it is now.
func (h *statsHistory) snapshot() api.Series {
	c := h.series
	for _, line := range []*[]float64{&c.Sessions, &c.Statements, &c.Errors, &c.P95} {
		*line = append(make([]float64, 0, len(*line)), *line...)
	}
	return c
}

// list returns the newest figures: of the program first, then of services and of
// servers.
func (s *stats) list() []api.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]api.Stats{}, s.rows...)
}

// all serves GET /v1/stats, which is ours.
func (s *stats) all(c *call) (answer, error) {
	rows := slices.DeleteFunc(s.list(), func(r api.Stats) bool { return !c.sees(r) })
	for i := range rows {
		link(c, &rows[i], "stats", rows[i].ID)
	}
	return many(c, rows, c.link("stats")), nil
}

package server

import (
	"math"
	"net/http"
	"os"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
)

// thread is one element of maxscale/threads. MaxScale has worker threads, each
// of which owns sessions; here the Go runtime runs all sessions on all cores,
// which is shown as the one thread "0" with the runtime's figures.
type thread = api.Resource[threadAttributes]

type threadAttributes struct {
	Stats threadStats `json:"stats"`
}

type threadStats struct {
	State                string         `json:"state"`
	Listening            bool           `json:"listening"`
	Accepts              int64          `json:"accepts"` // clients since the start
	Reads                uint64         `json:"reads"`   // commands routed
	Writes               uint64         `json:"writes"`  // the same: each is answered
	Hangups              int64          `json:"hangups"`
	Errors               uint64         `json:"errors"`                 // failed logins of clients
	AvgEventQueueLength  int64          `json:"avg_event_queue_length"` // goroutines that could run and do not
	MaxEventQueueLength  int64          `json:"max_event_queue_length"`
	MaxExecTime          int64          `json:"max_exec_time"`
	MaxQueueTime         int64          `json:"max_queue_time"` // longest wait for a core so far, ms
	CurrentDescriptors   int64          `json:"current_descriptors"`
	TotalDescriptors     int64          `json:"total_descriptors"` // those and all connections since the start
	Sessions             int64          `json:"sessions"`
	Zombies              int64          `json:"zombies"`
	Load                 threadLoad     `json:"load"`
	Memory               threadMemory   `json:"memory"`
	QueryClassifierCache map[string]int `json:"query_classifier_cache"`
}

// threadLoad is the share of the machine's time in use, in percent.
type threadLoad struct {
	LastSecond int64 `json:"last_second"`
	LastMinute int64 `json:"last_minute"`
	LastHour   int64 `json:"last_hour"`
}

type threadMemory struct {
	QueryClassifier int64 `json:"query_classifier"`
	Sessions        int64 `json:"sessions"`
	Total           int64 `json:"total"` // mapped by the Go runtime
	Zombies         int64 `json:"zombies"`
}

func (p program) threadResource(c *call) thread {
	runtime := readRuntime()
	stats := threadStats{
		State: "Active", Listening: true,
		AvgEventQueueLength: runtime.runnable, MaxEventQueueLength: runtime.runnable,
		MaxQueueTime:         runtime.longestWait.Milliseconds(),
		Memory:               threadMemory{Total: runtime.memory},
		Load:                 p.load.read(runtime.cpu, runtime.cpuAvailable),
		QueryClassifierCache: map[string]int{"size": 0, "inserts": 0, "hits": 0, "misses": 0, "evictions": 0},
	}
	for _, service := range p.engine.Services() {
		stats.Accepts += service.TotalConnections
		stats.Reads += service.RoutedPackets
		stats.Errors += service.FailedAuths
		stats.TotalDescriptors += service.TotalConnections
	}
	stats.Writes = stats.Reads
	for _, server := range p.engine.Servers() {
		stats.TotalDescriptors += server.TotalConnections
	}
	for _, session := range p.engine.Sessions() {
		info := session.LightInfo()
		stats.Memory.Sessions += memoryTotal(&info)
		if stats.Sessions++; info.State == engine.SessionStopping {
			stats.Zombies++
		}
	}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		stats.CurrentDescriptors = int64(len(entries))
	}
	stats.TotalDescriptors += stats.CurrentDescriptors
	r := thread{ID: "0", Type: "threads", Attributes: threadAttributes{stats}}
	link(c, &r, "maxscale", "threads", "0")
	return r
}

func (p program) threads(c *call) (answer, error) {
	return many(c, []thread{p.threadResource(c)}, c.link("maxscale", "threads")), nil
}

func (p program) thread(c *call) (answer, error) {
	if id := c.PathValue("id"); id != "0" {
		return answer{}, refuse(http.StatusNotFound, "%s is not a thread: there is one, 0", clip(id))
	}
	return one(c, p.threadResource(c), c.link("maxscale", "threads", "0")), nil
}

// runtimeFigures are what the Go runtime says of itself.
type runtimeFigures struct {
	runnable          int64
	longestWait       time.Duration
	memory            int64
	cpu, cpuAvailable float64 // seconds since the start
}

func readRuntime() runtimeFigures {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/cpu/classes/total:cpu-seconds"},
		{Name: "/cpu/classes/idle:cpu-seconds"},
		{Name: "/sched/latencies:seconds"},
	}
	metrics.Read(samples)
	var f runtimeFigures
	if samples[0].Value.Kind() == metrics.KindUint64 {
		f.runnable = int64(samples[0].Value.Uint64())
	}
	if samples[1].Value.Kind() == metrics.KindUint64 {
		f.memory = int64(samples[1].Value.Uint64())
	}
	if samples[2].Value.Kind() == metrics.KindFloat64 && samples[3].Value.Kind() == metrics.KindFloat64 {
		f.cpuAvailable = samples[2].Value.Float64()
		f.cpu = f.cpuAvailable - samples[3].Value.Float64()
	}
	if samples[4].Value.Kind() == metrics.KindFloat64Histogram {
		f.longestWait = highest(samples[4].Value.Float64Histogram())
	}
	return f
}

// highest returns the lower bound of the last bucket that has anything in it.
func highest(h *metrics.Float64Histogram) time.Duration {
	for i := len(h.Counts) - 1; i >= 0; i-- {
		if h.Counts[i] > 0 && !math.IsInf(h.Buckets[i], 0) {
			return time.Duration(h.Buckets[i] * float64(time.Second))
		}
	}
	return 0
}

// load turns a growing count of processor seconds into shares. It keeps one
// sample per span, taken when somebody asks: a share is over the span, or over
// as much more as nobody has asked for.
type load struct {
	now func() time.Time

	mu    sync.Mutex // guards what follows
	spans [3]loadSpan
}

type loadSpan struct {
	length         time.Duration
	taken          time.Time
	used, possible float64 // then
	share          int64
}

func newLoad(now func() time.Time) *load {
	return &load{now: now, spans: [3]loadSpan{{length: time.Second}, {length: time.Minute}, {length: time.Hour}}}
}

func (l *load) read(used, possible float64) threadLoad {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for i := range l.spans {
		s := &l.spans[i]
		if !s.taken.IsZero() && now.Sub(s.taken) < s.length {
			continue
		}
		if possible > s.possible {
			s.share = int64(math.Round(100 * (used - s.used) / (possible - s.possible)))
		}
		s.taken, s.used, s.possible = now, used, possible
	}
	return threadLoad{l.spans[0].share, l.spans[1].share, l.spans[2].share}
}

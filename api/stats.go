package api

// Stats are what something has done lately: the whole program ("total"), a
// service or a server. They are ours, the rows of TopicStats and of GET
// /v1/stats.
type Stats = Resource[StatsAttributes]

// StatsTotal is the id of the row that is the whole program, StatsHistory of the
// one with its Series and nothing else. The ids of others are "service:NAME" and
// "server:NAME".
const (
	StatsTotal   = "total"
	StatsHistory = "history"
)

// StatsAttributes are figures of the last second, and their history.
type StatsAttributes struct {
	Sessions   int     `json:"sessions"`   // now; connections, for a server
	Statements float64 `json:"statements"` // a second
	Errors     float64 `json:"errors"`     // a second; 0 for a server
	P95        float64 `json:"p95"`        // seconds that statements took, of the last 10 s; 0 when there was none; of a server, those whose reply a client has seen
	Series     *Series `json:"series,omitempty"`
}

// Series is the history of the whole program, oldest first, one point every
// Step seconds up to At. It is another one when there is a new point, not before:
// it is as large as it is long.
type Series struct {
	At         Time      `json:"at"`
	Step       int       `json:"step"`
	Sessions   []float64 `json:"sessions"`
	Statements []float64 `json:"statements"`
	Errors     []float64 `json:"errors"`
	P95        []float64 `json:"p95"`
}

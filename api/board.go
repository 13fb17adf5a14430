package api

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
)

// Board is what a wall shows. Boards are ours, the rows of GET /v1/boards.
type Board = Resource[BoardAttributes]

// BoardAttributes are the attributes of a board: its plan, and where that is
// kept.
type BoardAttributes struct {
	Plan    BoardPlan `json:"plan"`
	Source  Source    `json:"source"`            // static for one that is part of the program, runtime for a file
	Problem string    `json:"problem,omitempty"` // why the file cannot be shown; there is no plan then
}

// BoardPlan is a board as it stands in its file and in the body of PUT
// /v1/boards/:id.
type BoardPlan struct {
	Title  string      `json:"title"`
	Rotate int         `json:"rotate,omitempty"` // seconds that a view is shown; 0 is BoardRotate
	Night  *BoardNight `json:"night,omitempty"`  // when the screen is dimmed; nil is never
	Views  []BoardView `json:"views"`            // shown one after the other
}

// Tag is the entity tag of a board with this plan, for If-Match: who changes a
// board says which plan they have changed.
func (p *BoardPlan) Tag() string {
	sum := fnv.New64a()
	_ = json.NewEncoder(sum).Encode(p) // there is nothing in it that JSON cannot say
	return strconv.Quote(strconv.FormatUint(sum.Sum64(), 16))
}

// BoardNight is from when to when a screen is dimmed, in hours of its own clock.
type BoardNight struct {
	From int `json:"from"` // 0 to 23
	To   int `json:"to"`
}

// BoardView is one screen: a grid of BoardColumns by BoardRows cells, upright
// the other way round, which is filled from the top left.
type BoardView struct {
	Title string      `json:"title"`
	Tiles []BoardTile `json:"tiles"`
}

// BoardTile is a part of a view.
type BoardTile struct {
	Kind      string   `json:"kind"`                // one of the kinds below
	Title     string   `json:"title,omitempty"`     // "" is what the kind is called
	Width     int      `json:"width,omitempty"`     // cells: 1, 2 or 4; 0 is 1, of lists 2
	Height    int      `json:"height,omitempty"`    // cells: 1 or 2; 0 is 1
	Filter    string   `json:"filter,omitempty"`    // package view's language; for tiles that are about sessions
	Sort      string   `json:"sort,omitempty"`      // for TileList; "" is "-state"
	Attention *float64 `json:"attention,omitempty"` // from which figure on the tile is worth a look; 0 is never, nil is the usual
	Critical  *float64 `json:"critical,omitempty"`  // from which figure on it is critical
}

// The kinds of tiles, with the figure that their thresholds are about.
const (
	TileSessions   = "sessions"     // sessions; as long as nothing else is set, worth a look at 80 % of the limit and critical at 95 %
	TileRunning    = "running"      // sessions that run a statement
	TileLong       = "long"         // sessions whose statement has run for too long
	TileLongTrx    = "long-trx"     // sessions whose transaction has been idle for too long
	TileBlocked    = "blocked"      // sessions that wait for a lock
	TileStatements = "statements"   // statements a second
	TileLatency    = "latency"      // seconds that 95 % of statements do not exceed
	TileErrors     = "errors"       // errors a second
	TileKills      = "kills"        // kills that wait for their moment
	TileOutdated   = "outdated"     // sessions with an older chain of filters than their service has by now
	TileServers    = "servers"      // list of servers; the greatest lag in seconds, and a server that is down is critical
	TileServices   = "services"     // list of services; without thresholds
	TileUsers      = "users"        // list of the users with most sessions; sessions of the first
	TileList       = "session-list" // list of sessions; how many there are
)

// The bounds of boards.
const (
	BoardColumns = 4
	BoardRows    = 2
	BoardRotate  = 20 // seconds, when a board does not say

	MinRotate     = 10 // seconds
	MaxRotate     = 300
	MaxBoardViews = 12
	MaxBoardAsks  = 12 // views of the push feed that a wall may need: a connection has 16
)

// FirstBoard is the board of a wall where nothing says which.
const FirstBoard = "overview"

// BoardKind is what there is to know about a kind of tiles.
type BoardKind struct {
	Name     string
	Title    string
	List     bool // shows rows, otherwise one figure
	Filtered bool // takes a filter
	Judged   bool // takes thresholds

	Attention float64 // the usual thresholds; 0 is never
	Critical  float64
}

// BoardKinds are all kinds of tiles.
var BoardKinds = []BoardKind{
	{TileSessions, "Sessions", false, true, true, 0, 0},
	{TileRunning, "Running", false, true, true, 0, 0},
	{TileLong, "Long queries", false, true, true, 1, 10},
	{TileLongTrx, "Long transactions", false, true, true, 1, 10},
	{TileBlocked, "Blocked", false, true, true, 0, 1},
	{TileStatements, "Statements / s", false, false, true, 0, 0},
	{TileLatency, "Statement time, p95", false, false, true, 0, 0},
	{TileErrors, "Errors / s", false, false, true, 1, 10},
	{TileKills, "Kills pending", false, false, true, 0, 0},
	{TileOutdated, "Chains out of step", false, true, true, 1, 0},
	{TileServers, "Servers", true, false, true, 5, 30},
	{TileServices, "Services", true, false, false, 0, 0},
	{TileUsers, "Top users", true, true, true, 0, 0},
	{TileList, "Sessions", true, true, true, 0, 0},
}

// KindOf returns what there is to know about the kind of a tile; false when there
// is none of this name.
func (t *BoardTile) KindOf() (BoardKind, bool) {
	for _, k := range BoardKinds {
		if k.Name == t.Kind {
			return k, true
		}
	}
	return BoardKind{}, false
}

// Size returns how many cells the tile takes.
func (t *BoardTile) Size() (width, height int) {
	width, height = max(t.Width, 1), max(t.Height, 1)
	if k, _ := t.KindOf(); k.List && t.Width == 0 {
		width = 2
	}
	return width, height
}

// Limits returns the thresholds of the tile; 0 is never.
func (t *BoardTile) Limits() (attention, critical float64) {
	k, _ := t.KindOf()
	attention, critical = k.Attention, k.Critical
	if t.Attention != nil {
		attention = *t.Attention
	}
	if t.Critical != nil {
		critical = *t.Critical
	}
	return attention, critical
}

// What the session tiles of a wall may show of a view.
const (
	wallListRows = 64
	wallUsers    = 32
)

// Asks are the views of the push feed that the tile needs, its own first. They
// have no names yet.
func (t *BoardTile) Asks() []Subscribe {
	asks := make([]Subscribe, 1, 3)
	own := &asks[0]
	stats, services := false, false
	own.Topic, own.Filter = TopicSessions, t.Filter
	switch t.Kind {
	case TileSessions:
		own.Sort, own.Limit = "id", 1
		stats, services = t.Filter == "", t.Filter == ""
	case TileRunning:
		own.Sort, own.Limit, stats = "id", 1, true
	case TileLong:
		t.longest(own, "state:long")
	case TileLongTrx:
		t.longest(own, "state:trx-long")
	case TileBlocked:
		t.longest(own, "state:blocked")
	case TileStatements, TileLatency, TileErrors:
		own.Topic = TopicStats
	case TileKills:
		own.Topic = TopicPending
	case TileOutdated:
		own.Topic, own.Filter, own.Group, own.Limit = TopicGroups, t.and("chain:outdated"), "service", wallUsers
	case TileServers:
		own.Topic = TopicServers
	case TileServices:
		own.Topic, stats = TopicServices, true
	case TileUsers:
		own.Topic, own.Group, own.Limit = TopicGroups, "user", wallUsers
	case TileList:
		own.Sort, own.Limit = t.Sort, wallListRows
		if t.Sort == "" {
			own.Sort = "-state"
		}
	default:
		return nil
	}
	if stats {
		asks = append(asks, Subscribe{Topic: TopicStats})
	}
	if services {
		asks = append(asks, Subscribe{Topic: TopicServices})
	}
	return asks
}

// longest makes own the view of the sessions in a state, of which one is needed:
// the one that has been in it for longest.
func (t *BoardTile) longest(own *Subscribe, state string) {
	own.Filter, own.Sort, own.Limit = t.and(state), "-in-state", 1
}

func (t *BoardTile) and(condition string) string {
	if t.Filter == "" {
		return condition
	}
	return condition + " (" + t.Filter + ")"
}

// Asks are the views of the push feed that a wall with this board subscribes to,
// each once. They have names that are the same on all walls with the board.
func (p *BoardPlan) Asks() []Subscribe {
	var asks []Subscribe
	for i := range p.Views {
		for j := range p.Views[i].Tiles {
			for _, ask := range p.Views[i].Tiles[j].Asks() {
				if _, known := NameOf(asks, ask); !known {
					ask.View = "wall-" + strconv.Itoa(len(asks))
					asks = append(asks, ask)
				}
			}
		}
	}
	return asks
}

// NameOf returns the name that a view has among those of Asks.
func NameOf(asks []Subscribe, ask Subscribe) (string, bool) {
	for _, a := range asks {
		ask.View = a.View
		if a == ask {
			return a.View, true
		}
	}
	return "", false
}

package api

import "encoding/json"

// Preferences are what the console keeps for a user: GET and PUT
// /v1/preferences. They are ours, and the server only keeps the user's part: it
// is at most MaxPreferences bytes of JSON.
type Preferences struct {
	Own    json.RawMessage   `json:"own,omitempty"`    // of the user, as the console wrote it
	Shared SharedPreferences `json:"shared,omitempty"` // of all; PUT by admins at /v1/preferences/shared
}

// MaxPreferences is the most that is kept for one user, in bytes.
const MaxPreferences = 64 << 10

// SharedPreferences are what administrators set for everybody.
type SharedPreferences struct {
	Views      []SavedView `json:"views"`
	Thresholds Thresholds  `json:"thresholds"`
}

// SavedView is a named filter, order and choice of columns of the sessions page.
type SavedView struct {
	Name    string   `json:"name"`
	Filter  string   `json:"filter,omitempty"`
	Sort    string   `json:"sort,omitempty"`
	Columns []string `json:"columns,omitempty"`
}

// Thresholds are when something needs a human, in seconds; 0 is the default.
type Thresholds struct {
	LongQuery       float64 `json:"long_query"`       // a statement runs; 60 by default
	LongTransaction float64 `json:"long_transaction"` // a transaction is idle; 60 by default
	Lag             float64 `json:"lag"`              // a replica is behind; 5 by default
}

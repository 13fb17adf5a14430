package api

// Display is a paired screen: a wall that shows a board and can change nothing.
// Displays are ours, the rows of GET /v1/displays.
type Display = Resource[DisplayAttributes]

// DisplayAttributes are the attributes of a display.
type DisplayAttributes struct {
	Name       string `json:"name"`
	Board      string `json:"board"` // "" for the first one
	CreatedAt  Time   `json:"created_at"`
	CreatedBy  string `json:"created_by"`
	ExpiresAt  Time   `json:"expires_at"`
	LastSeenAt Time   `json:"last_seen_at,omitempty"` // "" until it has used its token
	Address    string `json:"address"`                // from where it was last seen, or asked to be paired
	Revoked    bool   `json:"revoked"`                // kept for a while, so that one sees that it was
}

// Pairing is the answer of POST /v1/displays/pairing, which needs no login: the
// code is for the screen, the secret for asking whether it was approved.
type Pairing struct {
	Code      string `json:"code"`
	Secret    string `json:"secret"`
	ExpiresAt Time   `json:"expires_at"`
}

// PairingSecret is the body of POST /v1/displays/pairing/poll, which answers
// 202 while nobody has approved, 410 when nobody will any more, and 200 with
// Paired and the display's cookie.
type PairingSecret struct {
	Secret string `json:"secret"`
}

// Paired is what a screen learns when it was approved. Its token is in a cookie
// that no script can read.
type Paired struct {
	Name  string `json:"name"`
	Board string `json:"board"`
}

// DisplayApproval is the body of POST /v1/displays, with which an administrator
// approves the screen that shows Code. The answer is 201 with the Display, 404
// when no screen shows such a code.
type DisplayApproval struct {
	Code  string `json:"code"` // in upper or lower case, with or without spaces
	Name  string `json:"name"`
	Board string `json:"board,omitempty"`
	Days  int    `json:"days,omitempty"` // until its token expires; 0 is DisplayDays, at most MaxDisplayDays
}

// DisplayDays is for how long a display is paired unless told otherwise,
// MaxDisplayDays the longest.
const (
	DisplayDays    = 90
	MaxDisplayDays = 366
)

// DisplayChange is the body of PATCH /v1/displays/:id. What is nil stays. The
// answer is 200 with the Display.
type DisplayChange struct {
	Name  *string `json:"name,omitempty"`
	Board *string `json:"board,omitempty"`
}

package api

// EmbedKey is what another product signs its embed tokens with. Embed keys are
// ours, the rows of GET /v1/embed-keys.
type EmbedKey = Resource[EmbedKeyAttributes]

// EmbedKeyAttributes are the attributes of an embed key. Its id is the kid of
// the tokens that are signed with it, and the key in the address of an embedded
// page.
type EmbedKeyAttributes struct {
	Name           string   `json:"name"`
	FrameAncestors []string `json:"frame_ancestors"`  // origins of pages that may embed, as "https://admin.example"
	Views          []string `json:"views"`            // of EmbedViews: those that its tokens may be for
	Scopes         []string `json:"scopes"`           // of EmbedScopes: those that its tokens may have
	Secret         string   `json:"secret,omitempty"` // in the answer of POST only
	CreatedAt      Time     `json:"created_at"`
	CreatedBy      string   `json:"created_by"`
	LastUsedAt     Time     `json:"last_used_at,omitempty"`
}

// EmbedKeyRequest is the body of POST /v1/embed-keys. Without views and scopes
// it is all of them. The answer is 201 with the EmbedKey and its secret.
type EmbedKeyRequest struct {
	Name           string   `json:"name"`
	FrameAncestors []string `json:"frame_ancestors"`
	Views          []string `json:"views,omitempty"`
	Scopes         []string `json:"scopes,omitempty"`
}

// EmbedViews are the pages that can be embedded, at /embed/ and their name.
var EmbedViews = []string{"sessions", "session", "service", "topology", "tile"}

// Scopes of embed tokens: what they let one read.
const (
	ScopeSessions = "sessions:read" // sessions, groups of them, what is pending
	ScopeObjects  = "objects:read"  // services, servers, listeners, filters and monitors
	ScopeStats    = "stats:read"    // rates
)

// EmbedScopes are all scopes.
var EmbedScopes = []string{ScopeSessions, ScopeObjects, ScopeStats}

// EmbedClaims are the claims of an embed token, a compact JWS with alg HS256
// and the id of the embed key as kid. A claim that is not here is refused.
type EmbedClaims struct {
	Issuer    string      `json:"iss,omitempty"`
	Subject   string      `json:"sub,omitempty"` // who looks, in the product's words; for the audit log
	Audience  string      `json:"aud"`           // "embed"
	Expires   float64     `json:"exp"`           // seconds since 1970, at most EmbedTokenAge from now
	Issued    float64     `json:"iat,omitempty"`
	NotBefore float64     `json:"nbf,omitempty"`
	ID        string      `json:"jti"`   // never twice
	View      string      `json:"view"`  // of EmbedViews
	Scope     []string    `json:"scope"` // of EmbedScopes
	Locked    EmbedLocked `json:"locked,omitzero"`
	Origin    string      `json:"origin"` // of the page that embeds, one of the key's frame_ancestors
	Redact    bool        `json:"redact,omitempty"`
}

// EmbedLocked is what the address and the messages of an embedding page cannot
// change. Everything that is set must hold.
type EmbedLocked struct {
	Query   string `json:"q,omitempty"`       // every session passes this filter, in the language of package view
	ID      string `json:"id,omitempty"`      // of the only session
	Service string `json:"service,omitempty"` // of the only service, and of all sessions
}

// EmbedTokenAge is the longest time that an embed token, and what it is
// exchanged for, may be good for, in seconds.
const EmbedTokenAge = 600

// EmbedToken is the body of POST /v1/embed/exchange, which needs no login. When
// the request carries an access token of the same key and for the same, that
// one is renewed.
type EmbedToken struct {
	Token string `json:"token"`
}

// EmbedAccess is the answer of POST /v1/embed/exchange.
type EmbedAccess struct {
	AccessToken string      `json:"access_token"` // a bearer token
	ExpiresAt   Time        `json:"expires_at"`
	View        string      `json:"view"`
	Scope       []string    `json:"scope"`
	Locked      EmbedLocked `json:"locked"`
	Redact      bool        `json:"redact"`
	Origin      string      `json:"origin"`
	ReadOnly    bool        `json:"read_only"` // always true
}

// Ticket is the answer of POST /v1/ws-ticket: with it whoever has made the
// request may open the push feed once, from the same address, until it expires.
// A browser gives it as a subprotocol, beside Subprotocol.
type Ticket struct {
	Ticket    string `json:"ticket"`
	ExpiresAt Time   `json:"expires_at"`
}

// Subprotocol is the WebSocket subprotocol of the push feed, TicketPrefix what a
// ticket has before it as a second one:
//
//	new WebSocket(address, ["signalbox", "ticket." + ticket])
const (
	Subprotocol  = "signalbox"
	TicketPrefix = "ticket."
)

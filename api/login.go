package api

// Credentials are the body of POST /v1/login and, with the code that the
// server has printed, of POST /v1/setup. Both answer 204 and a login cookie.
type Credentials struct {
	Code     string `json:"code,omitempty"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// Whoami is the answer of GET /v1/whoami.
type Whoami struct {
	User     string `json:"user"`
	Role     string `json:"role"`      // admin, basic, display or embed
	ReadOnly bool   `json:"read_only"` // the server refuses every change
	Version  string `json:"version"`   // of the program
	Build    string `json:"build"`     // of the console's files, as in the push feed's hello
	Demo     bool   `json:"demo"`

	Redact bool   `json:"redact,omitempty"` // no SQL text is shown
	Locked string `json:"locked,omitempty"` // filter that all sessions pass which are shown

	// Of a display.
	Name  string `json:"name,omitempty"`
	Board string `json:"board,omitempty"`

	// Of an embedded page.
	View  string   `json:"view,omitempty"`
	Scope []string `json:"scope,omitempty"`
}

// Setup is the answer of GET /v1/setup, which needs no login.
type Setup struct {
	Needed bool `json:"needed"` // there is no user yet
	Demo   bool `json:"demo"`
}

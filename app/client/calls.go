package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
)

// get reads path into answer.
func (c *Client) get(ctx context.Context, path string, answer any) error {
	return c.ask(ctx, "GET", path, nil, answer)
}

// ask makes a call and reads what it is answered.
func (c *Client) ask(ctx context.Context, method, path string, body, answer any) error {
	_, text, err := c.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return &Error{200, lang.T("The server's answer cannot be read: {error}.", "error", err.Error())}
	}
	return nil
}

// do makes a call of which only the success counts.
func (c *Client) do(ctx context.Context, method, path string, body any) error {
	_, _, err := c.Do(ctx, method, path, body)
	return err
}

// Catalog returns the words of a language by the English ones.
func Catalog(ctx context.Context, c *Client, tag string) (map[string]string, error) {
	var words map[string]string
	return words, c.get(ctx, "/web/lang/"+url.PathEscape(tag)+".json", &words)
}

// WhoAmI returns who is logged in. The error has the status 401 when nobody
// is.
func (c *Client) WhoAmI(ctx context.Context) (api.Whoami, error) {
	var who api.Whoami
	return who, c.get(ctx, "/v1/whoami", &who)
}

// SetupState returns whether the server still has no user.
func (c *Client) SetupState(ctx context.Context) (api.Setup, error) {
	var state api.Setup
	return state, c.get(ctx, "/v1/setup", &state)
}

// Setup makes the first user with the code that the server has printed, and
// logs in as that user.
func (c *Client) Setup(ctx context.Context, code, user, password string) error {
	return c.do(ctx, "POST", "/v1/setup", api.Credentials{User: user, Password: password, Code: code})
}

// Login begins a login that lives in a cookie.
func (c *Client) Login(ctx context.Context, user, password string) error {
	return c.do(ctx, "POST", "/v1/login", api.Credentials{User: user, Password: password})
}

// Logout ends the login.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, "POST", "/v1/logout", nil)
}

// Session returns a session with everything.
func (c *Client) Session(ctx context.Context, id string) (api.Session, error) {
	var document struct {
		Data api.Session `json:"data"`
	}
	return document.Data, c.get(ctx, sessionPath(id), &document)
}

// Ended returns a session that may have ended, as far as the server still knows
// it.
func (c *Client) Ended(ctx context.Context, id string) (api.Session, error) {
	var document struct {
		Data api.Session `json:"data"`
	}
	return document.Data, c.get(ctx, sessionPath(id)+"?ended=true", &document)
}

// Alike returns how long statements took that are like a session's.
func (c *Client) Alike(ctx context.Context, id string) (api.AlikeAttributes, error) {
	var document struct {
		Data api.Alike `json:"data"`
	}
	err := c.get(ctx, sessionPath(id)+"/alike", &document)
	return document.Data.Attributes, err
}

func sessionPath(id string) string { return "/v1/sessions/" + url.PathEscape(id) }

// KillOptions say how a session is to be killed. The zero value kills at once.
type KillOptions struct {
	TTL     time.Duration // until the kill, in whole milliseconds
	Idle    bool          // kill at the first idle point, at the latest after TTL
	Keep    bool          // an Idle one is given up after TTL instead
	Reason  string        // for the audit log and, unless Quiet, for the client
	Quiet   bool          // the client is not told the reason
	IfMatch string        // connected_at of the session that is meant; kills only that one when it is set
}

// Kill kills a session, or arranges for it. The error has the status 404 when
// the session has ended already, and 412 when another one than IfMatch says has
// its id; nothing was done then.
func (c *Client) Kill(ctx context.Context, id string, k KillOptions) error {
	query := url.Values{"ttl": {ttl(k.TTL)}}
	if k.Idle {
		query.Set("when", "idle")
	}
	if k.Idle && k.Keep {
		query.Set("otherwise", "keep")
	}
	if k.Reason != "" {
		query.Set("reason", k.Reason)
	}
	if k.Quiet {
		query.Set("tell", "no")
	}
	ifMatch := ""
	if k.IfMatch != "" {
		ifMatch = strconv.Quote(k.IfMatch)
	}
	_, _, err := c.DoIf(ctx, "DELETE", sessionPath(id)+"?"+query.Encode(), ifMatch, nil)
	return err
}

// ttl writes a duration in whole seconds, as every server understands it, or
// if it must be in milliseconds.
func ttl(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10)
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

// CancelPending takes back what waits: "kill", "filters" or "restart". The
// error has the status 404 when nothing waits any more.
func (c *Client) CancelPending(ctx context.Context, id, what string) error {
	return c.do(ctx, "DELETE", sessionPath(id)+"/pending/"+url.PathEscape(what), nil)
}

// CancelStatement stops the statement that a session runs; the session lives
// on.
func (c *Client) CancelStatement(ctx context.Context, id string) error {
	return c.do(ctx, "POST", sessionPath(id)+"/cancel-statement", nil)
}

// SetFilters replaces the chain of a session by the named filters, in order.
func (c *Client) SetFilters(ctx context.Context, id string, filters []string) error {
	references := make([]api.Reference, len(filters))
	for i, name := range filters {
		references[i] = api.Reference{ID: name, Type: "filters"}
	}
	return alter(ctx, c, id, map[string]any{
		"relationships": map[string]any{"filters": map[string]any{"data": references}},
	})
}

// SetLogLevels switches log levels of a session, by their names such as
// "log_info"; those that are not named stay as they are. After a time that is
// not 0, all that were switched on for the session go off again.
func (c *Client) SetLogLevels(ctx context.Context, id string, levels map[string]bool, after time.Duration) error {
	attributes := map[string]any{"parameters": levels}
	if after > 0 {
		attributes["log_for"] = strconv.FormatInt(int64(after/time.Second), 10) + "s"
	}
	return alter(ctx, c, id, map[string]any{"attributes": attributes})
}

func alter(ctx context.Context, c *Client, id string, data map[string]any) error {
	return c.do(ctx, "PATCH", sessionPath(id), map[string]any{"data": data})
}

// Restart restarts a session, or arranges for it.
func (c *Client) Restart(ctx context.Context, id string) error {
	return c.do(ctx, "POST", sessionPath(id)+"/restart", nil)
}

// SetServiceFilters replaces the default chain of a service, which new sessions
// get.
func (c *Client) SetServiceFilters(ctx context.Context, service string, filters []string) error {
	references := make([]api.Reference, len(filters))
	for i, name := range filters {
		references[i] = api.Reference{ID: name, Type: "filters"}
	}
	return c.do(ctx, "PATCH", "/v1/services/"+url.PathEscape(service)+"/relationships/filters", map[string]any{"data": references})
}

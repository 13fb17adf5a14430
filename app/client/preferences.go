package client

import (
	"context"
	"encoding/json"

	"github.com/signalbox/signalbox/api"
)

// Preferences makes the calls that are about what the console keeps for users.
type Preferences struct{ *Client }

// Read returns what is kept for who is logged in, and for everybody.
func (c Preferences) Read(ctx context.Context) (api.Preferences, error) {
	var p api.Preferences
	return p, c.get(ctx, "/v1/preferences", &p)
}

// Keep keeps the user's own part.
func (c Preferences) Keep(ctx context.Context, own json.RawMessage) error {
	return c.do(ctx, "PUT", "/v1/preferences", own)
}

// Share sets what is everybody's. It is for administrators.
func (c Preferences) Share(ctx context.Context, shared api.SharedPreferences) error {
	return c.do(ctx, "PUT", "/v1/preferences/shared", shared)
}

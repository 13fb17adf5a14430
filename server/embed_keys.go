package server

import (
	"errors"
	"net/http"

	"github.com/signalbox/signalbox/api"
)

// embedKeys serves the embed keys, which are ours.
type embedKeys struct {
	grants *Grants
	sweep  func() // ends what hangs on keys that are gone
}

// all serves GET /v1/embed-keys. Nobody sees a secret again.
func (k embedKeys) all(c *call) (answer, error) {
	rows := []api.EmbedKey{}
	for _, key := range k.grants.EmbedKeys() {
		r := key.resource()
		link(c, &r, "embed-keys", key.ID)
		rows = append(rows, r)
	}
	return many(c, rows, c.link("embed-keys")), nil
}

// create serves POST /v1/embed-keys: the one time that the secret is shown.
func (k embedKeys) create(c *call) (answer, error) {
	if err := plainRefused(c); err != nil {
		return answer{}, err
	}
	var body api.EmbedKeyRequest
	if err := c.decodeStrictly(&body, maxBody); err != nil {
		return answer{}, err
	}
	key, err := k.grants.CreateEmbedKey(EmbedKey{
		Name: body.Name, FrameAncestors: body.FrameAncestors, Views: body.Views, Scopes: body.Scopes, CreatedBy: c.principal.User,
	})
	if err != nil {
		return answer{}, grantProblem(err)
	}
	r := key.resource()
	c.record.Target, c.record.After = "embed-keys/"+key.ID, r.Attributes // without the secret
	r.Attributes.Secret = key.Secret
	link(c, &r, "embed-keys", key.ID)
	result := one(c, r, c.link("embed-keys", key.ID))
	result.status, result.header = http.StatusCreated, http.Header{"Cache-Control": {"no-store"}}
	return result, nil
}

// revoke serves DELETE /v1/embed-keys/:id: the pages that are embedded with it
// go dark at once.
func (k embedKeys) revoke(c *call) (answer, error) {
	key, ok := k.grants.embedKey(c.PathValue("id"))
	if !ok {
		return answer{}, notA(c, "embed key")
	}
	c.record.Before = key.resource().Attributes
	if err := k.grants.RevokeEmbedKey(key.ID); err != nil && !errors.Is(err, ErrNoEmbedKey) {
		return answer{}, err
	}
	k.sweep()
	return answer{}, nil
}

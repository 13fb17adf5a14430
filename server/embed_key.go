package server

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// EmbedKey is what another product signs its embed tokens with.
type EmbedKey struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Secret         string    `json:"secret"`
	FrameAncestors []string  `json:"frame_ancestors"` // origins of pages that may embed
	Views          []string  `json:"views"`           // of api.EmbedViews
	Scopes         []string  `json:"scopes"`          // of api.EmbedScopes
	Created        time.Time `json:"created"`
	CreatedBy      string    `json:"created_by"`
	Used           time.Time `json:"used,omitzero"`
}

const (
	maxEmbedKeys = 100
	maxAncestors = 20
)

// ErrNoEmbedKey is that there is no key of an id.
var ErrNoEmbedKey = errors.New("no such embed key")

// CreateEmbedKey adds a key; ID, Secret and Created are made, Views and Scopes
// are all when there are none. The error says what is wrong with it.
func (g *Grants) CreateEmbedKey(k EmbedKey) (EmbedKey, error) {
	k.ID, k.Secret, k.Created = newID(), newSecret(keySecret), g.now().UTC().Truncate(time.Second)
	if len(k.Views) == 0 {
		k.Views = api.EmbedViews
	}
	if len(k.Scopes) == 0 {
		k.Scopes = api.EmbedScopes
	}
	if err := k.check(); err != nil {
		return EmbedKey{}, err
	}
	return k, g.change(func(f *grantsFile) error {
		if len(f.Keys) >= maxEmbedKeys {
			return badAccount("there are %d embed keys already, which is the most: revoke one", maxEmbedKeys)
		}
		f.Keys = append(f.Keys, k)
		return nil
	})
}

// EmbedKeys returns all keys, newest first. Their secrets are in them.
func (g *Grants) EmbedKeys() []EmbedKey {
	all := slices.Clone(g.snapshot().Keys)
	for i := range all {
		all[i].Used, _ = g.lastUse(all[i].ID, all[i].Used, "")
	}
	slices.Reverse(all)
	return all
}

// RevokeEmbedKey removes a key. Whatever hangs on it ends within a second or
// two. The error is ErrNoEmbedKey.
func (g *Grants) RevokeEmbedKey(id string) error {
	return g.change(func(f *grantsFile) error {
		before := len(f.Keys)
		f.Keys = slices.DeleteFunc(f.Keys, func(k EmbedKey) bool { return k.ID == id })
		if len(f.Keys) == before {
			return fmt.Errorf("%s: %w", clip(id), ErrNoEmbedKey)
		}
		return nil
	})
}

// embedKey returns the key of an id.
func (g *Grants) embedKey(id string) (EmbedKey, bool) {
	for _, k := range g.snapshot().Keys {
		if k.ID == id {
			return k, true
		}
	}
	return EmbedKey{}, false
}

// check says what is wrong with a key, in words for the one who gave it.
func (k *EmbedKey) check() error {
	if err := checkGrantName("the name of an embed key", k.Name); err != nil {
		return err
	}
	if len(k.FrameAncestors) == 0 || len(k.FrameAncestors) > maxAncestors {
		return badAccount("give 1 to %d origins of pages that may embed, as https://admin.example", maxAncestors)
	}
	for _, origin := range k.FrameAncestors {
		if !isOrigin(origin) {
			return badAccount("%q is not an origin such as https://admin.example", clip(origin))
		}
	}
	if err := checkAmong("view", k.Views, api.EmbedViews); err != nil {
		return err
	}
	return checkAmong("scope", k.Scopes, api.EmbedScopes)
}

func checkAmong(what string, given, known []string) error {
	for i, one := range given {
		if !slices.Contains(known, one) {
			return badAccount("%q is not a %s: %s", clip(one), what, strings.Join(known, ", "))
		}
		if slices.Contains(given[:i], one) {
			return badAccount("the %s %s stands there twice", what, one)
		}
	}
	return nil
}

// isOrigin says whether text is an origin as a browser writes it: nothing that
// would mean more than one in a content security policy.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || len(text) > 256 || text != u.Scheme+"://"+u.Host || u.Hostname() == "" {
		return false
	}
	usual, known := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if !known || u.Port() == usual || strings.HasSuffix(u.Host, ":") {
		return false // a browser leaves the usual port out
	}
	for _, c := range u.Host {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune(".-:[]", c)) {
			return false
		}
	}
	return true
}

func (k *EmbedKey) resource() api.EmbedKey {
	return api.EmbedKey{ID: k.ID, Type: "embed-keys", Attributes: api.EmbedKeyAttributes{
		Name: k.Name, FrameAncestors: k.FrameAncestors, Views: k.Views, Scopes: k.Scopes,
		CreatedAt: apiTime(k.Created), CreatedBy: k.CreatedBy, LastUsedAt: apiTime(k.Used),
	}}
}

package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

// embeds are the access tokens of embedded pages. They live in memory and for
// minutes; whoever needs one for longer brings another embed token.
//
// # Concurrency
//
// All methods may be called by any goroutine; run belongs to the Admin.
type embeds struct {
	grants    *Grants
	now       func() time.Time
	exchanges *quota
	ended     func(login string) // called when an access token ends

	mu     sync.Mutex                       // guards what follows
	tokens map[string]*embedded             // by loginOf them
	spent  map[string]map[spentID]time.Time // until when, by key
}

// spentID stands for the jti of an embed token that was used.
type spentID [16]byte

// embedded is one embedded page that may see something.
type embedded struct {
	key     string // id of the embed key
	user    string
	expires time.Time
	may     embedGrant
}

// embedGrant is what a page may see.
type embedGrant struct {
	view   string
	scope  []string
	locked api.EmbedLocked
	filter string // of locked, that sessions pass
	redact bool
	origin string
}

const (
	maxEmbedded   = 10_000  // access tokens
	maxEmbeddedOf = 2_000   // of one key
	maxSpentOf    = 20_000  // embed tokens of one key that have not expired
	maxSpent      = 200_000 // of all keys
	embedSweep    = time.Second
)

func newEmbeds(o Options, ended func(string)) *embeds {
	return &embeds{
		grants: o.Grants, now: o.Now, ended: ended, exchanges: perMinute(600, "embed tokens"),
		tokens: map[string]*embedded{}, spent: map[string]map[spentID]time.Time{},
	}
}

// run ends access tokens as soon as they have expired or their keys are gone,
// until ctx ends.
func (e *embeds) run(ctx context.Context) {
	tick := time.NewTicker(embedSweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			e.sweep()
		}
	}
}

func (e *embeds) sweep() {
	keys := map[string]bool{}
	for _, k := range e.grants.snapshot().Keys {
		keys[k.ID] = true
	}
	var over []string
	e.mu.Lock()
	now := e.now()
	for login, one := range e.tokens {
		if !keys[one.key] || !now.Before(one.expires) {
			delete(e.tokens, login)
			over = append(over, login)
		}
	}
	for key, ids := range e.spent {
		for id, until := range ids {
			if !now.Before(until) {
				delete(ids, id)
			}
		}
		if len(ids) == 0 {
			delete(e.spent, key)
		}
	}
	e.mu.Unlock()
	for _, login := range over {
		e.ended(login)
	}
}

// loginOf is what others know an access token by: it is no secret.
func loginOf(token string) string { return "embed:" + hashOf(token)[:32] }

// authenticate finds out which embedded page makes a call with an access token.
func (e *embeds) authenticate(c *call, token string) bool {
	if !isSecret(embedSecret, token) {
		return false
	}
	login := loginOf(token)
	one, ok := e.find(login)
	if ok {
		c.principal, c.login = one.principal(), login
	}
	return ok
}

// valid says whether the access token behind a login may still be used.
func (e *embeds) valid(login string) bool {
	_, ok := e.find(login)
	return ok
}

func (e *embeds) find(login string) (embedded, bool) {
	e.mu.Lock()
	one := e.tokens[login]
	if one == nil {
		e.mu.Unlock()
		return embedded{}, false
	}
	found := *one
	e.mu.Unlock()
	_, ok := e.grants.embedKey(found.key)
	return found, ok && e.now().Before(found.expires)
}

func (e *embedded) principal() Principal {
	return Principal{
		User: e.user, Role: RoleEmbed, Redact: e.may.redact, Locked: e.may.filter,
		service: e.may.locked.Service, scopes: e.may.scope, view: e.may.view,
	}
}

// exchange serves POST /v1/embed/exchange: an embed token becomes an access
// token, or renews the one that comes with it.
func (e *embeds) exchange(c *call) (answer, error) {
	if err := plainRefused(c); err != nil {
		return answer{}, err
	}
	if err := e.exchanges.takeOfAddress(c); err != nil {
		return answer{}, err
	}
	var body api.EmbedToken
	if err := c.decodeStrictly(&body, maxJWS+1<<10); err != nil {
		return answer{}, err
	}
	signed, err := parseJWS(body.Token)
	if err != nil {
		return answer{}, refuse(http.StatusUnauthorized, "embed token: %v", err)
	}
	key, ok := e.grants.embedKey(signed.key)
	if !ok || !signed.signedBy(key.Secret) {
		return answer{}, refuse(http.StatusUnauthorized, "embed token: it is not signed with a key that this server knows")
	}
	c.record.Actor, c.record.Role = "embed:"+key.ID, RoleEmbed
	claims, err := signed.claims(c.now)
	if err != nil {
		return answer{}, refuse(http.StatusUnauthorized, "embed token: %v", err)
	}
	c.record.After = map[string]any{
		"view": clip(claims.View), "scope": claims.Scope, "locked": claims.Locked, "redact": claims.Redact,
		"origin": clip(claims.Origin), "sub": clip(claims.Subject), "jti": clip(claims.ID),
	}
	may, err := e.grant(&key, &claims)
	if err != nil {
		return answer{}, refuse(http.StatusForbidden, "embed token: %v", err)
	}
	if err := e.spend(key.ID, &claims); err != nil {
		return answer{}, err
	}
	e.grants.note(key.ID, c.address().String())
	expires := unix(claims.Expires)
	if latest := c.now.Add(api.EmbedTokenAge * time.Second); expires.After(latest) {
		expires = latest // their clock is ahead
	}
	made, token, err := e.give(c, embedded{key: key.ID, user: embedUser(key.ID, claims.Subject), expires: expires, may: may})
	if err != nil {
		return answer{}, err
	}
	return object(c, api.EmbedAccess{
		AccessToken: token, ExpiresAt: apiTime(made.expires), View: may.view, Scope: may.scope, Locked: may.locked,
		Redact: may.redact, Origin: may.origin, ReadOnly: true,
	}), nil
}

// embedUser is what the audit log calls who looks.
func embedUser(key, subject string) string {
	if subject = clip(subject); subject == "" {
		return "embed:" + key
	}
	return "embed:" + key + "/" + strings.ToValidUTF8(subject[:min(len(subject), maxUserName)], "")
}

func unix(seconds float64) time.Time { return time.UnixMilli(int64(seconds * 1000)) }

// grant says what claims give, or what is wrong with them.
func (e *embeds) grant(key *EmbedKey, c *api.EmbedClaims) (embedGrant, error) {
	if err := key.allows(c); err != nil {
		return embedGrant{}, err
	}
	filter, err := lockedFilter(c.Locked)
	if err != nil {
		return embedGrant{}, fmt.Errorf("locked: %w", err)
	}
	if !filter.Empty() && c.Locked.Service == "" {
		for _, scope := range c.Scope {
			if scope != api.ScopeSessions {
				return embedGrant{}, fmt.Errorf("locked: q and id say nothing about what %s shows: lock the service, or leave the scope out", scope)
			}
		}
	}
	return embedGrant{view: c.View, scope: c.Scope, locked: c.Locked, filter: filter.String(), redact: c.Redact, origin: c.Origin}, nil
}

// lockedFilter is the filter that all sessions pass which may be seen.
func lockedFilter(l api.EmbedLocked) (*view.Filter, error) {
	filter, err := view.Parse(l.Query)
	if err != nil {
		return nil, fmt.Errorf("q: %w", err)
	}
	add := func(text string) error {
		one, err := view.Parse(text)
		if err == nil {
			filter = filter.And(one)
		}
		return err
	}
	if l.ID != "" {
		if n, err := strconv.ParseUint(l.ID, 10, 64); err != nil || strconv.FormatUint(n, 10) != l.ID {
			return nil, errors.New("id is not the id of a session")
		}
		if err := add("id:" + l.ID); err != nil {
			return nil, fmt.Errorf("id: %w", err)
		}
	}
	if l.Service != "" {
		if err := add("service:" + view.Quote(l.Service)); err != nil {
			return nil, fmt.Errorf("service: %w", err)
		}
	}
	if text := filter.String(); len(text) > view.MaxLength {
		return nil, fmt.Errorf("it has more than %d bytes", view.MaxLength)
	}
	return filter, nil
}

// spend takes an embed token out of use.
func (e *embeds) spend(key string, c *api.EmbedClaims) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	ids, all := e.spent[key], 0
	for _, other := range e.spent {
		all += len(other)
	}
	sum := sha256.Sum256([]byte(c.ID))
	id := spentID(sum[:])
	if _, used := ids[id]; used {
		return refuse(http.StatusUnauthorized, "embed token: it was used already")
	}
	if len(ids) >= maxSpentOf || all >= maxSpent {
		return later(time.Minute, "too many embed tokens:")
	}
	if ids == nil {
		ids = map[spentID]time.Time{}
		e.spent[key] = ids
	}
	ids[id] = unix(c.Expires)
	return nil
}

// give makes an access token for what one may see, or renews the one that the
// call carries when that is for the same.
func (e *embeds) give(c *call, one embedded) (embedded, string, error) {
	old, _ := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	e.mu.Lock()
	defer e.mu.Unlock()
	if had := e.tokens[loginOf(old)]; had != nil && c.now.Before(had.expires) &&
		had.key == one.key && had.user == one.user && reflect.DeepEqual(had.may, one.may) {
		had.expires = one.expires
		return *had, old, nil
	}
	of := 0
	for _, other := range e.tokens {
		if other.key == one.key {
			of++
		}
	}
	if of >= maxEmbeddedOf || len(e.tokens) >= maxEmbedded {
		return one, "", later(time.Minute, "too many embedded pages:")
	}
	token := newSecret(embedSecret)
	e.tokens[loginOf(token)] = &one
	return one, token, nil
}

package server

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/server/push"
)

// login knows who is logged in, and how one logs in.
type login struct {
	options  Options
	build    string // of the console
	attempts *attempts
	tokens   *tokens
	ended    func(name string) // called when a login of a cookie ends

	mu      sync.Mutex // guards what follows
	cookies map[string]*cookieLogin
	code    string // one-time code of the setup, "" when it is over
}

// cookieLogin is a login of the console.
type cookieLogin struct {
	name  string // what others know it by: it is no secret
	user  string
	hash  string // of the account then: a changed password ends the login
	begun time.Time
	used  time.Time
}

const (
	idleLogin    = 30 * time.Minute
	longestLogin = 12 * time.Hour
	maxLogins    = 10_000
)

func newLogin(o Options, build string) *login {
	l := &login{
		options: o, build: build,
		attempts: newAttempts(o.Now),
		tokens:   newTokens(o.Now),
		ended:    func(string) {},
		cookies:  map[string]*cookieLogin{},
	}
	if o.Authenticate == nil && o.Users.none() {
		l.code = rand.Text()
	}
	return l
}

// cookieName is the browser's promise, under TLS, that the cookie came from
// this very host over TLS.
func cookieName(tls bool) string {
	if tls {
		return "__Host-sid"
	}
	return "sid"
}

// authenticate finds out who makes the call. What the client says in a header
// counts before what its browser adds in a cookie.
func (l *login) authenticate(c *call) error {
	if l.options.Authenticate != nil {
		return l.byHost(c)
	}
	if authorization := c.Header.Get("Authorization"); authorization != "" {
		if token, ok := strings.CutPrefix(authorization, "Bearer "); ok {
			return l.byToken(c, token)
		}
		return l.byPassword(c)
	}
	if cookie, err := c.Cookie(cookieName(c.tls)); err == nil {
		if account, name, ok := l.byCookie(cookie.Value); ok {
			c.principal, c.login, c.cookie = Principal{User: account.Name, Role: account.Role}, name, true
			return nil
		}
	}
	if cookie, err := c.Cookie(tokenCookie); err == nil {
		c.cookie = true
		return l.byToken(c, cookie.Value)
	}
	return denied(c)
}

// bearer says whether a request proves who it is from with a token in a header,
// which no page of another origin can add.
func bearer(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// denied is the answer to whoever is not logged in. It asks for a password,
// except when the console's own code has made the request and would get the
// browser's dialog in its way.
func denied(c *call) error {
	p := refuse(http.StatusUnauthorized, "Access denied")
	if c.Header.Get("X-Requested-With") != "XMLHttpRequest" {
		p.header = http.Header{"Www-Authenticate": {`Basic realm="maxscale"`}}
	}
	return p
}

// withoutChallenge makes a 401 of a login form: its sender asks by itself.
func withoutChallenge(err error) error {
	if p, ok := errors.AsType[*problem](err); ok && p.status == http.StatusUnauthorized {
		p.header = nil
	}
	return err
}

func (l *login) byPassword(c *call) error {
	name, password, ok := c.BasicAuth()
	if !ok {
		return denied(c)
	}
	account, err := l.check(c, name, password)
	if err != nil {
		return err
	}
	c.principal = Principal{User: account.Name, Role: account.Role}
	return nil
}

func (l *login) byToken(c *call, token string) error {
	name, proof, ok := l.tokens.verify(token)
	if !ok {
		return denied(c)
	}
	account, ok := l.options.Users.find(name)
	if !ok || subtle.ConstantTimeCompare([]byte(proof), []byte(l.tokens.proof(account))) == 0 {
		return denied(c)
	}
	c.principal = Principal{User: account.Name, Role: account.Role}
	return nil
}

// byCookie returns the account that a cookie is a login of, and the login's
// name. It counts as use.
func (l *login) byCookie(id string) (user, string, bool) {
	now := l.options.Now()
	l.mu.Lock()
	known := l.cookies[id]
	if known == nil {
		l.mu.Unlock()
		return user{}, "", false
	}
	over := known.over(now)
	known.used = now
	found := *known
	l.mu.Unlock()

	account, ok := l.options.Users.find(found.user)
	if over || !ok || account.Hash != found.hash {
		l.end(id)
		return user{}, "", false
	}
	return account, found.name, true
}

// valid says whether who is connected to the push feed would be let in now. It
// does not count as use: a screen that is only looked at logs out in time.
func (l *login) valid(p push.Principal) bool {
	account, ok := l.options.Users.find(p.User)
	if !ok || string(account.Role) != p.Role {
		return false
	}
	if p.Login == "" {
		return true
	}
	now := l.options.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, known := range l.cookies {
		if known.name == p.Login {
			return !known.over(now) && known.hash == account.Hash
		}
	}
	return false
}

func (k *cookieLogin) over(now time.Time) bool {
	return now.Sub(k.used) >= idleLogin || now.Sub(k.begun) >= longestLogin
}

// end forgets a login and tells who hangs on it.
func (l *login) end(id string) {
	l.mu.Lock()
	known := l.cookies[id]
	delete(l.cookies, id)
	l.mu.Unlock()
	if known != nil {
		l.ended(known.name)
	}
}

// check verifies a password, as often as the limits allow.
func (l *login) check(c *call, name, password string) (user, error) {
	if account, ok := l.options.Users.remembered(name, password); ok {
		return account, nil
	}
	c.record.Actor = clip(name)
	if err := l.patience(c, "account "+clip(name)); err != nil {
		return user{}, err
	}
	account, ok := l.options.Users.verify(name, password)
	if !ok {
		l.fail(c, name)
		return user{}, denied(c)
	}
	l.attempts.succeeded("account " + clip(name))
	return account, nil
}

func (l *login) fail(c *call, name string) {
	account, address := attemptKeys(clip(name), c.address())
	l.attempts.failed(account, address)
	l.options.Logger.Warn("login failed", "module", "admin", "user", clip(name), "address", c.address())
}

// patience refuses a call whose account or address must still wait.
func (l *login) patience(c *call, account string) error {
	_, address := attemptKeys("", c.address())
	wait := l.attempts.wait(account, address)
	if wait <= 0 {
		return nil
	}
	return later(wait, "too many failed logins:")
}

// login serves POST /v1/login: it begins a login that lives in a cookie.
func (l *login) login(c *call) (answer, error) {
	if l.options.Authenticate != nil {
		return answer{}, refuse(http.StatusNotFound, "logins are made elsewhere")
	}
	if err := plainRefused(c); err != nil {
		return answer{}, err
	}
	var body api.Credentials
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	account, err := l.check(c, body.User, body.Password)
	if err != nil {
		return answer{}, withoutChallenge(err)
	}
	c.record.Actor, c.record.Role = account.Name, account.Role
	return answer{header: http.Header{"Set-Cookie": {l.begin(c, account).String()}, "Cache-Control": {"no-store"}}}, nil
}

// begin makes a login and its cookie. A login that the browser still has ends.
func (l *login) begin(c *call, account user) *http.Cookie {
	name := cookieName(c.tls)
	if old, err := c.Cookie(name); err == nil {
		l.end(old.Value)
	}
	id := rand.Text() + rand.Text() // 260 bits
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.cookies) >= maxLogins {
		for id, known := range l.cookies {
			if known.over(c.now) {
				delete(l.cookies, id)
			}
		}
	}
	if len(l.cookies) < maxLogins {
		l.cookies[id] = &cookieLogin{name: rand.Text(), user: account.Name, hash: account.Hash, begun: c.now, used: c.now}
	}
	return &http.Cookie{Name: name, Value: id, Path: "/", HttpOnly: true, Secure: c.tls, SameSite: http.SameSiteStrictMode}
}

// logout serves POST /v1/logout. It is the same whether there was a login or
// not. A browser that is nothing but a display's stops being one.
func (l *login) logout(c *call) (answer, error) {
	name := cookieName(c.tls)
	if cookie, err := c.Cookie(name); err == nil {
		if account, _, ok := l.byCookie(cookie.Value); ok {
			c.record.Actor, c.record.Role = account.Name, account.Role
		}
		l.end(cookie.Value)
	} else if _, err := c.Cookie(displayCookie(c.tls)); err == nil {
		name = displayCookie(c.tls)
	}
	gone := &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.tls, SameSite: http.SameSiteStrictMode}
	return answer{header: http.Header{"Set-Cookie": {gone.String()}, "Cache-Control": {"no-store"}}}, nil
}

// plainRefused refuses to take a password that the network could read.
func plainRefused(c *call) error {
	if c.secure {
		return nil
	}
	return refuse(http.StatusForbidden, "Connection is not encrypted: passwords and tokens are exchanged over TLS or on a loopback address only")
}

// setupCode returns the one-time code, "" when there is a user.
func (l *login) setupCode() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.code != "" && !l.options.Users.none() {
		l.code = "" // made from the command line meanwhile
	}
	return l.code
}

// setupNeeded serves GET /v1/setup, from which the console learns which page
// to show to whoever is not logged in.
func (l *login) setupNeeded(c *call) (answer, error) {
	return object(c, api.Setup{Needed: l.setupCode() != "", Demo: l.options.Demo, HostLogin: l.options.Authenticate != nil}), nil
}

// setup serves POST /v1/setup: it makes the first admin.
func (l *login) setup(c *call) (answer, error) {
	const account = "setup"
	if err := plainRefused(c); err != nil {
		return answer{}, err
	}
	var body api.Credentials
	if err := c.decode(&body); err != nil {
		return answer{}, err
	}
	c.record.Actor = clip(body.User)
	if err := l.patience(c, account); err != nil {
		return answer{}, err
	}
	code := l.setupCode()
	if code == "" {
		return answer{}, refuse(http.StatusConflict, "there is a user already: the setup is over")
	}
	if subtle.ConstantTimeCompare([]byte(strings.ToUpper(strings.TrimSpace(body.Code))), []byte(code)) == 0 {
		_, address := attemptKeys("", c.address())
		l.attempts.failed(account, address)
		return answer{}, refuse(http.StatusForbidden, "that is not the code that the server has printed at its start")
	}
	if err := l.options.Users.createFirst(body.User, body.Password); err != nil {
		return answer{}, userProblem(err)
	}
	l.mu.Lock()
	l.code = ""
	l.mu.Unlock()
	c.record.After = map[string]any{"user": body.User, "account": RoleAdmin}
	first, ok := l.options.Users.verify(body.User, body.Password)
	if !ok {
		return answer{}, errors.New("setup: the new user cannot log in")
	}
	return answer{header: http.Header{"Set-Cookie": {l.begin(c, first).String()}, "Cache-Control": {"no-store"}}}, nil
}

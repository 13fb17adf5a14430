package main

import (
	"crypto/rand"
	"crypto/subtle"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/signalbox/signalbox/server"
)

// people are who can log in to the portal, and what they may do in the console.
var people = map[string]struct {
	password string
	role     server.Role
}{
	"ann": {"ann-portal", server.RoleAdmin},
	"bob": {"bob-portal", server.RoleBasic},
}

// portal stands for the application that is there already, with its login.
type portal struct {
	prefix  string // of the console
	console *server.Admin

	mu     sync.Mutex // guards logins
	logins map[string]string
}

// cookie holds the portal's login.
const cookie = "portal"

// routes are the portal's own pages, and the console below its prefix.
func (p *portal) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.home)
	mux.HandleFunc("GET /login", p.loginForm)
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("POST /logout", p.logout)
	mux.Handle(p.prefix, p.withLogin(p.console)) // without the slash, too
	mux.Handle(p.prefix+"/", p.withLogin(p.console))
	// What browsers send cannot be made to come from another site.
	return http.NewCrossOriginProtection().Handler(mux)
}

// withLogin leads to the portal's login whoever opens a page of the console and
// is not logged in. Whatever else they ask for the console refuses by itself.
func (p *portal) withLogin(console http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.user(r) == "" && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		console.ServeHTTP(w, r)
	})
}

// user returns who is logged in, "" for nobody.
func (p *portal) user(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.logins[c.Value]
}

func (p *portal) login(w http.ResponseWriter, r *http.Request) {
	user := r.FormValue("user")
	known, ok := people[user]
	if !ok || subtle.ConstantTimeCompare([]byte(known.password), []byte(r.FormValue("password"))) == 0 {
		w.WriteHeader(http.StatusUnauthorized)
		p.page(w, r, "Name or password is wrong.")
		return
	}
	id := rand.Text()
	p.mu.Lock()
	p.logins[id] = user
	p.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, next(r.FormValue("next")), http.StatusSeeOther)
}

// logout ends the login, and with it what the console shows in open pages.
func (p *portal) logout(w http.ResponseWriter, r *http.Request) {
	user := p.user(r)
	if c, err := r.Cookie(cookie); err == nil {
		p.mu.Lock()
		delete(p.logins, c.Value)
		p.mu.Unlock()
	}
	p.console.Revoke(user)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func (p *portal) home(w http.ResponseWriter, r *http.Request) {
	if p.user(r) == "" {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	p.page(w, r, "")
}

func (p *portal) loginForm(w http.ResponseWriter, r *http.Request) { p.page(w, r, "") }

func (p *portal) page(w http.ResponseWriter, r *http.Request, failed string) {
	_ = pages.Execute(w, map[string]string{
		"User": p.user(r), "Console": p.prefix + "/", "Next": next(r.FormValue("next")), "Failed": failed,
	}) // a browser that has gone needs no page
}

var pages = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Portal</title>
<body>
<h1>Portal</h1>
{{if .User}}
<p>Hello {{.User}}.</p>
<p><a href="{{.Console}}">The database proxy</a></p>
<form method="post" action="/logout"><button>Log out</button></form>
{{else}}
<form method="post" action="/login">
<input type="hidden" name="next" value="{{.Next}}">
<p><label>Name <input name="user" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
{{with .Failed}}<p role="alert">{{.}}</p>{{end}}
<button>Log in</button>
</form>
{{end}}
</body></html>
`))

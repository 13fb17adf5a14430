// Iframe is a small web application that shows pages of a Signalbox elsewhere
// inside of its own, to people who have no account there: it signs tokens that say
// what they may see. It is an example; nothing in it is of Signalbox, so that it
// can be copied into any language. docs/EMBEDDING.md explains it.
//
//	signalbox embed-key create Shop -origin http://127.0.0.1:8090 -config FILE
//	go run ./assets/examples/iframe -console http://127.0.0.1:8989 -key ID -secret SECRET
package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"
)

func main() {
	var s shop
	listen := flag.String("listen", "127.0.0.1:8090", "`address` of the application")
	flag.StringVar(&s.console, "console", "http://127.0.0.1:8989", "`address` of the console, with its path if it has one")
	flag.StringVar(&s.key, "key", "", "`id` of the embed key")
	flag.StringVar(&s.secret, "secret", "", "`secret` of the embed key")
	flag.StringVar(&s.locked, "locked", "", "`filter` that all sessions pass which are shown")
	flag.BoolVar(&s.redact, "redact", false, "show no SQL text")
	flag.DurationVar(&s.age, "age", 5*time.Minute, "`time` for which a token is good, at most 10m")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.run(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

// shop stands for the application that embeds.
type shop struct {
	console     string // address of the console
	key, secret string // of the embed key
	locked      string
	redact      bool
	age         time.Duration
}

func (s *shop) run(ctx context.Context, listen string) error {
	if s.key == "" || s.secret == "" {
		return errors.New("give -key and -secret of an embed key")
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = web.Close() })
	fmt.Printf("The application is on http://%s\n", l.Addr())
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page("component.html"))
	mux.HandleFunc("GET /plain", s.page("plain.html"))
	mux.HandleFunc("POST /token", s.token)
	mux.Handle("GET /static/", http.FileServerFS(files))
	return http.NewCrossOriginProtection().Handler(mux)
}

// token answers the pages of this application with a token for what they show.
// Here everybody gets one; a real application looks first who asks.
func (s *shop) token(w http.ResponseWriter, r *http.Request) {
	var asked struct{ View, ID string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]string{"token": s.sign(asked.View, asked.ID, "http://"+r.Host)})
}

// sign makes a token for a view, and an id in it, that pages of an origin may
// show.
func (s *shop) sign(view, id, origin string) string {
	locked, scope := map[string]string{}, []string{"sessions:read"}
	switch {
	case view == "session":
		locked["id"] = id
	case s.locked != "":
		locked["q"] = s.locked
	case view == "service":
		locked["service"] = id
		scope = []string{"sessions:read", "objects:read", "stats:read"}
	default:
		scope = []string{"sessions:read", "objects:read", "stats:read"}
	}
	claims := map[string]any{
		"aud": "embed", "exp": time.Now().Add(s.age).Unix(), "jti": rand.Text(), "view": view, "scope": scope,
		"locked": locked, "origin": origin, "redact": s.redact, "sub": "somebody",
	}
	return jws(s.key, s.secret, claims)
}

// jws signs claims with HMAC SHA-256. Any library for JSON Web Tokens does the
// same.
func jws(key, secret string, claims map[string]any) string {
	part := func(v any) string {
		text, _ := json.Marshal(v) // of texts, numbers and lists of them
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]string{"alg": "HS256", "kid": key}) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

//go:embed pages static
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// page serves one of the pages, which show the view that their address asks for.
func (s *shop) page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		view := r.FormValue("view")
		if view == "" {
			view = "sessions"
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = pages.ExecuteTemplate(w, name, map[string]any{
			"Console": s.console, "Key": s.key, "View": view, "Query": r.FormValue("q"), "Theme": r.FormValue("theme"),
		}) // a browser that has gone needs no page
	}
}

package server

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// console delivers the web console: everything that a browser loads is read,
// rendered and compressed once, when the program starts, and served from
// memory.
//
// go-app's own Handler is asked for its files then and never sees a request. It
// would answer 304 before it looks at the path, and it renders the address of a
// page into attributes without escaping it.
type console struct {
	prefix  string
	version string            // hash of all files
	assets  map[string]*asset // by path, without the prefix
	page    *asset            // the one page, which all addresses of the console get
}

// asset is one file in the forms in which it is served.
type asset struct {
	kind     string            // Content-Type
	bodies   map[string][]byte // by Content-Encoding; "" is the file itself
	hash     string
	status   int // 0 means 200
	unhashed bool
}

// encodings that a file may have beside itself, the best first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

const (
	wasmFile      = "/web/app.wasm"
	componentFile = "/web/signalbox-view.js" // for pages of other origins, as the only one
	smallestZip   = 1 << 10                  // bytes: below, compression is not worth a header
	largestWasm   = 64 << 20                 // bytes
	immutableFile = "public, max-age=31536000, immutable"
)

// newConsole prepares the files below static in files.
func newConsole(files fs.FS, prefix string, theme Theme) (*console, error) {
	c := &console{prefix: prefix, assets: map[string]*asset{}}
	if err := c.load(files); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	wasm := c.assets[wasmFile]
	if wasm == nil {
		c.page = textAsset("text/html; charset=utf-8", notBuilt)
		c.page.status = http.StatusServiceUnavailable
		return c, nil
	}
	size, err := wasm.size()
	if err != nil {
		return nil, fmt.Errorf("console: %s: %w", wasmFile, err)
	}
	return c, c.render(size, theme)
}

// notBuilt is served when the program was built without the console. The REST
// API works all the same.
const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Signalbox</title>
<h1>The console is not built in</h1>
<p>This program was built without <code>app.wasm</code>. Build it with <code>make wasm</code>, or both with <code>make build</code>.</p>
<p>The REST API works without it.</p></html>
`

// load reads the files and computes the version.
func (c *console) load(files fs.FS) error {
	total := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(total, "%s %d ", name, len(text))
		_, _ = total.Write(text)
		address, encoding := "/web/"+strings.TrimPrefix(name, "static/"), ""
		for _, e := range encodings {
			if plain, ok := strings.CutSuffix(address, e.suffix); ok {
				address, encoding = plain, e.name
			}
		}
		a := c.assets[address]
		if a == nil {
			a = &asset{kind: typeOf(address), bodies: map[string][]byte{}}
			c.assets[address] = a
		}
		a.bodies[encoding] = text
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, a := range c.assets {
		a.finish()
	}
	c.version = hex.EncodeToString(total.Sum(nil)[:8])
	return nil
}

func typeOf(address string) string {
	switch path.Ext(address) {
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if kind := mime.TypeByExtension(path.Ext(address)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

func textAsset(kind, text string) *asset {
	a := &asset{kind: kind, bodies: map[string][]byte{"": []byte(text)}}
	a.finish()
	return a
}

// finish computes the hash and compresses what is text and came plain.
func (a *asset) finish() {
	h := sha256.New()
	for _, encoding := range []string{"", "gzip", "br"} {
		if body, ok := a.bodies[encoding]; ok {
			_, _ = h.Write(body)
			break
		}
	}
	a.hash = hex.EncodeToString(h.Sum(nil)[:8])
	plain := a.bodies[""]
	if len(a.bodies) > 1 || len(plain) < smallestZip || strings.HasPrefix(a.kind, "image/png") || strings.HasPrefix(a.kind, "font/") {
		return
	}
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is a valid one
	_, err := w.Write(plain)
	if closed := w.Close(); err == nil && closed == nil && zipped.Len() < len(plain) {
		a.bodies["gzip"] = zipped.Bytes()
	}
}

// size returns how long the file is when it is not compressed.
func (a *asset) size() (int64, error) {
	if plain, ok := a.bodies[""]; ok {
		return int64(len(plain)), nil
	}
	zipped, ok := a.bodies["gzip"]
	if !ok {
		return 0, errors.New("there is no .gz beside the .br")
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return 0, err
	}
	return io.Copy(io.Discard, io.LimitReader(r, largestWasm))
}

// registerRoutes tells go-app that every address is the console's. The browser
// decides what is there; the server must not know the pages, or it would render
// them with what they show.
var registerRoutes = sync.OnceFunc(func() {
	app.RouteWithRegexp("^/.*", func() app.Composer { return &placeholder{} })
})

// placeholder stands where the console will draw itself.
type placeholder struct{ app.Compo }

// Render draws nothing.
func (*placeholder) Render() app.UI { return app.Div() }

// render has go-app make its files.
func (c *console) render(wasmSize int64, theme Theme) error {
	registerRoutes()
	h := &app.Handler{
		Name: "Signalbox", ShortName: "Signalbox", Title: "Signalbox",
		Description:           "Live sessions of the Signalbox database proxy.",
		Lang:                  "en",
		LoadingLabel:          "Loading Signalbox",
		Icon:                  c.icons(),
		Styles:                c.styles(),
		Scripts:               c.scripts(),
		BackgroundColor:       "#0E1116",
		ThemeColor:            "#0E1116",
		Resources:             c,
		Version:               c.version,
		ServiceWorkerTemplate: workerThatLeaves,
	}
	for _, name := range []string{"/wasm_exec.js", "/app.css", "/app-worker.js", "/manifest.webmanifest"} {
		a, err := rendered(h, name)
		if err != nil {
			return err
		}
		// The worker's address must stay the same: browsers ask for it by name.
		a.unhashed = name == "/app-worker.js"
		c.assets[name] = a
	}
	if icon, ok := c.assets[h.Icon.SVG]; ok {
		c.assets["/favicon.ico"] = icon
	}
	if err := c.loader(wasmSize, theme); err != nil {
		return err
	}
	page, err := rendered(h, "/")
	if err != nil {
		return err
	}
	page.kind = "text/html; charset=utf-8"
	c.page = page
	return nil
}

// loaderScript is the script that loads the console, but for what it has to know.
//
//go:embed console.js
var loaderScript string

// loader puts our own script in the place of go-app's. It registers no service
// worker, and does not stand between the browser and the program: a browser
// keeps what it has compiled only of an answer that it gets as it came.
func (c *console) loader(wasmSize int64, theme Theme) error {
	known := theme.environment()
	maps.Copy(known, map[string]string{
		"GOAPP_INTERNAL_URLS": "null", "GOAPP_ROOT_PREFIX": cmp.Or(c.prefix, "/"),
		"GOAPP_STATIC_RESOURCES_URL": c.prefix + "/web", "GOAPP_VERSION": c.version,
	})
	env, err := json.Marshal(known)
	if err != nil {
		return err
	}
	wasm, err := json.Marshal(c.Resolve(wasmFile))
	if err != nil {
		return err
	}
	c.assets["/app.js"] = textAsset(typeOf("/app.js"), strings.NewReplacer(
		"{{ENV}}", string(env), "{{WASM}}", string(wasm), "{{SIZE}}", strconv.FormatInt(wasmSize, 10),
	).Replace(loaderScript))
	return nil
}

// workerThatLeaves is the service worker: it removes itself and whatever an
// older one has kept. An operator must see the console of the server that runs
// now, and an embedding application's caches are not ours to manage.
const workerThatLeaves = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.registration.unregister()));
`

// rendered asks go-app for one of its files.
func rendered(h *app.Handler, name string) (*asset, error) {
	r, err := http.NewRequest(http.MethodGet, name, nil)
	if err != nil {
		return nil, err
	}
	w := recorder{header: http.Header{}}
	h.ServeHTTP(&w, r)
	if w.status != 0 && w.status != http.StatusOK || w.body.Len() == 0 {
		return nil, fmt.Errorf("console: go-app answers %d for %s", w.status, name)
	}
	kind := w.header.Get("Content-Type")
	if strings.HasPrefix(kind, "text/") || strings.Contains(kind, "javascript") {
		kind = typeOf(name)
	}
	return textAsset(kind, w.body.String()), nil
}

// recorder keeps what a handler answers.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }

// icons picks ours for all of go-app's, whose own are on the internet.
func (c *console) icons() app.Icon {
	first := func(names ...string) string {
		for _, name := range names {
			if c.assets[name] != nil {
				return name
			}
		}
		return names[0]
	}
	return app.Icon{
		Default:  first("/web/icon-192.png", "/web/icon.png", "/web/icon.svg", "/web/logo.svg"),
		Large:    first("/web/icon-512.png", "/web/icon.png", "/web/icon.svg", "/web/logo.svg"),
		SVG:      first("/web/icon.svg", "/web/logo.svg"),
		Maskable: first("/web/icon-maskable.png", "/web/icon-512.png", "/web/icon.png", "/web/icon.svg", "/web/logo.svg"),
	}
}

// styles returns the style sheets that are there, in the order of their names.
func (c *console) styles() []string { return c.named(".css") }

// scripts returns the scripts of our pages: there are few, because they cannot be
// tested as well as the rest of the console.
func (c *console) scripts() []string {
	return slices.DeleteFunc(c.named(".js"), func(name string) bool { return name == componentFile })
}

func (c *console) named(extension string) []string {
	var all []string
	for name := range c.assets {
		if path.Ext(name) == extension && strings.HasPrefix(name, "/web/") {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// Resolve returns the address of one of the console's files, with its hash. It
// makes console a go-app ResourceResolver.
func (c *console) Resolve(name string) string {
	switch a := c.assets[name]; {
	case strings.Contains(name, "://"):
		return name
	case (name == "/" || name == "") && c.prefix != "":
		return c.prefix
	case a != nil && !a.unhashed:
		return c.prefix + name + "?v=" + a.hash
	}
	return c.prefix + name
}

// wants says whether a request is for the console: for one of its files, for a
// wall or a page for embedding, or from a browser that opens another page.
// Everything else is for the API, which has
// the same paths with and without /v1.
func (c *console) wants(r *http.Request, name string) bool {
	if strings.HasPrefix(name, "/web/") || c.assets[name] != nil {
		return true
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || name == "/v1" || strings.HasPrefix(name, "/v1/") {
		return false
	}
	return below(name, "/wall") || below(name, "/embed") || strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (c *console) serve(w http.ResponseWriter, r *http.Request, name string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
		return
	}
	a := c.assets[name]
	switch {
	case name == componentFile:
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	case a != nil:
	case strings.HasPrefix(name, "/web/"):
		http.NotFound(w, r)
		return
	default:
		a = c.page
		w.Header().Add("Vary", "Accept")
		if c.assets[wasmFile] != nil {
			// The largest file begins to travel before the scripts that ask for it.
			w.Header().Set("Link", "<"+c.Resolve(wasmFile)+">; rel=preload; as=fetch; crossorigin")
		}
	}
	a.serve(w, r)
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	encoding, body, ok := a.pick(r.Header.Get("Accept-Encoding"))
	if !ok {
		http.Error(w, "406 this file is served compressed: br or gzip", http.StatusNotAcceptable)
		return
	}
	header := w.Header()
	if len(a.bodies) > 1 {
		header.Add("Vary", "Accept-Encoding")
	}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	if r.URL.Query().Get("v") == a.hash && !a.unhashed {
		header.Set("Cache-Control", immutableFile)
	}
	tag := `"` + a.hash + "-" + encoding + `"`
	header.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.kind)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// pick returns the best form that the client accepts.
func (a *asset) pick(accepted string) (encoding string, body []byte, ok bool) {
	for _, e := range encodings {
		if body, ok := a.bodies[e.name]; ok && accepts(accepted, e.name) {
			return e.name, body, true
		}
	}
	body, ok = a.bodies[""]
	return "", body, ok
}

// accepts reads an Accept-Encoding header.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
		return err != nil || q > 0
	}
	return false
}

package app

import (
	"strings"
	"sync"
)

// router is go-app's without package regexp, which would be a twentieth of the
// console: a pattern is "^", the text that paths begin with, and ".*".
type router struct {
	mu       sync.RWMutex
	routes   map[string]func() Composer
	prefixes []prefixRoute
}

type prefixRoute struct {
	prefix       string
	newComponent func() Composer
}

func makeRouter() router {
	return router{routes: make(map[string]func() Composer)}
}

func (r *router) route(path string, newComponent func() Composer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.routes[path] = newComponent
}

func (r *router) routeWithRegexp(pattern string, newComponent func() Composer) {
	prefix, begins := strings.CutPrefix(pattern, "^")
	prefix, ends := strings.CutSuffix(prefix, ".*")
	if !begins || !ends || strings.ContainsAny(prefix, `\.+*?()|[]{}^$`) {
		panic("route " + pattern + ": the browser knows patterns such as ^/path/.* only")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prefixes = append(r.prefixes, prefixRoute{prefix, newComponent})
}

func (r *router) routed(path string) bool {
	_, ok := r.find(path)
	return ok
}

func (r *router) createComponent(path string) (Composer, bool) {
	newComponent, ok := r.find(path)
	if !ok {
		return nil, false
	}
	return newComponent(), true
}

func (r *router) find(path string) (newComponent func() Composer, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if newComponent, ok := r.routes[path]; ok {
		return newComponent, true
	}
	for _, route := range r.prefixes {
		if strings.HasPrefix(path, route.prefix) {
			return route.newComponent, true
		}
	}
	return nil, false
}

package engine

// Rest asks s to rest.
func Rest(s *Session) { rest(s) }

// Resting reports whether s rests.
func Resting(s *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.work.resting
}

// EndedBytes is how much is kept of sessions that have ended.
func EndedBytes(e *Engine) int64 {
	e.ended.mu.Lock()
	defer e.ended.mu.Unlock()
	return e.ended.bytes
}

// Sizes are how many entries the engine has in what grows with its sessions; what
// it keeps of those that have ended has a limit.
func Sizes(e *Engine) map[string]int {
	sizes := map[string]int{"sessions": len(e.sessions.ids())}
	n := &e.sessions.newcomers
	n.mu.Lock()
	sizes["newcomers"] = len(n.byID)
	n.mu.Unlock()
	a := e.sessions.attributes
	a.mu.Lock()
	sizes["attributes"] = len(a.byHash)
	a.mu.Unlock()
	for _, s := range e.servers.list {
		s.pool.mu.Lock()
		sizes["pool"] += len(s.pool.idle)
		s.pool.mu.Unlock()
		sizes["connections"] += int(s.Connections())
		sizes["operations"] += int(s.Operations())
	}
	return sizes
}

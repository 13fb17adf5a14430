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

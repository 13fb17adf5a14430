package engine

// Rest asks s to rest.
func Rest(s *Session) { rest(s) }

// Resting reports whether s rests.
func Resting(s *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.work.resting
}

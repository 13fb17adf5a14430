package prefetch

// Taken returns the places that have something in them.
func (s *Set) Taken() (places []int) {
	for i, lines := range s.lines {
		if lines > 0 && s.at[i] != 0 {
			places = append(places, i)
		}
	}
	return places
}

package prefetch

// fetch fetches the objects of s and so many lines of the stack, beginning so many
// bytes below the present place in it.
//
//go:noescape
func fetch(s *Set, below, lines uintptr)

//go:build !amd64

package prefetch

// fetch does nothing: what it gains has been measured on amd64 alone.
func fetch(*Set, uintptr, uintptr) {}

package app

import "strings"

// clientResourceResolver returns how the browser finds a file that an
// application names "/web/…": below base, which the server has told. Other
// locations are addresses already.
func clientResourceResolver(base string) func(string) string {
	return func(location string) string {
		file, ours := strings.CutPrefix(strings.TrimPrefix(location, "/"), "web/")
		if !ours {
			return location
		}
		return base + "/" + strings.TrimSuffix(file, "/")
	}
}

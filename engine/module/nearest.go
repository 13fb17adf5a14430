package module

// Nearest returns the candidate that a misspelt name most probably means, ""
// when none is near.
func Nearest(name string, candidates []string) string {
	if len(name) > 64 {
		return ""
	}
	best, limit := "", 1+len(name)/4
	for _, candidate := range candidates {
		if d := distance(name, candidate); d <= limit {
			best, limit = candidate, d-1
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	var before []int // the row before last
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

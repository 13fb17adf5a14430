//go:build !race

package server

// raceDetector says whether the race detector is on.
const raceDetector = false

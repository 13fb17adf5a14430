//go:build !race

package enginetest

// RaceDetector says whether the race detector is on: with it, pools of memory drop
// what they are given now and then.
const RaceDetector = false

// Package view is the one language of the filter box, the address bar, the
// push views and the command line: which sessions to show and in what order.
//
// # Filters
//
// A filter is a list of terms, all of which must hold:
//
//	word           user, client, schema, statement or id contains word, ignoring case
//	"exact"        the same, with case and spaces as written
//	/re/           the same, by a regular expression (RE2)
//	key:a,b        the value of key is a or b, ignoring case; * stands for anything
//	key:"exact"    the value of key is exactly this
//	key:/re/       the value of key matches
//	key:!a,b       the value of key is neither
//	key>1s         the figure of key compares so: > >= < <= and = for counts
//	!term          not term
//	a b            a and b
//	a | b          a or b; binds weaker than a space
//	( )            groups
//
// The keys are listed by Keys. Durations are in seconds unless they end in ms,
// s, m, min, h or d; sizes are in bytes unless they end in kB, MB, GB (powers
// of 1000) or KiB, MiB, GiB (powers of 1024). The key state takes the words of
// State and means all sessions of which the word is true, not only those that
// show it: a session whose kill is pending is still running.
//
// The same language finds lines of a log; see LogFilter for its keys.
//
// # Clocks
//
// The figures of a session were true when it was written down. Functions take
// the lag, the time since then, and let the clocks run on by it; Lag finds it.
//
// The package imports api and the standard library only: it is part of the
// console and of the server.
package view

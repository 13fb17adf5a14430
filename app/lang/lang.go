// Package lang puts what the console says into the reader's language. What it
// says is written in English where it is said; the English words are the key by
// which a catalog has those of another language, so that a text without a
// translation is English and never missing.
//
// Values such as names and numbers are put in after the words were looked up:
// whatever they are, they are no key and no pattern.
//
// # Concurrency
//
// All functions may be called from any goroutine.
package lang

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// Catalog has the words of a language by the English ones.
type Catalog map[string]string

// English is the language that needs no catalog.
const English = "en"

// words is the catalog in use; nil for English.
var words atomic.Pointer[Catalog]

// Use has everything said in the language of a catalog from now on; nil is
// English. The catalog must not change any more.
func Use(c Catalog) { words.Store(&c) }

// look returns what the catalog has for a text, or the text.
func look(text string) string {
	if c := words.Load(); c != nil {
		if there := (*c)[text]; there != "" {
			return there
		}
	}
	return text
}

// T returns text in the reader's language. Names in braces stand for the values
// that follow, each behind its name: T("Kill session {id}?", "id", "4711").
func T(text string, values ...string) string {
	return fill(look(text), values)
}

// N is T for words that depend on a number: text has those for 1 and those for
// all others with a bar between them, as in "{n} write|{n} writes". {n} is the
// number itself.
func N(n int, text string, values ...string) string {
	one, many, ok := strings.Cut(look(text), "|")
	if n == 1 || !ok {
		many = one
	}
	return fill(many, append(values, "n", Count(n)))
}

// Mark returns text as it is. It marks words of a table, which T looks up where
// they are said.
func Mark(text string) string { return text }

// fill puts values in the places of their names. A name without a value stays.
func fill(text string, values []string) string {
	if len(values) == 0 {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteByte('{')
			text = rest
			continue
		}
		if value, ok := find(values, name); ok {
			b.WriteString(value)
		} else {
			b.WriteString("{" + name + "}")
		}
		text = after
	}
}

func find(values []string, name string) (string, bool) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			return values[i+1], true
		}
	}
	return "", false
}

// Count writes a number with thin spaces between thousands: 1 284.
func Count[N int | int64 | uint64](n N) string {
	text := strconv.FormatInt(int64(n), 10)
	var b strings.Builder
	for i, r := range text {
		if left := len(text) - i; i > 0 && left%3 == 0 && text[i-1] != '-' {
			b.WriteRune('\u202f')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Decimal writes a number with so many digits behind the mark that the language
// has for them.
func Decimal(f float64, digits int) string {
	text := strconv.FormatFloat(f, 'f', digits, 64)
	if mark := T("."); mark != "." {
		text = strings.Replace(text, ".", mark, 1)
	}
	return text
}

// Language is one that the console speaks.
type Language struct {
	Tag  string // as in BCP 47, also the name of the catalog's file
	Name string // in the language itself
}

// All are the languages, English first.
var All = []Language{{English, "English"}, {"de", "Deutsch"}}

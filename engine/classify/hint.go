package classify

import (
	"bytes"
	"strings"
)

// HintKind is what a hint asks for.
type HintKind uint8

// The kinds of hints.
const (
	HintNone   HintKind = iota
	HintMaster          // route to master
	HintSlave           // route to slave
	HintServer          // route to server NAME
	HintLast            // route to last: the server of the previous statement
	HintAll             // route to all
	HintParam           // NAME=VALUE
)

// HintVerb is what becomes of a hint: each session has a stack of them and a
// set of named ones.
type HintVerb uint8

// The verbs.
const (
	HintOnce    HintVerb = iota // for this statement alone
	HintPrepare                 // NAME prepare HINT: keep it under a name
	HintBegin                   // [NAME] begin [HINT]: for all statements up to the end
	HintEnd                     // end: back to the hint before the last begin
)

// Hint is a routing hint in a comment: `maxscale route to master`.
type Hint struct {
	Kind  HintKind
	Verb  HintVerb
	Name  string // of a HintPrepare, or of a HintBegin; with HintNone, a hint prepared earlier
	Value string // the server of HintServer, NAME=VALUE's value of HintParam
	Param string // NAME=VALUE's name of HintParam
}

// ParseHint returns the hint in the first comment of sql, if that comment
// begins with the word maxscale and is well formed. Comments that the server
// executes do not count. Later comments are never looked at, as in MaxScale.
func ParseHint(sql []byte) (Hint, bool) {
	if bytes.IndexByte(sql, '#') < 0 && !bytes.Contains(sql, []byte("--")) && !bytes.Contains(sql, []byte("/*")) {
		return Hint{}, false
	}
	l := lexer{src: sql}
	return parseHint(l.firstComment())
}

// firstComment returns the text of the first comment, without its marks.
func (l *lexer) firstComment() []byte {
	var t token
	for {
		l.next(&t)
		if l.comment != nil || t.kind == tokEnd {
			return l.comment
		}
	}
}

// maxHintLength is the longest comment that may be a hint. Hints are kept by
// sessions, so clients are not to choose how long they are.
const maxHintLength = 1 << 10

func parseHint(comment []byte) (Hint, bool) {
	if len(comment) > maxHintLength {
		return Hint{}, false
	}
	words := hintWords{rest: comment}
	if !strings.EqualFold(words.next(), "maxscale") {
		return Hint{}, false
	}
	first := words.next()
	switch strings.ToLower(first) {
	case "":
		return Hint{}, false
	case "end":
		return Hint{Verb: HintEnd}, words.next() == ""
	case "begin":
		h, ok := words.hint(words.next())
		h.Verb = HintBegin
		return h, ok
	case "route":
		return words.hint(first)
	}
	second := words.next()
	switch strings.ToLower(second) {
	case "prepare":
		h, ok := words.hint(words.next())
		h.Verb, h.Name = HintPrepare, first
		return h, ok
	case "begin":
		h := Hint{}
		ok := true
		if third := words.next(); third != "" {
			h, ok = words.hint(third)
		}
		h.Verb, h.Name = HintBegin, first
		return h, ok
	case "=":
		value := words.next()
		return Hint{Kind: HintParam, Param: first, Value: value}, value != "" && words.next() == ""
	}
	return Hint{}, false
}

// hintWords cuts the text of a hint into words, quoted words and equal signs.
type hintWords struct{ rest []byte }

func (w *hintWords) next() string {
	w.rest = bytes.TrimLeft(w.rest, " \t\r\n\v\f")
	if len(w.rest) == 0 {
		return ""
	}
	n := 1
	switch c := w.rest[0]; c {
	case '=':
	case '"', '\'', '`':
		end := bytes.IndexByte(w.rest[1:], c)
		if end < 0 {
			w.rest = nil
			return ""
		}
		word := string(w.rest[1 : 1+end])
		w.rest = w.rest[end+2:]
		return word
	default:
		n = bytes.IndexAny(w.rest, " \t\r\n\v\f=")
		if n < 0 {
			n = len(w.rest)
		}
	}
	word := string(w.rest[:n])
	w.rest = w.rest[n:]
	return word
}

// hint reads the rest of ROUTE TO target or NAME=VALUE, after its first word,
// to the end.
func (w *hintWords) hint(first string) (Hint, bool) {
	second := w.next()
	if second == "=" {
		value := w.next()
		return Hint{Kind: HintParam, Param: first, Value: value}, first != "" && value != "" && w.next() == ""
	}
	if !strings.EqualFold(first, "route") || !strings.EqualFold(second, "to") {
		return Hint{}, false
	}
	var h Hint
	switch strings.ToLower(w.next()) {
	case "master":
		h.Kind = HintMaster
	case "slave":
		h.Kind = HintSlave
	case "last":
		h.Kind = HintLast
	case "all":
		h.Kind = HintAll
	case "server":
		h.Kind, h.Value = HintServer, w.next()
		if h.Value == "" {
			return Hint{}, false
		}
	default:
		return Hint{}, false
	}
	if w.next() != "" {
		return Hint{}, false
	}
	return h, true
}

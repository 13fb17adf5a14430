package classify

import "bytes"

// plain reads what most statements are: a SELECT, UPDATE or DELETE of names, numbers,
// literals and calls of harmless functions, in which nothing stands that a flag is
// for. It finds nothing that the parser does not find, in a third of its time and in
// few lines of code: those, too, have to come from memory for each statement when
// others have had the processor's cache since the last one.
func (m Mode) plain(sql []byte) (s Statement, is bool) {
	start, end, ok := firstWord(sql)
	if !ok {
		return s, false
	}
	switch words.find(sql[start:end]).key {
	case keySelect:
		s = Statement{Op: OpSelect, Flags: Reads, mode: m}
	case keyUpdate:
		s = Statement{Op: OpUpdate, Flags: Writes, mode: m}
	case keyDelete:
		s = Statement{Op: OpDelete, Flags: Writes, mode: m}
	default:
		return s, false
	}
	return s, m.plainRest(sql, end)
}

// firstWord returns where the first word of sql stands, with nothing but white space
// before it.
func firstWord(sql []byte) (start, end int, ok bool) {
	for start < len(sql) && class[sql[start]]&classSpace != 0 {
		start++
	}
	end = wordEnd(sql, start)
	return start, end, end > start
}

func wordEnd(sql []byte, i int) int {
	for i < len(sql) && class[sql[i]]&classWord != 0 {
		i++
	}
	return i
}

// plainRest reports whether sql is plain from i on, behind its first word.
func (m Mode) plainRest(sql []byte, i int) bool {
	const (
		other  = iota
		word   // that may be a function
		member // a word after a dot
		dot
		quoted
	)
	last, from, to := other, 0, 0 // what stands before i, and where it does if it is a word
	for i < len(sql) {
		c := sql[i]
		switch k := class[c]; {
		case k&classSpace != 0:
			i++
			continue
		case k&classDigit != 0: // digits alone: others may be a number and a word
			for i++; i < len(sql) && class[sql[i]]&classDigit != 0; i++ {
			}
			if i < len(sql) && class[sql[i]]&classWord != 0 {
				return false
			}
			last = other
			continue
		case k&classWord != 0:
			from, to = i, wordEnd(sql, i)
			i = to
			if telling.has(c, to-from) && words.find(sql[from:to]).tells() {
				return false
			}
			if last == dot {
				last = member
			} else {
				last = word
			}
			continue
		}
		switch c {
		case '(':
			if last == member || last == quoted || last == word && words.find(sql[from:to]).call != callRead {
				return false
			}
			last = other
		case '\'', '`':
			n := bytes.IndexByte(sql[i+1:], c)
			if n < 0 || bytes.IndexByte(sql[i+1:i+1+n], '\\') >= 0 || i+n+2 < len(sql) && sql[i+n+2] == c {
				return false
			}
			i += n + 1
			last = quoted
		case '.':
			last = dot
		case '-', '/':
			if i+1 < len(sql) && (sql[i+1] == '-' || sql[i+1] == '*') {
				return false
			}
			last = other
		case ',', '=', '<', '>', '*', '+', '%', '?', '!', ')':
			last = other
		default:
			return false
		}
		i++
	}
	return true
}

// tells reports whether a flag may depend on w, wherever in a statement it stands.
func (w word) tells() bool {
	switch w.key {
	case keyInto, keyFor, keyLock, keyNext, keyPrevious, keyWith, keyBegin:
		return true
	}
	return w.call == callSequence
}

// firsts tells what words there are by their first letters and their lengths.
type firsts [32]uint32

// telling are the words that tell.
var telling = func() (f firsts) {
	for _, e := range words.words {
		if e.word.tells() {
			f[e.text[0]&31] |= 1 << len(e.text)
		}
	}
	return f
}()

// has reports whether there may be a word of n letters that begins with c, in upper
// or lower case.
func (f *firsts) has(c byte, n int) bool { return n < 32 && f[c&31]&(1<<n) != 0 }

package classify

// Canonical appends sql to dst with every literal replaced by a question mark,
// without comments and with each run of white space as one space, and returns
// the result: statements that differ in their values alone have the same
// canonical form. Comments that the server executes are kept. The canonical
// form of a canonical form is itself.
func Canonical(dst, sql []byte) []byte {
	l := lexer{src: sql, marks: true}
	from := len(dst)
	var t token
	for {
		l.next(&t)
		if t.kind == tokEnd {
			return dst
		}
		if len(dst) > from && (t.space || dst[len(dst)-1] == '-' && sql[t.start] == '-') {
			// A space keeps apart two dashes that had a comment between them:
			// together they would begin one.
			dst = append(dst, ' ')
		}
		if t.kind == tokString || t.kind == tokNumber {
			dst = append(dst, '?')
			continue
		}
		dst = append(dst, sql[t.start:t.end]...)
	}
}

// Digest returns a hash of the canonical form of sql (FNV-1a). It is the same
// in every process.
func Digest(sql []byte) uint64 {
	var buf [1024]byte
	h := uint64(14695981039346656037)
	for _, c := range Canonical(buf[:0], sql) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

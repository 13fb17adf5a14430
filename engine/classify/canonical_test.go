package classify_test

import (
	"bytes"
	"testing"

	"github.com/signalbox/signalbox/engine/classify"
)

// Ensure that values go, and that nothing else does.
func TestCanonical(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"select 1", "select ?"},
		{"SELECT  a,\n\tb FROM t WHERE c = 'it''s' AND d=\"x\\\"\"", "SELECT a, b FROM t WHERE c = ? AND d=?"},
		{"select -1.5e-3, .5, 0xff, x'41', 1.", "select -?, ?, ?, x?, ?"},
		{"select a/* x */b -- y\nfrom t # z", "select a b from t"},
		{"select `a 1`, @'b', t1.c1, 2a from `d`.t", "select `a 1`, @'b', t1.c1, 2a from `d`.t"},
		{"insert into t values (1,'a'),(2,'b')", "insert into t values (?,?),(?,?)"},
		{"/*!40101 SET NAMES 'utf8' */;", "/*!40101 SET NAMES ? */;"},
		{"select ?", "select ?"},
		{"select 1-/**/-1", "select ?- -?"},
		{"select 'open", "select ?"},
		{"grant all on *.* to 'u'@'h' identified by 'secret'", "grant all on *.* to ?@'h' identified by ?"},
		{"", ""},
		{"/* only */", ""},
	}
	for _, tt := range tests {
		if got := string(classify.Canonical(nil, []byte(tt.sql))); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.sql, got, tt.want)
		}
	}
	if got := string(classify.Canonical([]byte("q: "), []byte(" select 1"))); got != "q: select ?" {
		t.Errorf("appending: got %q, want %q", got, "q: select ?")
	}
}

// Ensure that digests tell statements apart and not values, and that they stay
// the same from release to release.
func TestDigest(t *testing.T) {
	a := classify.Digest([]byte("select 1 from t"))
	if b := classify.Digest([]byte("select  'x'  from t")); a != b {
		t.Errorf("got %x and %x for statements that differ in a value, want one digest", a, b)
	}
	if b := classify.Digest([]byte("select 1 from u")); a == b {
		t.Errorf("got %x for two tables, want two digests", a)
	}
	if want := uint64(0xdf60cc0ecd20f494); a != want {
		t.Errorf("got %#x, want %#x as ever", a, want)
	}
	sql := []byte("select c from t where id = 12")
	if got := testing.AllocsPerRun(10, func() { classify.Digest(sql) }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func FuzzCanonical(f *testing.F) {
	for _, tt := range statements {
		f.Add([]byte(tt.sql))
	}
	f.Add([]byte("--/**/ 1"))
	f.Add([]byte("1.5.5e1x"))
	f.Add([]byte(".0.0A"))
	f.Add([]byte("/*!500001 '*/' */"))
	f.Fuzz(func(t *testing.T, sql []byte) {
		once := classify.Canonical(nil, sql)
		twice := classify.Canonical(nil, once)
		if !bytes.Equal(once, twice) {
			t.Errorf("%q: got %q, and of that %q, want it unchanged", sql, once, twice)
		}
	})
}

package classify

import (
	"reflect"
	"testing"
)

// Ensure that what is plain is read as the parser reads it.
func FuzzPlain(f *testing.F) {
	for _, sql := range []string{
		"SELECT c FROM sbtest1 WHERE id=5001", " select\n`a`.`b`, 'c', 1.5, -x from d.t where a in (1,2) and f=? ",
		"update t set a=a+1, b='x' where id=3", "delete from t where a>=.5 or b<>''", "select .5into @a", "select 1.nextval",
		"select s.nextval", "select a.max(1)", "select max (a), `max`(b), 'max'(c), sum( b ) from t", "select 1into", "select next value for s",
		"select a -- b", "select a--b", "select a/*b*/", "select a/b", "select a; delete from t", "select 'a''b', 'a\\'", "select 'a", "select(1)",
		"update(1)", "select\x00a", "select a lock in share mode", "select a from t for update", "with a as (select 1) select 2",
		"select a from t group by b with rollup", "select @a:=1", "delete into", "select 'a'(b)", "select 0x12, 1e5, 5a(3)", "select a.`b`(c)",
	} {
		f.Add([]byte(sql), byte(0))
		f.Add([]byte(sql), byte(1))
	}
	f.Fuzz(func(t *testing.T, sql []byte, mode byte) {
		m := Mode(mode) & NoBackslashEscapes
		got, is := m.plain(sql)
		if want := m.parse(sql); is && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: plain, %v %v; parsed: %v %v %q %q", sql, got.Op, got.Flags, want.Op, want.Flags, want.name, want.body)
		}
	})
}

func TestPlain(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT c FROM sbtest1 WHERE id=5001": true,
		"\tselect count(*), `t`.`a`, 'it is' from d.t where id in (1, 2.5) and b between ? and ? order by -a limit 3": true,
		"Update t SET a = a + 1 WHERE name = 'x'": true,
		"delete from t where id=1":                true,
		"select 1;":                               false, "select 'a\\'b'": false, "select f(1)": false, "select d.max(1)": false,
		"select a from t for update": false, "select a into b": false, "insert into t values (1)": false, "select @a": false,
		"select a /* maxscale route to master */": false, "select a -- b": false, "": false, " ": false, "(select 1)": false,
	} {
		if _, is := Mode(0).plain([]byte(sql)); is != want {
			t.Errorf("%q: plain %v, want %v", sql, is, want)
		}
	}
}

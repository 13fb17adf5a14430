package classify_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/classify"
)

const (
	reads    = classify.Reads
	writes   = classify.Writes
	session  = classify.SessionCommand
	begins   = classify.BeginTrx
	readOnly = classify.ReadOnlyTrx
	ends     = classify.EndTrx
	primary  = classify.PrimaryOnly
	multi    = classify.MultiStatement
	locks    = classify.Locks
	uses     = classify.UsesUserVar
	sets     = classify.SetsUserVar
	insertID = classify.LastInsertID
	found    = classify.FoundRows
	temp     = classify.TempTable
	unknown  = classify.Unknown
	isolates = classify.Isolation

	toPrimary = classify.TargetPrimary
	toReplica = classify.TargetReplica
	toAll     = classify.TargetAll
	toLast    = classify.TargetLast
)

var statements = []struct {
	sql    string
	op     classify.Op
	flags  classify.Flags
	target classify.Target
}{
	// Reads.
	{"SELECT 1", classify.OpSelect, reads, toReplica},
	{"select c from sbtest1 where id=5001", classify.OpSelect, reads, toReplica},
	{"select c from sbtest1 where id=?", classify.OpSelect, reads, toReplica},
	{"(select 1) union all (select 2) order by 1", classify.OpSelect, reads, toReplica},
	{"  \n\t-- a comment\n# another\n/* and one */ SELECT 1;", classify.OpSelect, reads, toReplica},
	{"VALUES (1, 2), (3, 4)", classify.OpSelect, reads, toReplica},
	{"select count(*), max(a), concat_ws(',', b) from t group by c having (count(*) > 1)", classify.OpSelect, reads, toReplica},
	{"select count (*) from t", classify.OpSelect, reads, toReplica},
	{"select a from t where (a, b) in ((1, 2)) and not (c) or exists (select 1) and b = any (select 2)", classify.OpSelect, reads, toReplica},
	{"select cast(a as decimal(10, 2)), convert(b, char(10)), if(a, b, c), replace(a, 'x', 'y'), insert(a, 1, 2, 'x') from t", classify.OpSelect, reads, toReplica},
	{"select match (a, b) against ('x' in boolean mode) from t use index (i) where a = interval(1, 2)", classify.OpSelect, reads, toReplica},
	{"select * from json_table('[]', '$[*]' columns(a int path '$')) as j", classify.OpSelect, reads, toReplica},
	{"select row_number() over (partition by a order by b) from t window w as (order by a)", classify.OpSelect, reads, toReplica},
	{"select * from t for system_time as of timestamp '2026-01-01 00:00:00'", classify.OpSelect, reads, toReplica},
	{"select * from t use index for join (i) where a=1", classify.OpSelect, reads, toReplica},
	{"select 'insert into t values (1); delete from t', \"f(1)\", `g(`, a`b` from t", classify.OpSelect, reads, toReplica},
	{`select 'it\'s', 'it''s', "a\"b", '\\'`, classify.OpSelect, reads, toReplica},
	{"select 1 /* ; delete from t */", classify.OpSelect, reads, toReplica},
	{"select 1--1", classify.OpSelect, reads, toReplica},
	{"select @@version, @@session.sql_mode, @@global.read_only", classify.OpSelect, reads, toReplica},
	{"select @a, @`b c`, @'d'", classify.OpSelect, reads | uses, toReplica},
	{"with x as (select 1), y as (select 2) select * from x join y", classify.OpSelect, reads, toReplica},
	{"with recursive x(n) as (select 1 union all select n+1 from x where n<9), `y` (a, b) as (select 1, 2) (select * from x)", classify.OpSelect, reads, toReplica},
	{"with recursive x(n) as (select 1) cycle n restrict select * from x", classify.OpSelect, reads, toReplica},
	{"select * from (with x(a) as (select 1) select a from x) d", classify.OpSelect, reads, toReplica},
	{"show tables", classify.OpShow, reads, toReplica},
	{"show full processlist", classify.OpShow, reads, toReplica},
	{"describe t", classify.OpExplain, reads, toReplica},
	{"explain extended select * from t where a=f", classify.OpExplain, reads, toReplica},
	{"explain format=json select 1", classify.OpExplain, reads, toReplica},
	{"help 'select'", classify.OpShow, reads, toReplica},

	// Reads for the primary.
	{"select f(1)", classify.OpSelect, reads | primary, toPrimary},
	{"select f (1)", classify.OpSelect, reads | primary, toPrimary},
	{"select `concat`(1)", classify.OpSelect, reads | primary, toPrimary},
	{"select d.concat(1)", classify.OpSelect, reads | primary, toPrimary},
	{"select d . `f` /* x */ ()", classify.OpSelect, reads | primary, toPrimary},
	{"select \"f\"(1)", classify.OpSelect, reads | primary, toPrimary},
	{"select a from t where b = (1) and f(2)", classify.OpSelect, reads | primary, toPrimary},
	{"select last_insert_id()", classify.OpSelect, reads | insertID, toPrimary},
	{"select @@identity", classify.OpSelect, reads | insertID, toPrimary},
	{"select @@session.last_insert_id", classify.OpSelect, reads | insertID, toPrimary},
	{"select @@`identity`", classify.OpSelect, reads | primary, toPrimary},
	{"select @@session . identity", classify.OpSelect, reads | primary, toPrimary},
	{"select get_lock('a', 1)", classify.OpSelect, reads | locks | classify.TakesLock, toPrimary},
	{"select RELEASE_LOCK('a')", classify.OpSelect, reads | locks | classify.FreesLock, toPrimary},
	{"select is_used_lock('a'), is_free_lock('a')", classify.OpSelect, reads | locks, toPrimary},
	{"select nextval(s)", classify.OpSelect, reads | primary, toPrimary},
	{"select next value for s", classify.OpSelect, reads | primary, toPrimary},
	{"select previous value for s", classify.OpSelect, reads | primary, toPrimary},
	{"select s.nextval", classify.OpSelect, reads | primary, toPrimary},
	{"select * from t for update", classify.OpSelect, reads | locks, toPrimary},
	{"select * from t where a=1 FOR SHARE", classify.OpSelect, reads | locks, toPrimary},
	{"select * from t lock in share mode", classify.OpSelect, reads | locks, toPrimary},
	{"select * from t into outfile '/tmp/x'", classify.OpSelect, reads | writes, toPrimary},
	{"select a into dumpfile '/tmp/x' from t", classify.OpSelect, reads | writes, toPrimary},
	{"select a into b from t", classify.OpSelect, reads | primary, toPrimary},
	{"select @a := a from t", classify.OpSelect, reads | sets | primary, toPrimary},
	{"show master status", classify.OpShow, reads | primary, toPrimary},
	{"show binary logs", classify.OpShow, reads | primary, toPrimary},
	{"show binlog events", classify.OpShow, reads | primary, toPrimary},
	{"explain update t set a=1", classify.OpExplain, reads | primary, toPrimary},
	{"explain with x as (select 1) delete from t", classify.OpExplain, reads | primary, toPrimary},
	{"explain select * from t for update", classify.OpExplain, reads | locks, toPrimary},
	{"explain for connection 12", classify.OpExplain, reads | primary, toPrimary},
	{"do sleep(1)", classify.OpDo, reads | primary, toPrimary},
	{"handler t open", classify.OpHandler, reads | primary, toPrimary},

	// About the statement before.
	{"select found_rows()", classify.OpSelect, reads | found, toLast},
	{"select row_count()", classify.OpSelect, reads | found, toLast},
	{"select @@warning_count", classify.OpSelect, reads | found, toLast},
	{"show warnings limit 1", classify.OpShow, reads | found, toLast},
	{"show count(*) errors", classify.OpShow, reads | found, toLast},
	{"get diagnostics condition 1 @m = message_text", classify.OpShow, reads | found | uses, toLast},
	{"select found_rows(), f()", classify.OpSelect, reads | found | primary, toPrimary},

	// Writes.
	{"INSERT INTO t (a, b) VALUES (1, 'x')", classify.OpInsert, writes | primary, toPrimary},
	{"insert t select * from u on duplicate key update a=values(a)", classify.OpInsert, writes, toPrimary},
	{"insert into t values (@a)", classify.OpInsert, writes | primary | uses, toPrimary},
	{"replace t values (1)", classify.OpReplace, writes, toPrimary},
	{"update t set a=1 where b=2", classify.OpUpdate, writes, toPrimary},
	{"delete from t where a in (1) returning b", classify.OpDelete, writes, toPrimary},
	{"with x as (select 1) delete from t using t join x", classify.OpDelete, writes, toPrimary},
	{"with x (n) as (select 1) update t set a=1", classify.OpUpdate, writes, toPrimary},
	{"set statement max_statement_time=1 for delete from t", classify.OpDelete, writes, toPrimary},
	{"explain analyze delete from t", classify.OpAnalyze, writes, toPrimary},
	{"analyze format=json update t set a=1", classify.OpAnalyze, writes, toPrimary},
	{"analyze table t", classify.OpAdmin, writes, toPrimary},
	{"load data infile 'x' replace into table t", classify.OpLoad, writes | primary, toPrimary},
	{"load data low_priority local infile 'x' into table t", classify.OpLoad, writes | primary | classify.LoadLocal, toPrimary},
	{"call p(1)", classify.OpCall, writes | primary, toPrimary},
	{"call p(1, @out)", classify.OpCall, writes | primary | uses | sets, toPrimary},
	{"create table t (a int)", classify.OpCreate, writes | primary, toPrimary},
	{"create or replace table t like u", classify.OpCreate, writes, toPrimary},
	{"create procedure p() begin select 1; select 2; end", classify.OpCreate, writes | primary, toPrimary},
	{"alter table t add column b int, lock=none", classify.OpAlter, writes, toPrimary},
	{"drop table t", classify.OpDrop, writes, toPrimary},
	{"rename table a to b", classify.OpRename, writes, toPrimary},
	{"truncate t", classify.OpTruncate, writes, toPrimary},
	{"create temporary table if not exists d.t like u", classify.OpCreate, writes | temp, toPrimary},
	{"drop temporary table if exists t", classify.OpDrop, writes | temp, toPrimary},
	{"grant select on d.* to u@h", classify.OpAdmin, writes | uses, toPrimary},
	{"flush tables with read lock", classify.OpFlush, writes, toPrimary},
	{"lock tables t write", classify.OpLock, locks, toPrimary},
	{"unlock tables", classify.OpUnlock, locks, toPrimary},
	{"begin not atomic insert into t values (1); select 1; end", classify.OpCall, writes | primary, toPrimary},
	{"begin not atomic set @a = 1; end", classify.OpCall, writes | uses | sets, toPrimary},
	{"execute immediate 'delete from t'", classify.OpExecute, writes, toPrimary},
	{"execute immediate 'create temporary table t (a int)'", classify.OpExecute, writes | temp, toPrimary},
	{"start slave", classify.OpAdmin, writes, toPrimary},

	// Session commands.
	{"set names utf8mb4 collate utf8mb4_bin", classify.OpSet, session, toAll},
	{"set sql_mode=concat(@@sql_mode, ',STRICT_ALL_TABLES')", classify.OpSet, session, toAll},
	{"set @a=1, @b:=(select max(a) from t)", classify.OpSet, session | sets | reads, toAll},
	{"set @a=@b", classify.OpSet, session | sets | uses, toAll},
	{"set @a=f(1)", classify.OpSet, session | sets | primary, toPrimary},
	{"set @id=last_insert_id()", classify.OpSet, session | sets | insertID, toPrimary},
	{"set role r", classify.OpSet, session, toAll},
	{"set character set utf8", classify.OpSet, session, toAll},
	{"set autocommit=0", classify.OpSet, session | classify.AutocommitOff, toAll},
	{"SET @a = (SELECT MAX(a) FROM t)", classify.OpSet, session | classify.SetsUserVar | classify.Reads, toAll},
	{"SET @@session.autocommit = OFF", classify.OpSet, session | classify.AutocommitOff, toAll},
	{"set sql_mode='', session autocommit := on", classify.OpSet, session | classify.AutocommitOn, toAll},
	{"set autocommit=default", classify.OpSet, session | classify.AutocommitOn, toAll},
	{"set autocommit=@old", classify.OpSet, session | uses, toAll},
	{"set transaction isolation level serializable", classify.OpSet, isolates | classify.Serializable | classify.NextTrx, toPrimary},
	{"set transaction read only", classify.OpSet, readOnly | classify.NextTrx, toPrimary},
	{"set @@tx_isolation='SERIALIZABLE'", classify.OpSet, isolates | classify.Serializable | classify.NextTrx, toPrimary},
	{"set @@session.tx_isolation='SERIALIZABLE'", classify.OpSet, session | isolates | classify.Serializable, toAll},
	{"set session transaction isolation level serializable", classify.OpSet, session | isolates | classify.Serializable, toAll},
	{"set session transaction isolation level read committed, read only", classify.OpSet, session | isolates | readOnly, toAll},
	{"set tx_isolation='SERIALIZABLE'", classify.OpSet, session | isolates | classify.Serializable, toAll},
	{"set @@transaction_read_only=1", classify.OpSet, readOnly | classify.NextTrx, toPrimary},
	{"set global read_only=1", classify.OpSet, writes, toPrimary},
	{"set @@global.autocommit=0", classify.OpSet, writes, toPrimary},
	{"set password for u@h = password('x')", classify.OpSet, writes | uses, toPrimary},
	{"set default role r", classify.OpSet, writes, toPrimary},
	{"use d", classify.OpUse, session, toAll},
	{"prepare s from 'select 1'", classify.OpPrepare, session, toAll},
	{"prepare s from @a", classify.OpPrepare, session | uses, toAll},
	{"deallocate prepare s", classify.OpDeallocate, session, toAll},
	{"drop prepare s", classify.OpDeallocate, session, toAll},
	{"select a, b into @a, @b from t", classify.OpSelect, reads | session | sets, toAll},
	{"select a from t into @a", classify.OpSelect, reads | session | sets, toAll},
	{"set statement max_statement_time=1 for select 1", classify.OpSelect, reads, toReplica},
	{"set statement max_statement_time=f() for select 1", classify.OpSelect, reads | primary, toPrimary},

	// Transactions.
	{"begin", classify.OpBegin, begins, toPrimary},
	{"BEGIN WORK;", classify.OpBegin, begins, toPrimary},
	{"start transaction", classify.OpBegin, begins, toPrimary},
	{"start transaction with consistent snapshot, read only", classify.OpBegin, begins | readOnly, toReplica},
	{"start transaction read write", classify.OpBegin, begins, toPrimary},
	{"commit", classify.OpCommit, ends, toPrimary},
	{"commit and chain", classify.OpCommit, ends | begins, toPrimary},
	{"rollback work and no chain release", classify.OpRollback, ends, toPrimary},
	{"rollback to savepoint a", classify.OpSavepoint, primary, toPrimary},
	{"savepoint a", classify.OpSavepoint, primary, toPrimary},
	{"release savepoint a", classify.OpSavepoint, primary, toPrimary},
	{"xa start 'a'", classify.OpBegin, begins | primary, toPrimary},
	{"xa commit 'a'", classify.OpXA, ends | primary, toPrimary},
	{"xa recover", classify.OpXA, primary, toPrimary},

	// Comments that the server executes.
	{"/*!40101 SET NAMES utf8 */", classify.OpSet, session, toAll},
	{"select 1 /*! for update */", classify.OpSelect, reads | locks, toPrimary},
	{"select 1 /*M!100100 , f(1) */", classify.OpSelect, reads | primary, toPrimary},
	{"/*!99999 select */ delete from t", classify.OpSelect, reads | primary, toPrimary},
	{"select 1 /*!99999 ' */ , f(1) /* ' */", classify.OpSelect, reads | unknown, toPrimary},
	{"select /*+ max_execution_time(1) */ 1", classify.OpSelect, reads, toReplica},

	// Several statements.
	{"select 1; select 2", classify.OpSelect, reads | multi, toPrimary},
	{"select 1; ; ", classify.OpSelect, reads, toReplica},
	{"set autocommit=0; delete from t", classify.OpSet, session | classify.AutocommitOff | writes | multi, toPrimary},
	{"begin; commit", classify.OpBegin, begins | ends | multi, toPrimary},
	{"select begin; delete from t", classify.OpSelect, reads | multi | writes, toPrimary},

	// What is not understood.
	{"", classify.OpUnknown, unknown, toPrimary},
	{" ; /* nothing */", classify.OpUnknown, unknown, toPrimary},
	{"frobnicate the database", classify.OpUnknown, unknown, toPrimary},
	{"checksum table t", classify.OpUnknown, unknown, toPrimary},
	{"select 'open", classify.OpSelect, reads | unknown, toPrimary},
	{"select 1 /* open", classify.OpSelect, reads | unknown, toPrimary},
	{"select 1 /*! open", classify.OpSelect, reads | unknown, toPrimary},
	{"select `open", classify.OpSelect, reads | unknown, toPrimary},
	{"with x", classify.OpUnknown, unknown, toPrimary},
	{"with x as (select 1) drop table t", classify.OpUnknown, unknown, toPrimary},
	{"\x00\xff", classify.OpUnknown, unknown, toPrimary},

	// KILL.
	{"kill query 12", classify.OpKill, classify.Kill, toPrimary},
}

// Ensure that statements are what they are and go where they belong.
func TestParse(t *testing.T) {
	for _, tt := range statements {
		got := classify.Parse([]byte(tt.sql))
		if got.Op != tt.op {
			t.Errorf("%s: got op %v, want %v", tt.sql, got.Op, tt.op)
		}
		if got.Flags != tt.flags {
			t.Errorf("%s: got flags %v, want %v", tt.sql, got.Flags, tt.flags)
		}
		if got.Target() != tt.target {
			t.Errorf("%s: got target %v, want %v", tt.sql, got.Target(), tt.target)
		}
	}
}

// Ensure that a backslash is a letter where the session says so.
func TestParseNoBackslashEscapes(t *testing.T) {
	sql := []byte(`select 'a\', f(1), 'b'`)
	statement := classify.NoBackslashEscapes.Parse(sql)
	if got := statement.Target(); got != toPrimary {
		t.Errorf("got %v, want %v: the call of f is not within a string", got, toPrimary)
	}
}

// Ensure that statements within statements, however deep, end in the primary's
// lap and not in a stack overflow.
func TestParseNested(t *testing.T) {
	var sql []byte
	for range 200_000 {
		sql = append(sql, "set statement a=1 for "...)
	}
	if got := classify.Parse(append(sql, "select 1"...)); !got.Is(unknown) {
		t.Errorf("got flags %v, want %v", got.Flags, unknown)
	}
}

// Ensure that the names and bodies of prepared statements come out.
func TestPrepared(t *testing.T) {
	tests := []struct{ sql, name, body string }{
		{"prepare s from 'select 1'", "s", "select 1"},
		{"PREPARE `a``b` FROM \"select 'x'\";", "a`b", "select 'x'"},
		{`prepare s from 'select \'a\', ''b'', "c\n"'`, "s", "select 'a', 'b', \"c\n\""},
		{"prepare s from 'select' ' 1'", "s", ""},
		{"prepare s from concat('a', 'b')", "s", ""},
		{"prepare s from @q", "s", ""},
		{"execute s using @a, @b", "s", ""},
		{"execute immediate 'select 1'", "", ""},
		{"deallocate prepare s", "s", ""},
		{"drop prepare `s`", "s", ""},
		{"select 1", "", ""},
		{"prepare", "", ""},
		{"prepare s from '", "s", ""},
	}
	for _, tt := range tests {
		statement := classify.Parse([]byte(tt.sql))
		name, body := statement.Prepared()
		if string(name) != tt.name || string(body) != tt.body {
			t.Errorf("%s: got (%q, %q), want (%q, %q)", tt.sql, name, body, tt.name, tt.body)
		}
	}
}

// Ensure that databases and temporary tables come out.
func TestNames(t *testing.T) {
	tests := []struct{ sql, database, table string }{
		{"use `my db`", "my db", ""},
		{"use d;", "d", ""},
		{"create temporary table t (a int)", "", "t"},
		{"create or replace temporary table if not exists d.`t` select 1", "", "t"},
		{"drop temporary tables if exists a, b", "", "a"},
		{"create table t (a int)", "", ""},
		{"create temporary sequence s", "", "s"},
	}
	for _, tt := range tests {
		s := classify.Parse([]byte(tt.sql))
		if got := string(s.Database()); got != tt.database {
			t.Errorf("%s: got database %q, want %q", tt.sql, got, tt.database)
		}
		if got := string(s.Table()); got != tt.table {
			t.Errorf("%s: got table %q, want %q", tt.sql, got, tt.table)
		}
	}
}

// Ensure that parsing leaves nothing to the garbage collector.
func TestParseAllocates(t *testing.T) {
	for _, tt := range statements {
		sql := []byte(tt.sql)
		if got := testing.AllocsPerRun(10, func() {
			statement := classify.Parse(sql)
			statement.Target()
		}); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", tt.sql, got)
		}
	}
}

// Ensure that parsing time grows with the text and not faster.
func TestParseHostileLength(t *testing.T) {
	for _, piece := range []string{`\`, `'`, "`", `"`, "/*", "/*!", "*/", "(", ";", "@", "@@", "'a\\''", "1e", "with x as (", "--", "#"} {
		var sql []byte
		for len(sql) < 1<<20 {
			sql = append(sql, piece...)
		}
		start := time.Now()
		classify.Parse(append([]byte("select "), sql...))
		classify.Parse(append([]byte("select '"), sql...))
		classify.Canonical(nil, sql)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("1 MiB of %s took %v, want some milliseconds", piece, took)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range statements {
		f.Add([]byte(tt.sql))
	}
	f.Fuzz(func(t *testing.T, sql []byte) {
		for _, m := range []classify.Mode{0, classify.NoBackslashEscapes} {
			s := m.Parse(sql)
			s.Prepared()
			s.Database()
			found := s.Table() == nil
			for _, name := range m.Identifiers(sql) {
				found = found || bytes.Equal(name, s.Table())
			}
			if !found {
				t.Errorf("%q: the table %q is not among its identifiers", sql, s.Table())
			}
			if s.Target() == classify.TargetReplica && s.Is(classify.Writes|classify.Unknown) {
				t.Errorf("%q: flags %v go to a replica", sql, s.Flags)
			}
		}
		classify.ParseHint(sql)
		classify.ParseKill(sql)
	})
}

func BenchmarkParse(b *testing.B) {
	for _, bb := range []struct{ name, sql string }{
		{"point_select", "SELECT c FROM sbtest1 WHERE id=5001"},
		{"insert", "INSERT INTO sbtest1 (id, k, c, pad) VALUES (0, 4992833, '83868641912-28773972837-60736120486-75162659906-27563526494-20381887404-41576422241-93426793964-56405065102-33518432330', '67847967377-48000963322-62604785301-91415491898-96926520291')"},
		{"join", `SELECT o.id, o.created_at, c.name, c.email, SUM(l.quantity * l.price) AS total
			FROM orders o JOIN customers c ON c.id = o.customer_id
			LEFT JOIN order_lines l ON l.order_id = o.id AND l.deleted_at IS NULL
			WHERE o.created_at BETWEEN '2026-01-01' AND '2026-02-01' AND c.country IN ('FI', 'SE', 'NO')
			AND EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.state = 'done')
			GROUP BY o.id, o.created_at, c.name, c.email HAVING total > 100.50 ORDER BY total DESC LIMIT 20 OFFSET 40`},
	} {
		sql := []byte(bb.sql)
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				classify.Parse(sql)
			}
		})
	}
}

// Ensure that what may be a name comes out with what qualifies it.
func TestIdentifiers(t *testing.T) {
	for _, tt := range []struct{ sql, want string }{
		{"select a.b, `c d` from x . `y`", ".select .a a.b .c d .from .x x.y"},
		{`drop table "T", 'x', d.t /* u */ -- v`, ".drop .table .T .d d.t"},
		{"select 1.5, @a, f(b)", ".select .f .b"},
	} {
		var got []string
		for qualifier, name := range classify.Mode(0).Identifiers([]byte(tt.sql)) {
			got = append(got, string(qualifier)+"."+string(name))
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s: got %s, want %s", tt.sql, text, tt.want)
		}
	}
}

// Ensure only a call whose value is all that is selected is taken for one.
func TestIsLockCall(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT GET_LOCK('a', 1)":                      true,
		"select release_lock ( 'a' ) ;":                true,
		"/* x */ SELECT GET_LOCK(CONCAT('a', ?), 1.5)": true,
		"SELECT GET_LOCK('a', 1) AS got":               true,
		"SELECT GET_LOCK('a', 1) `got`":                true,
		"SELECT RELEASE_ALL_LOCKS()":                   false,
		"SELECT GET_LOCK('a', 1), 1":                   false,
		"SELECT 1, GET_LOCK('a', 1)":                   false,
		"SELECT GET_LOCK('a', 1) = 0":                  false,
		"SELECT NOT GET_LOCK('a', 1)":                  false,
		"SELECT GET_LOCK('a', 1) FROM t":               false,
		"SELECT GET_LOCK('a', GET_LOCK('b', 1))":       false,
		"SELECT GET_LOCK('a', 1) UNION SELECT 1":       false,
		"SELECT GET_LOCK('a', 1); SELECT 1":            false,
		"SELECT GET_LOCK('a":                           false,
		"SELECT GET_LOCK":                              false,
		"DO GET_LOCK('a', 1)":                          false,
		"SELECT d.GET_LOCK('a', 1)":                    false,
		"":                                             false,
	} {
		if got := classify.Mode(0).IsLockCall([]byte(sql)); got != want {
			t.Errorf("%s: got %v, want %v", sql, got, want)
		}
	}
}

package conformance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// fuzzSeeds is how many sequences of statements the test compares;
// CONFORMANCE_FUZZTIME goes on for so long with others.
const (
	fuzzSeeds  = 20
	fuzzLength = 120
)

// differential is compared byte by byte: random commands, directly and through
// each router. Each seed is a sequence that is always the same.
var differential = suite{name: "differential", run: runDifferential, least: fuzzSeeds * fuzzLength}

func runDifferential(t *testing.T, _ *bench, w way) []byte {
	t.Helper()
	var out bytes.Buffer
	for seed := range uint64(fuzzSeeds) {
		fuzz(t, w, seed, &out)
	}
	return out.Bytes()
}

// Ensure that the proxy's answers are the servers', for as long as one likes.
func TestDifferential(t *testing.T) {
	program, text := os.Getenv("SIGNALBOX"), os.Getenv("CONFORMANCE_FUZZTIME")
	if program == "" || text == "" {
		t.Skip("SIGNALBOX and CONFORMANCE_FUZZTIME say what to fuzz for how long")
	}
	duration, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, program)
	known := readDifferences(t)
	for end, seed := time.Now().Add(duration), uint64(time.Now().UnixNano()); time.Now().Before(end) && !t.Failed(); seed++ {
		one := suite{name: "differential", run: func(t *testing.T, _ *bench, w way) []byte {
			var out bytes.Buffer
			fuzz(t, w, seed, &out)
			return out.Bytes()
		}}
		want := one.transcript(t, b, b.direct)
		for _, w := range []way{b.conn, b.split} {
			compare(t, one.name, w.name, want, one.transcript(t, b, w), known)
		}
	}
}

// capabilitySets are the ways in which clients talk; a seed takes one.
var capabilitySets = func() []wire.Capability {
	base := wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientConnectWithDB | wire.ClientTransactions |
		wire.ClientMultiStatements | wire.ClientMultiResults | wire.ClientPSMultiResults | wire.ClientLongFlag
	return []wire.Capability{
		base,
		base | wire.ClientDeprecateEOF,
		base | wire.ClientDeprecateEOF | wire.ClientSessionTrack | wire.ClientFoundRows,
		base | wire.ClientDeprecateEOF | wire.MariaDBCacheMetadata | wire.MariaDBExtendedMetadata | wire.MariaDBStmtBulk,
		base | wire.MariaDBCacheMetadata | wire.ClientSessionTrack,
	}
}()

// fuzz runs the sequence of a seed and writes a line for each command: what it
// was and what came back.
func fuzz(t *testing.T, w way, seed uint64, out *bytes.Buffer) {
	t.Helper()
	db := w.server.Open(t, root, schema)
	for _, statement := range fuzzTables {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	c := dialRaw(t, w, capabilitySets[seed%uint64(len(capabilitySets))])
	defer c.conn.Close()                                         // or its locks would keep the next sequence waiting
	if _, err := c.command([]byte("\x03SELECT 1")); err != nil { // FOUND_ROWS() of a new connection is that of an old one
		t.Fatal(err)
	}
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	for n := range fuzzLength {
		text, payload := g.next()
		reply, err := c.command(payload)
		if err == nil && wire.Command(payload[0]) == wire.ComStmtPrepare && c.reply.Err == nil {
			g.prepared = append(g.prepared, statement{id: c.reply.StatementID, params: int(c.reply.Params)})
		}
		sum := fnv.New64a()
		_, _ = sum.Write(reply)
		fmt.Fprintf(out, "seed %d, %d: %s: %d bytes %x %.200x %v\n", seed, n, text, len(reply), sum.Sum64(), reply, err)
		if err != nil {
			return // the connection is of no use any more
		}
	}
}

// fuzzTables are what the sequences work on.
var fuzzTables = []string{
	"SET GLOBAL innodb_lock_wait_timeout = 1", "SET GLOBAL lock_wait_timeout = 1", // a session that waits for itself is told soon
	"DROP TABLE IF EXISTS t, u", "DROP PROCEDURE IF EXISTS p",
	"CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(50), c DECIMAL(10,3), d DATETIME(3), e BLOB, f DOUBLE, g BIT(5)) CHARSET utf8mb4",
	"CREATE TABLE u (a INT AUTO_INCREMENT PRIMARY KEY, b TEXT)",
	"INSERT INTO t SELECT seq, IF(seq % 5, CONCAT('b', seq), NULL), seq / 7, '2024-02-29 12:00:00.123' + INTERVAL seq DAY, REPEAT('e', seq * 9), SQRT(seq), seq % 32 FROM seq_1_to_40",
	"CREATE PROCEDURE p (x INT) BEGIN SELECT x; SELECT a, b FROM t WHERE a < x ORDER BY a; END",
}

// statement is one that is prepared.
type statement struct {
	id     uint32
	params int
}

// generator makes random commands. What it makes depends on its seed alone.
type generator struct {
	*rand.Rand
	prepared []statement
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) number() string { return strconv.Itoa(g.IntN(45)) }

// next returns a command and what to call it.
func (g *generator) next() (text string, payload []byte) {
	switch n := g.IntN(100); {
	case n < 55:
		sql := g.sql()
		return sql, append([]byte{byte(wire.ComQuery)}, sql...)
	case n < 67 || len(g.prepared) == 0:
		sql := g.pick("SELECT ? + a, b FROM t WHERE a < ? ORDER BY a", "SELECT * FROM t WHERE a = ?", "INSERT INTO u (b) VALUES (?)", "SELECT 1, NULL, 'x'",
			"UPDATE t SET b = ? WHERE a = ?", "SELECT nothing", "CALL p(?)", "DELETE FROM u WHERE a = ?", "SET @p = ?", "SELECT @p, ?", "SELECT * FROM t ORDER BY a")
		return "prepare " + sql, append([]byte{byte(wire.ComStmtPrepare)}, sql...)
	case n < 90:
		s := g.prepared[g.IntN(len(g.prepared))]
		return "execute", g.execute(s)
	case n < 93:
		i := g.IntN(len(g.prepared))
		s := g.prepared[i]
		command := wire.ComStmtReset
		if g.IntN(2) == 0 {
			command = wire.ComStmtClose
			g.prepared = append(g.prepared[:i:i], g.prepared[i+1:]...)
		}
		return command.String(), binary.LittleEndian.AppendUint32([]byte{byte(command)}, s.id)
	case n < 94:
		if g.IntN(2) == 0 {
			return "COM_STMT_RESET of nothing", binary.LittleEndian.AppendUint32([]byte{byte(wire.ComStmtReset)}, 99999)
		}
		return "COM_STMT_EXECUTE of nothing", g.execute(statement{id: 99999})
	case n < 95:
		return "COM_INIT_DB", append([]byte{byte(wire.ComInitDB)}, g.pick(schema, schema, "nowhere")...)
	case n < 96:
		return "COM_FIELD_LIST", append([]byte{byte(wire.ComFieldList)}, "t\x00%"...)
	case n < 97:
		return "COM_SET_OPTION", []byte{byte(wire.ComSetOption), 0, 0}
	case n < 98 && g.IntN(4) == 0:
		g.prepared = nil
		return "COM_RESET_CONNECTION", []byte{byte(wire.ComResetConnection)}
	default:
		return "COM_PING", []byte{byte(wire.ComPing)}
	}
}

// execute makes a COM_STMT_EXECUTE with parameters of random types.
func (g *generator) execute(s statement) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{byte(wire.ComStmtExecute)}, s.id)
	b = append(b, 0, 1, 0, 0, 0)
	if s.params == 0 {
		return b
	}
	nulls := make([]byte, (s.params+7)/8)
	var types, values []byte
	for i := range s.params {
		switch g.IntN(4) {
		case 0:
			nulls[i/8] |= 1 << (i % 8)
			types = append(types, byte(wire.TypeNull), 0)
		case 1:
			types = append(types, byte(wire.TypeVarString), 0)
			values = wire.AppendLenencString(values, []byte(strings.Repeat("ü", g.IntN(30))))
		default:
			types = append(types, byte(wire.TypeLong), 0)
			values = binary.LittleEndian.AppendUint32(values, g.Uint32N(45))
		}
	}
	b = append(append(b, nulls...), 1)
	return append(append(b, types...), values...)
}

// sql makes a random statement. Every result has an order.
func (g *generator) sql() string {
	switch g.IntN(22) {
	case 0:
		return "SELECT * FROM t WHERE a > " + g.number() + " ORDER BY a LIMIT " + g.number()
	case 1:
		return "SELECT " + g.pick("COUNT(*)", "SUM(c)", "MAX(d)", "AVG(f)", "BIT_OR(g)", "GROUP_CONCAT(b ORDER BY a)", "MIN(e)") + " FROM t" + g.pick("", " WHERE b IS NULL", " WHERE a % 3 = 1")
	case 2:
		return "SELECT t.a, u.b FROM t LEFT JOIN u ON t.a = u.a WHERE t.a < " + g.number() + " ORDER BY t.a"
	case 3:
		return "INSERT INTO u (b) VALUES ('" + g.pick("x", "größe", "") + "')" + g.pick("", ", ('y'), (NULL)")
	case 4:
		return "UPDATE t SET b = '" + g.pick("x", "z") + "' WHERE a " + g.pick("<", "=", ">") + " " + g.number()
	case 5:
		return "DELETE FROM u WHERE a < " + g.number()
	case 6:
		return g.pick("BEGIN", "START TRANSACTION READ ONLY", "COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "SAVEPOINT s", "ROLLBACK TO s", "SET autocommit = 0", "SET autocommit = 1")
	case 7:
		return "SET @" + g.pick("x", "y") + " = " + g.pick("1", "'text'", "NULL", "1.5", "(SELECT MAX(a) FROM t)")
	case 8:
		return "SELECT @x, @y" + g.pick("", ", @x + 1", ", @x := 7")
	case 9:
		return g.pick("SELECT nothing", "SELEC 1", "INSERT INTO t (a) VALUES (1)", "SELECT * FROM nowhere", "DROP TABLE nowhere", "CALL nothing()")
	case 10:
		return g.pick("SELECT 1/0", "SELECT CAST('x' AS INT)", "SELECT 'a' + 1") + g.pick("", "; SHOW WARNINGS")
	case 11:
		return g.pick("SELECT 1; SELECT 2, 3", "SELECT 1; UPDATE t SET c = c WHERE a = 1; SELECT 2", "SELECT 1; SELECT nothing; SELECT 3", "SET @x = 3; SELECT @x")
	case 12:
		return "CALL p(" + g.number() + ")"
	case 13:
		return g.pick("CREATE TEMPORARY TABLE IF NOT EXISTS tmp (a INT)", "INSERT INTO tmp VALUES (1), (2)", "SELECT COUNT(*) FROM tmp", "DROP TEMPORARY TABLE IF EXISTS tmp")
	case 14:
		return g.pick("SHOW WARNINGS", "SHOW COUNT(*) WARNINGS", "SELECT FOUND_ROWS()", "SELECT ROW_COUNT()", "SELECT LAST_INSERT_ID()", "SELECT @@identity")
	case 15:
		return g.pick("SET NAMES utf8mb4", "SET NAMES latin1", "SET time_zone = '+03:00'", "SET sql_mode = ''", "SET sql_mode = 'ANSI_QUOTES'", "SET sql_mode = DEFAULT", "SET SESSION sort_buffer_size = 65536")
	case 16:
		return "SELECT @@sql_mode, @@time_zone, @@character_set_client, @@autocommit, FROM_UNIXTIME(0), DATABASE()"
	case 17:
		return g.pick("PREPARE s FROM 'SELECT ? + 1, a FROM t WHERE a < 3 ORDER BY a'", "EXECUTE s USING @x", "DEALLOCATE PREPARE s", "EXECUTE IMMEDIATE 'SELECT 5'")
	case 18:
		return "SELECT REPEAT('r', " + g.pick("0", "250", "251", "65535", "65536", "300000") + "), REPEAT('s', " + g.pick("1", "70000") + ")"
	case 19:
		return "SELECT a FROM t WHERE a < 5 ORDER BY a " + g.pick("FOR UPDATE", "LOCK IN SHARE MODE", "")
	case 20:
		return g.pick("USE "+schema, "SHOW TABLES", "DESCRIBE t", "SHOW CREATE TABLE t", "EXPLAIN SELECT a FROM t WHERE a = 1", "DO 1", "", ";", "/* nothing */", "SELECT 'a' 'b' -- comment")
	default:
		return "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < " + g.number() + ") SELECT n, n * n FROM r"
	}
}

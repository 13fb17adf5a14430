package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The conversations in testdata are recorded from a MariaDB server that has no
// password for root on TCP and allows local_infile:
//
//	go test ./engine/wire -run TestRecord -record 127.0.0.1:3306
//	go test ./engine/wire -run TestConversations -update
var record = flag.String("record", "", "address of a `server` to record the conversations of testdata from")

const (
	baseCaps = ClientLongFlag | ClientProtocol41 | ClientTransactions | ClientSecureConnection |
		ClientMultiStatements | ClientMultiResults | ClientPSMultiResults | ClientPluginAuth |
		ClientConnectAttrs | ClientPluginAuthLenencData | ClientLocalFiles | ClientConnectWithDB
	newCaps     = baseCaps | ClientSessionTrack | ClientDeprecateEOF
	mariadbCaps = MariaDBProgress | MariaDBStmtBulk | MariaDBExtendedMetadata | MariaDBCacheMetadata
)

// dialects are the sets of capabilities that conversations are recorded with.
var dialects = []struct {
	name string
	caps Capability
}{
	{"mysql", baseCaps | ClientMySQL},
	{"connector", baseCaps | mariadbCaps},
	{"modern", newCaps | mariadbCaps},
	{"modern-mysql", newCaps | ClientMySQL},
}

var scripts = []struct {
	name string
	run  func(*recorder)
}{
	{"text", func(r *recorder) {
		r.query("SELECT 1 AS one, NULL AS n, 'zwei' AS two")
		r.query("SELECT nothing FROM nowhere")
		r.query("CREATE TEMPORARY TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20), j JSON)")
		r.query("INSERT INTO t (v) VALUES ('a'), ('b')")
		r.query("UPDATE t SET v = 'c' WHERE id > 0")
		r.query("SELECT * FROM t")
		r.query("SELECT * FROM t WHERE id < 0")
		r.query("SELECT 1; SET @a = 2; SELECT 3, 4; SELECT bad")
		r.query("BEGIN; USE mysql; SET @@sql_mode = 'ANSI_QUOTES', autocommit = 0; COMMIT")
		r.query("SELECT CAST('x' AS INT)")
		r.query("SHOW WARNINGS")
		r.query("CREATE OR REPLACE PROCEDURE wire.p() BEGIN SELECT 1; SELECT 2, 3; END")
		r.query("CALL wire.p()")
		r.query("SET STATEMENT max_statement_time = 0.3 FOR SELECT seq, REPEAT('x', 30), SLEEP(0.1) FROM seq_1_to_1000")
	}},
	{"prepared", func(r *recorder) {
		r.query("CREATE TEMPORARY TABLE t (id INT PRIMARY KEY, v VARCHAR(20))")
		r.query("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
		id := r.prepare("SELECT * FROM t WHERE id >= ? AND v <> ?")
		for range 3 {
			r.execute(id, 0, 1, "x")
		}
		r.execute(id, 0, 9, "x")
		r.execute(id, 1, 1, "x") // with a cursor
		r.command(ComStmtFetch, u32(id), u32(2))
		r.command(ComStmtFetch, u32(id), u32(10))
		r.command(ComStmtReset, u32(id))
		r.send(ComStmtSendLongData, u32(id), []byte{1, 0}, []byte("long"))
		r.execute(id, 0, 1, "x")
		r.send(ComStmtClose, u32(id))
		r.execute(id, 0, 1, "x") // unknown by now
		id = r.prepare("INSERT INTO t VALUES (? + 10, ?)")
		r.execute(id, 0, 4, "d")
		r.execute(id, 0, 4, "d")
		r.send(ComStmtClose, u32(id))
		r.prepare("SELECT 1")
		r.prepare("COMMIT")
		r.prepare("SELECT bad syntax from from")
		r.query("CREATE OR REPLACE PROCEDURE wire.q(IN a INT, OUT b INT) BEGIN SELECT a; SET b = a; END")
		id = r.prepare("CALL wire.q(?, ?)")
		r.execute(id, 0, 1, "x")
	}},
	{"commands", func(r *recorder) {
		r.command(ComPing)
		r.command(ComStatistics)
		r.command(ComInitDB, []byte("mysql"))
		r.command(ComInitDB, []byte("nowhere"))
		r.command(ComFieldList, []byte("db\x00"))
		r.command(ComFieldList, []byte("nowhere\x00"))
		r.command(ComSetOption, []byte{1, 0})
		r.command(ComSetOption, []byte{0, 0})
		r.query("SELECT 1; SELECT 2")
		r.command(ComResetConnection)
		r.command(ComProcessKill, u32(999_999))
		r.command(ComDebug)
		r.command(ComRefresh, []byte{64})
		r.command(Command(0x42))
		r.send(ComQuit)
	}},
	{"infile", func(r *recorder) {
		r.query("CREATE TEMPORARY TABLE t (v VARCHAR(20))")
		r.send(ComQuery, []byte("LOAD DATA LOCAL INFILE 'file.csv' INTO TABLE t"))
		r.receive()
		r.write([]byte("one\ntwo\n"), r.sequence)
		r.write([]byte("three\n"), r.sequence+1)
		r.write(nil, r.sequence+2)
		r.response.ResumeInfile()
		r.receive()
		r.query("SELECT * FROM t")
	}},
	{"bulk", func(r *recorder) {
		r.query("CREATE TEMPORARY TABLE t (id INT)")
		id := r.prepare("INSERT INTO t VALUES (?)")
		// Types are sent; two rows with a value, one with NULL.
		r.command(ComStmtBulkExecute, u32(id), []byte{0x80, 0, 3, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 1})
		r.query("SELECT * FROM t")
	}},
	{"progress", func(r *recorder) {
		r.query("CREATE OR REPLACE TABLE wire.big ENGINE=Aria SELECT seq AS id, REPEAT('x', 100) AS v FROM seq_1_to_1500000")
		r.query("SET progress_report_time = 1")
		r.query("ALTER TABLE wire.big ADD INDEX (v), ADD INDEX (id)")
		r.query("DROP TABLE wire.big")
	}},
}

func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// recorder plays the client and writes down both sides.
type recorder struct {
	t        *testing.T
	nc       net.Conn
	caps     Capability
	out      bytes.Buffer
	pending  []byte // read from the server, not looked at yet
	sequence byte   // of the next packet of the client's file
	response Response
	last     []byte // the reply to the last command
}

func TestRecord(t *testing.T) {
	if *record == "" {
		t.Skip("recording needs a server: -record ADDRESS")
	}
	for _, d := range dialects {
		for _, s := range scripts {
			t.Run(s.name+"-"+d.name, func(t *testing.T) {
				if s.name == "bulk" && !d.caps.Has(MariaDBStmtBulk) || s.name == "progress" && d.name != "connector" {
					t.Skip("not in this dialect")
				}
				nc, err := net.Dial("tcp", *record)
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				r := &recorder{t: t, nc: nc}
				r.login(d.caps)
				s.run(r)
				name := filepath.Join("testdata", s.name+"-"+d.name+".hex")
				if err := os.WriteFile(name, r.out.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func (r *recorder) note(side byte, b []byte) {
	for len(b) > 0 {
		n := headerSize + pieceLength(b)
		fmt.Fprintf(&r.out, "%c %x\n", side, b[:n])
		b = b[n:]
	}
}

func (r *recorder) write(payload []byte, sequence byte) {
	b := frame(payload, sequence)
	r.note('C', b)
	if _, err := r.nc.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

func (r *recorder) more() {
	b := make([]byte, 64<<10)
	n, err := r.nc.Read(b)
	if err != nil {
		r.t.Fatalf("after %s: %v", r.out.String()[max(0, r.out.Len()-300):], err)
	}
	r.pending = append(r.pending, b[:n]...)
}

func (r *recorder) packet() []byte {
	for {
		if payload, n := wholePacket(r.pending); n > 0 {
			r.note('S', r.pending[:n])
			r.pending = r.pending[n:]
			return payload
		}
		r.more()
	}
}

func (r *recorder) login(caps Capability) {
	var greeting Handshake
	if err := greeting.Decode(r.packet()); err != nil {
		r.t.Fatal(err)
	}
	r.caps = caps.Agreed(greeting.Capabilities)
	answer := HandshakeResponse{
		Capabilities: caps, MaxPacket: 1 << 24, Collation: 45, User: "root", Database: "mysql",
		Plugin: "mysql_native_password", Attributes: []Attribute{{"program_name", "record"}},
	}
	r.write(answer.Append(nil), 1)
	if b := r.packet(); b[0] != 0 {
		r.t.Fatalf("login: %x", b)
	}
}

// receive follows the reply until it is complete or asks for a file.
func (r *recorder) receive() {
	r.last = nil
	for !r.response.Complete && !r.response.Infile {
		if len(r.pending) == 0 {
			r.more()
		}
		n, err := r.response.Consume(r.pending)
		if err != nil {
			r.t.Fatal(err)
		}
		r.last = append(r.last, r.pending[:n]...)
		if r.pending = r.pending[n:]; n == 0 {
			r.more()
		}
	}
	if len(r.pending) > 0 {
		r.t.Fatalf("%d bytes after the reply: %x", len(r.pending), r.pending)
	}
	r.note('S', r.last)
	r.sequence = byte(r.response.Packets) + 1
}

func (r *recorder) send(c Command, parts ...[]byte) {
	r.response.Start(c, r.caps)
	r.write(append([]byte{byte(c)}, slices.Concat(parts...)...), 0)
}

func (r *recorder) command(c Command, parts ...[]byte) {
	r.send(c, parts...)
	r.receive()
}

func (r *recorder) query(sql string) { r.command(ComQuery, []byte(sql)) }

func (r *recorder) prepare(sql string) uint32 {
	r.command(ComStmtPrepare, []byte(sql))
	return r.response.StatementID
}

// execute runs a statement with an integer and a string.
func (r *recorder) execute(id uint32, flags byte, n uint32, s string) {
	r.command(ComStmtExecute, u32(id), []byte{flags, 1, 0, 0, 0, 0, 1, byte(TypeLong), 0, byte(TypeVarString), 0},
		u32(n), AppendLenencString(nil, s))
}

// conversation is one of testdata, by its packets.
type conversation struct {
	name    string
	packets []struct {
		server bool
		framed []byte
	}
}

func conversations(t testing.TB) []conversation {
	t.Helper()
	files, err := filepath.Glob("testdata/*.hex")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations in testdata: %v", err)
	}
	var all []conversation
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := conversation{name: strings.TrimSuffix(filepath.Base(file), ".hex")}
		for line := range strings.Lines(string(b)) {
			side, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
			framed, err := hex.DecodeString(digits)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			c.packets = append(c.packets, struct {
				server bool
				framed []byte
			}{side == "S", framed})
		}
		all = append(all, c)
	}
	return all
}

package conformance

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// fuzzSeeds is how many sequences of commands a suite compares;
// CONFORMANCE_FUZZTIME goes on for so long with others, from CONFORMANCE_FUZZSEED
// on.
const (
	fuzzSeeds  = 36
	fuzzLength = 120
)

// differential is compared byte by byte: random commands, directly and through
// each router. Each seed is a sequence that is always the same. differentialPair
// does so with a real replica, whose answers are the primary's with causal_reads.
var (
	differential     = suite{name: "differential", run: runDifferential, sequences: true, least: fuzzSeeds * fuzzLength / 2}
	differentialPair = suite{name: "differential-pair", run: runDifferential, ways: (*bench).pairWays, sequences: true, least: fuzzSeeds * fuzzLength / 2}
)

func runDifferential(t *testing.T, b *bench, w way) []byte {
	t.Helper()
	var out bytes.Buffer
	for seed := range uint64(fuzzSeeds) {
		fuzz(t, b, w, seed, &out)
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
	first := uint64(time.Now().UnixNano())
	if text := os.Getenv("CONFORMANCE_FUZZSEED"); text != "" {
		if first, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	seed := first
	for end := time.Now().Add(duration); time.Now().Before(end); seed++ {
		for _, s := range []suite{differential, differentialPair} {
			s.run = func(t *testing.T, b *bench, w way) []byte {
				var out bytes.Buffer
				fuzz(t, b, w, seed, &out)
				return out.Bytes()
			}
			ways := s.waysOf(b)
			want := s.transcript(t, b, ways[0])
			for _, w := range ways[1:] {
				compare(t, s, w.name, want, s.transcript(t, b, w), known)
			}
		}
	}
	t.Logf("%d seeds from %d on", seed-first, first)
}

// capabilitySets are the ways in which clients talk; a seed takes one.
var capabilitySets = func() []wire.Capability {
	base := wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientConnectWithDB | wire.ClientTransactions |
		wire.ClientMultiStatements | wire.ClientMultiResults | wire.ClientPSMultiResults | wire.ClientLongFlag | wire.ClientLocalFiles
	return []wire.Capability{
		base,
		base | wire.ClientDeprecateEOF,
		base | wire.ClientDeprecateEOF | wire.ClientSessionTrack | wire.ClientFoundRows,
		base | wire.ClientDeprecateEOF | wire.MariaDBCacheMetadata | wire.MariaDBExtendedMetadata | wire.MariaDBStmtBulk,
		base | wire.MariaDBCacheMetadata | wire.ClientSessionTrack,
		base | wire.ClientDeprecateEOF | wire.ClientCompress | wire.ClientSessionTrack | wire.MariaDBStmtBulk,
		base | wire.ClientCompress,
		base | wire.MariaDBStmtBulk | wire.MariaDBExtendedMetadata | wire.ClientSessionTrack,
	}
}()

// fuzz runs the sequence of a seed and writes a line for each command: what it
// was and what came back.
func fuzz(t *testing.T, b *bench, w way, seed uint64, out *bytes.Buffer) {
	t.Helper()
	fuzzSchema(t, b, w)
	c := dialRaw(t, w, capabilitySets[seed%uint64(len(capabilitySets))])
	defer c.conn.Close() // or its locks would keep the next sequence waiting
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), bulk: c.caps.Has(wire.MariaDBStmtBulk)}
	fmt.Fprintf(out, "seed %d, login of %#x: %x\n", seed, uint64(c.caps), c.login)
	for n := 0; n < fuzzLength; {
		for _, a := range c.exchange(g.next()) {
			sum := fnv.New64a()
			_, _ = sum.Write(a.reply)
			fmt.Fprintf(out, "seed %d, %d: %s: %d bytes %x %.200x %v\n", seed, n, a.text, len(a.reply), sum.Sum64(), a.reply, a.err)
			if n++; a.err != nil {
				return // the connection is of no use any more
			}
		}
	}
}

// fuzzSchema makes the tables that a sequence begins with.
func fuzzSchema(t *testing.T, b *bench, w way) {
	t.Helper()
	db := w.server.Open(t, root, schema)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range fuzzTables {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if w.server == b.primary {
		b.primary.WaitReplicated(t, b.replica)
	}
}

// answer is what came back for a command.
type answer struct {
	text  string
	reply []byte
	err   error
}

// exchange sends commands, as many at once as can be, and returns the answers.
func (r *raw) exchange(commands []request) (answers []answer) {
	for len(commands) > 0 {
		n := 1
		for r.pipelines(commands[0]) && n < len(commands) && r.pipelines(commands[n]) {
			n++
		}
		for _, c := range commands[:n] {
			if c.user == "" {
				_ = r.send(c.payload) // what fails is told when the reply is read
			}
		}
		for _, c := range commands[:n] {
			a := answer{text: c.text}
			if c.user != "" {
				a.reply, a.err = r.changeUser(c.user)
			} else if a.reply, a.err = r.receive(c.payload); a.err == nil && c.learn != nil {
				c.learn(&r.reply)
			}
			if answers = append(answers, a); a.err != nil {
				return answers
			}
		}
		commands = commands[n:]
	}
	return answers
}

// pipelines tells whether a command may be sent before the answers to others have
// come: not where the client has to say something in between.
func (r *raw) pipelines(c request) bool {
	return c.user == "" && !r.caps.Has(wire.ClientCompress) && !bytes.Contains(c.payload, []byte("LOCAL INFILE"))
}

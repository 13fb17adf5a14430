package qlafilter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/wire"
)

// router answers statements after a while: BEGIN opens a transaction, anything
// with ERROR in it fails.
type router struct{ trx wire.Status }

func (r *router) RouteQuery(_ context.Context, q *engine.Query, up engine.ReplyWriter) error {
	time.Sleep(1500 * time.Microsecond) // in a synctest bubble
	sql := string(q.SQL())
	q.SetSQL([]byte("changed"))
	var reply *engine.Reply
	switch {
	case strings.Contains(sql, "HANGUP"):
		return errors.New("server is gone")
	case strings.Contains(sql, "ERROR"):
		reply = engine.ErrorReply(&wire.Error{Code: 1064, State: "42000", Message: "bad, \"syntax\""})
	default:
		switch sql {
		case "BEGIN":
			r.trx = wire.StatusInTrans
		case "COMMIT":
			r.trx = 0
		}
		reply = engine.OKReply(r.trx)
	}
	reply.Server = "server1"
	return up.ClientReply(reply)
}

type nobody struct{}

func (nobody) ClientReply(*engine.Reply) error { return nil }

func newTestFilter(t *testing.T, raw map[string]string) (*Filter, error) {
	t.Helper()
	values, _, err := module.Parse("f", Module.Parameters, raw)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Module.New(module.Object{Name: "f", Kind: module.Filter, Module: "qlafilter", Values: values})
	if err != nil {
		return nil, err
	}
	return f.(*Filter), nil
}

// run opens a session of user@host with the given id, sends statements and
// closes the session. It returns what went to the session's log.
func (f *Filter) run(t *testing.T, id uint64, user string, statements ...string) string {
	t.Helper()
	var log strings.Builder
	s := f.open(client{
		id: id, service: "Split", user: user, host: "10.0.0.1",
		database: func() string { return "shop" },
		logs:     func(slog.Level) bool { return true },
		logf: func(level slog.Level, format string, args ...any) {
			fmt.Fprintf(&log, level.String()+" "+format+"\n", args...)
		},
	}, &router{})
	for _, sql := range statements {
		if err := s.RouteQuery(t.Context(), engine.NewQuery(sql), nobody{}); err != nil && sql != "HANGUP" {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return log.String()
}

func (f *Filter) lines() []string { return f.Diagnostics()["log"].([]string) }

// Ensure that every column says what it should.
func TestColumns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := newTestFilter(t, map[string]string{"log_data": strings.Join(columnNames(), ",")})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now().Format("2006-01-02 15:04:05")
		f.run(t, 12, "bob", "SELECT 1", "BEGIN", "ERROR", "COMMIT", "HANGUP")
		want := []string{
			"Split,12," + begun + ",bob@10.0.0.1,SELECT 1,1.500,1.500,shop,0,11,0,0.000,0,,server1,COM_QUERY",
			"Split,12," + begun + ",bob@10.0.0.1,BEGIN,1.500,1.500,shop,0,11,1,0.000,0,,server1,COM_QUERY",
			"Split,12," + begun + `,bob@10.0.0.1,ERROR,1.500,1.500,shop,0,26,1,0.000,0,"bad, ""syntax""",server1,COM_QUERY`,
			"Split,12," + begun + ",bob@10.0.0.1,COMMIT,1.500,1.500,shop,0,11,1,4.500,0,,server1,COM_QUERY",
			"Split,12," + begun + ",bob@10.0.0.1,HANGUP,,,shop,0,0,0,0.000,0,,,COM_QUERY",
		}
		if diff := cmp.Diff(want, f.lines()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// Ensure that fields keep to their place whatever a client sends.
func TestEscape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tests := []struct{ separator, newline, sql, want string }{
			{",", " ", "select 1", "select 1"},
			{",", " ", "select 1, 2", `"select 1, 2"`},
			{",", " ", `select "a"`, `"select ""a"""`},
			{",", " ", "a\nb\r\nc\rd", "a b c d"},
			{",", "\\n", "a\nb", "a\\nb"},
			{"|", " ", "a,b", "a,b"},
			{"|", " ", "a|b\x1b[2J\x00", `"a|b?[2J?"`},
			{",", " ", "\xff\xfe", "\xff\xfe"},
			{",", " ", "tab\there", "tab\there"},
		}
		for _, tt := range tests {
			f, err := newTestFilter(t, map[string]string{"log_data": "query"})
			if err != nil {
				t.Fatal(err)
			}
			f.format = newFormat([]string{"query"}, tt.separator, tt.newline)
			f.run(t, 1, "bob", tt.sql)
			if diff := cmp.Diff([]string{tt.want}, f.lines()); diff != "" {
				t.Errorf("%q: (-want +got)\n%s", tt.sql, diff)
			}
		}
	})
}

// Ensure that patterns, users and sources choose what is logged.
func TestSelection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tests := []struct {
			name string
			raw  map[string]string
			want []string
		}{
			{"all", nil, []string{"SELECT a", "select b", "UPDATE c"}},
			{"match", map[string]string{"match": "/select/"}, []string{"select b"}},
			{"ignorecase", map[string]string{"match": "/select/", "options": "ignorecase"}, []string{"SELECT a", "select b"}},
			{"exclude", map[string]string{"exclude": "/^SELECT/"}, []string{"select b", "UPDATE c"}},
			{"both", map[string]string{"match": "/ a| c/", "exclude": "/UPD/"}, []string{"SELECT a"}},
			{"user", map[string]string{"user": "bob"}, []string{"SELECT a", "select b", "UPDATE c"}},
			{"other_user", map[string]string{"user": "eve"}, nil},
			{"user_match", map[string]string{"user_match": "/^b/"}, []string{"SELECT a", "select b", "UPDATE c"}},
			{"user_exclude", map[string]string{"user_exclude": "/^b/"}, nil},
			{"other_source", map[string]string{"source": "10.0.0.2"}, nil},
			{"source_match", map[string]string{"source_match": `/^10\./`}, []string{"SELECT a", "select b", "UPDATE c"}},
			{"source_exclude", map[string]string{"source_exclude": `/^10\./`}, nil},
			{"canonical", map[string]string{"use_canonical_form": "true", "match": "/UPDATE/"}, []string{"UPDATE c"}},
		}
		for _, tt := range tests {
			raw := map[string]string{"log_data": "query"}
			for k, v := range tt.raw {
				raw[k] = v
			}
			f, err := newTestFilter(t, raw)
			if err != nil {
				t.Fatal(err)
			}
			f.run(t, 1, "bob", "SELECT a", "select b", "UPDATE c")
			if diff := cmp.Diff(tt.want, append([]string(nil), f.lines()...)); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
			}
		}
	})
}

// Ensure that values are left out when they should be, and units are obeyed.
func TestCanonicalAndUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := newTestFilter(t, map[string]string{"log_data": "query,total_reply_time", "use_canonical_form": "yes", "duration_unit": "us"})
		if err != nil {
			t.Fatal(err)
		}
		f.run(t, 1, "bob", "select  'secret'")
		if diff := cmp.Diff([]string{"select ?,1500"}, f.lines()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// Ensure that lines go to the files that are asked for, with one header each.
func TestFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := filepath.Join(t.TempDir(), "qla")
		raw := map[string]string{"filebase": base, "log_type": "session,unified", "log_data": "session,query"}
		for range 2 { // as if the program were started twice
			f, err := newTestFilter(t, raw)
			if err != nil {
				t.Fatal(err)
			}
			f.run(t, 1, "bob", "a")
			f.run(t, 2, "bob", "b")
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]string{
			"qla.1":       "Session,Query\n1,a\n1,a\n",
			"qla.2":       "Session,Query\n2,b\n2,b\n",
			"qla.unified": "Session,Query\n1,a\n2,b\n1,a\n2,b\n",
		}
		if diff := cmp.Diff(want, readAll(t, filepath.Dir(base))); diff != "" {
			t.Errorf("append: (-want +got)\n%s", diff)
		}
		raw["append"], raw["flush"] = "false", "true"
		f, err := newTestFilter(t, raw)
		if err != nil {
			t.Fatal(err)
		}
		f.run(t, 1, "bob", "c")
		want["qla.1"], want["qla.unified"] = "Session,Query\n1,c\n", "Session,Query\n1,c\n"
		if diff := cmp.Diff(want, readAll(t, filepath.Dir(base))); diff != "" {
			t.Errorf("overwrite: (-want +got)\n%s", diff)
		}
	})
}

func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[file.Name()] = string(text)
	}
	return texts
}

type fullDisk struct{ writes int }

func (d *fullDisk) Write([]byte) (int, error) {
	d.writes++
	return 0, errors.New("no space left on device")
}
func (d *fullDisk) Close() error { return nil }

// Ensure that a disk that is full, or a folder that is not there, is reported
// once and stops no statement.
func TestUnwritable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := newTestFilter(t, map[string]string{"log_data": "query"})
		if err != nil {
			t.Fatal(err)
		}
		disk := &fullDisk{}
		f.unified = newOutput("qla.unified", disk, false)
		log := f.run(t, 1, "bob", "a", "b", "c")
		if got := strings.Count(log, "no space left"); got != 1 || disk.writes != 3 {
			t.Errorf("got %d reports and %d writes, want 1 and 3:\n%s", got, disk.writes, log)
		}

		f, err = newTestFilter(t, map[string]string{"filebase": filepath.Join(t.TempDir(), "none", "qla")})
		if err != nil {
			t.Fatal(err)
		}
		log = f.run(t, 1, "bob", "a", "b")
		if got := strings.Count(log, "no such file"); got != 1 {
			t.Errorf("got %d reports, want 1:\n%s", got, log)
		}
		if got := f.Diagnostics()["logged"]; got != uint64(2) {
			t.Errorf("got %v statements logged, want 2", got)
		}
	})
}

// diary notes what is written, and fails while it is full.
type diary struct {
	mu     sync.Mutex // guards what follows
	writes []string
	full   bool
}

func (d *diary) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return 0, errors.New("no space left on device")
	}
	d.writes = append(d.writes, string(b))
	return len(b), nil
}
func (d *diary) Close() error { return nil }

func (d *diary) fill(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

// read returns what was written since it was called last.
func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	writes := d.writes
	d.writes = nil
	return writes
}

// Ensure that lines are written together, after a tenth of a second or when there
// are many, that the last ones are not lost, and that a failure is told with the next
// line.
func TestHeldLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		out := newOutput("qla", d, true)
		write := func(line, want string) {
			t.Helper()
			err := out.write([]byte(line))
			if got := fmt.Sprint(err); err != nil && got != want || err == nil && want != "" {
				t.Errorf("%s: got error %v, want %q", line, err, want)
			}
		}
		wait := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		want := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, d.read()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		}
		write("a\n", "")
		wait(holdTime - 1)
		write("b\n", "")
		want()
		wait(1)
		want("a\nb\n")

		d.fill(true)
		write("c\n", "")
		wait(holdTime)
		write("d\n", "no space left on device")
		wait(holdTime)
		write("e\n", "") // once is enough
		d.fill(false)
		wait(holdTime)
		want("e\n")

		long := strings.Repeat("x", holdBytes/2)
		write(long, "")
		write(long, "")
		want(long + long)
		wait(holdTime)
		write("f\n", "")
		if err := out.close(); err != nil {
			t.Error(err)
		}
		want("f\n")
	})
}

// Ensure that what cannot work is refused at the start.
func TestNewErrors(t *testing.T) {
	for want, raw := range map[string]map[string]string{
		"no such file": {"filebase": filepath.Join(t.TempDir(), "none", "qla"), "log_type": "unified"},
		"RE2":          {"options": "extended"},
	} {
		if _, err := newTestFilter(t, raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got error %v, want %q", raw, err, want)
		}
	}
}

// Ensure that memory keeps the newest lines, and short ones.
func TestRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := newTestFilter(t, map[string]string{"log_data": "query"})
		if err != nil {
			t.Fatal(err)
		}
		var statements []string
		for i := range 3*ringLines + 7 {
			statements = append(statements, fmt.Sprint("s", i))
		}
		statements = append(statements, strings.Repeat("x", 1<<20))
		log := f.run(t, 1, "bob", statements...)
		lines := f.lines()
		if len(lines) != ringLines {
			t.Fatalf("got %d lines, want %d", len(lines), ringLines)
		}
		if got, want := lines[0], fmt.Sprint("s", 2*ringLines+8); got != want {
			t.Errorf("got oldest line %q, want %q", got, want)
		}
		if got := len(lines[ringLines-1]); got != ringLineLen {
			t.Errorf("got a newest line of %d bytes, want %d", got, ringLineLen)
		}
		if !strings.Contains(log, "INFO s0\n") {
			t.Error("the session's log does not have the first line at the info level")
		}
	})
}

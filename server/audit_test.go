package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
)

// auditLog opens an audit log and writes n records.
func auditLog(t *testing.T, path string, maxSize int64, n int) *Audit {
	t.Helper()
	a, err := OpenAudit(path, maxSize)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	for i := range n {
		r := AuditRecord{Actor: "ops", Action: "session.kill", Target: fmt.Sprintf("sessions/%d", i), Reason: `","hash":"x"}`, Status: 204, Result: "ok"}
		if _, err := a.write(r); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func check(t *testing.T, a *Audit) api.AuditCheck {
	t.Helper()
	found, err := a.check()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestAuditChain: the chain goes on over new files and new runs.
func TestAuditChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	a := auditLog(t, path, 2000, 20)
	if found := check(t, a); !found.OK || found.Records != 20 || found.Head == "" {
		t.Errorf("got %+v", found)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = auditLog(t, path, 2000, 5)
	if found := check(t, a); !found.OK || found.Records != 25 {
		t.Errorf("after a restart: %+v", found)
	}
	if got := a.newest(); len(got) != 25 || got[0].ID != 25 || got[24].ID != 1 || got[24].Target != "sessions/0" {
		t.Errorf("%d records are read back, the newest is %+v", len(got), got[0])
	}
	auditLog(t, path, 2000, 0) // nothing is written when nothing happens
	if found := check(t, a); !found.OK {
		t.Errorf("after another restart: %+v", found)
	}
	for range 100 {
		if _, err := a.write(AuditRecord{Actor: "ops"}); err != nil {
			t.Fatal(err)
		}
	}
	if found := check(t, a); !found.OK || found.Records >= 125 || found.Records < 20 {
		t.Errorf("after the oldest files have gone: %+v", found)
	}
}

func TestAuditInMemory(t *testing.T) {
	a := auditLog(t, "", 0, 3)
	if found := check(t, a); !found.OK || found.Records != 3 {
		t.Errorf("got %+v", found)
	}
	for range auditKept {
		if _, err := a.write(AuditRecord{Actor: "ops"}); err != nil {
			t.Fatal(err)
		}
	}
	if found := check(t, a); !found.OK || found.Records != auditKept || found.File != "" {
		t.Errorf("got %+v", found)
	}
	a.lines[10] = bytes.Replace(a.lines[10], []byte("ops"), []byte("eve"), 1)
	if found := check(t, a); found.OK || found.Line != 11 || found.Problems != 1 {
		t.Errorf("got %+v", found)
	}
}

// TestAuditTampering: whatever is done to the files shows, and where.
func TestAuditTampering(t *testing.T) {
	lines := func(text []byte) [][]byte { return bytes.SplitAfter(text, []byte("\n")) }
	tests := []struct {
		name    string
		change  func(text []byte) []byte
		line    int
		id      uint64
		problem string
	}{
		{"changed", func(b []byte) []byte { return bytes.Replace(b, []byte("sessions/4"), []byte("sessions/5"), 1) }, 5, 5, "has been changed"},
		{"first_changed", func(b []byte) []byte { return bytes.Replace(b, []byte("ops"), []byte("eve"), 1) }, 1, 1, "has been changed"},
		{"removed", func(b []byte) []byte { l := lines(b); return bytes.Join(append(l[:4:4], l[5:]...), nil) }, 5, 6, "is missing"},
		{"first_removed", func(b []byte) []byte { return bytes.Join(lines(b)[1:], nil) }, 1, 2, "is missing"},
		{"last_removed", func(b []byte) []byte { return bytes.Join(lines(b)[:9], nil) }, 0, 0, "is not there"},
		{"moved", func(b []byte) []byte { l := lines(b); l[2], l[3] = l[3], l[2]; return bytes.Join(l, nil) }, 3, 4, "is missing"},
		{"added", func(b []byte) []byte {
			l := lines(b)
			return bytes.Join(append(l[:6:6], append([][]byte{l[1]}, l[6:]...)...), nil)
		}, 7, 2, "is missing"},
		{"without_hash", func(b []byte) []byte {
			l := lines(b)
			body, _, _ := unseal(bytes.TrimSpace(l[6]))
			l[6] = append(body, '\n')
			return bytes.Join(l, nil)
		}, 7, 7, "has no hash"},
		{"another_hash", func(b []byte) []byte {
			l := lines(b)
			body, _, _ := unseal(bytes.TrimSpace(l[6]))
			l[6] = fmt.Appendf(body[:len(body)-1], "%s%064d\"}\n", hashMember, 0)
			return bytes.Join(l, nil)
		}, 7, 7, "has been changed"},
		{"garbage", func(b []byte) []byte { l := lines(b); l[7] = []byte("garbage\n"); return bytes.Join(l, nil) }, 8, 0, "not a record"},
		{"emptied", func([]byte) []byte { return nil }, 0, 0, "is not there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "audit.log")
			a := auditLog(t, path, 0, 10)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, tt.change(text), 0o600); err != nil {
				t.Fatal(err)
			}
			found := check(t, a)
			if found.OK || found.Line != tt.line || found.ID != tt.id || !strings.Contains(found.Problem, tt.problem) || tt.line > 0 && found.File != "audit.log" {
				t.Errorf("got %+v, want line %d, record %d, %q", found, tt.line, tt.id, tt.problem)
			}
		})
	}
}

// TestAuditFileRemoved: an old file in the middle cannot go unseen.
func TestAuditFileRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	a := auditLog(t, path, 1000, 12)
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	if found := check(t, a); found.OK || found.File != "audit.log" || found.Line != 1 || !strings.Contains(found.Problem, "does not follow") {
		t.Errorf("got %+v", found)
	}
}

// TestAuditFromBefore: a log of a version without hashes is gone on with.
func TestAuditFromBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	old := `{"id":1,"time":"2026-11-20T10:00:00.000Z","actor":"ops","action":"login","target":"login","ip":"::1","status":204,"result":"ok"}` + "\n"
	if err := os.WriteFile(path, []byte(old+old), 0o600); err != nil {
		t.Fatal(err)
	}
	a := auditLog(t, path, 0, 2)
	if found := check(t, a); !found.OK || found.Unchained != 2 || found.Records != 4 || found.From != "2026-11-20T10:00:00.000Z" {
		t.Errorf("got %+v", found)
	}
}

// TestTornAudit: after a crash in the middle of a line the log goes on.
func TestTornAudit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := auditLog(t, path, 0, 3).Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	a := auditLog(t, path, 0, 2)
	if got := a.newest(); len(got) != 4 || got[0].ID != 4 || got[2].ID != 2 {
		t.Errorf("got %+v", got)
	}
	if found := check(t, a); found.Problems != 1 || found.Line != 3 || found.Records != 4 {
		t.Errorf("got %+v, want only the torn line to be bad", found)
	}
}

func FuzzAuditTail(f *testing.F) {
	var good bytes.Buffer
	r := AuditRecord{ID: 1, Actor: "ops"}
	good.Write(r.seal("", true))
	f.Add(good.Bytes(), 3)
	f.Add([]byte("garbage\n{\"id\":1}\n{\"id\":18446744073709551615}\n\n{"), 1)
	f.Add(bytes.Repeat([]byte("x"), 2*maxAuditLine), 1)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		n = 1 + (n%5+5)%5
		tail := readTail(bytes.NewReader(text), n)
		if len(tail.records) > n || tail.last > maxAuditID {
			t.Errorf("got %d records of %d, the last is %d", len(tail.records), n, tail.last)
		}
		path := filepath.Join(t.TempDir(), "audit.log")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := OpenAudit(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		before, err := a.check()
		if err != nil {
			t.Fatal(err)
		}
		id, err := a.write(AuditRecord{Actor: "ops", Target: string(text)})
		if err != nil {
			t.Fatal(err)
		}
		after, err := a.check()
		if err != nil || after.Problems > before.Problems || after.Records < before.Records+1 || a.newest()[0].ID != id {
			t.Errorf("one more record: before %+v, after %+v, %v", before, after, err)
		}
	})
}

func TestLargeAuditRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	a := auditLog(t, path, 0, 0)
	if _, err := a.write(AuditRecord{Actor: strings.Repeat("a", maxAuditLine), After: strings.Repeat("b", maxAuditLine)}); err != nil {
		t.Fatal(err)
	}
	if found := check(t, a); !found.OK || found.Records != 1 {
		t.Errorf("got %+v", found)
	}
}

// TestAuditAPI: what a kill leaves behind, and how it is found.
func TestAuditAPI(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	inSite(t, func(o *Options) {
		var err error
		if o.Audit, err = OpenAudit(path, 0); err != nil {
			t.Fatal(err)
		}
	}, func(s *site) {
		s.connect()
		s.wants(s.ask(basicUser, "DELETE", "/v1/sessions/1", ""), 403)
		time.Sleep(time.Hour)
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?reason=too%20slow", ""), 204)
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/7", ""), 404)

		all := s.options.Audit.newest()
		if len(all) != 4 {
			t.Fatalf("%d records, want four: refused, begun, done, not found", len(all))
		}
		if begun, done := all[2], all[1]; begun.Result != "begun" || begun.Status != 0 || begun.Actor != adminUser || begun.Reason != "too slow" ||
			done.Intent != begun.ID || done.Result != "ok" || done.Status != 204 || all[0].Intent != 0 {
			t.Errorf("begun %+v, done %+v", begun, done)
		}

		tests := []struct{ q, want string }{
			{"", "4 3 2 1"},
			{"actor:" + adminUser, "4 3 2"},
			{"actor:OPS,wall", "4 3 2 1"},
			{"actor:op", ""},
			{"actor:o*", "4 3 2"},
			{"!actor:ops", "1"},
			{"target:sessions/1", "3 2 1"},
			{"target:sessions/*", "4 3 2 1"},
			{"target:session.", ""},
			{"action:session.kill result:refused", "4 1"},
			{"result:ok,begun", "3 2"},
			{"result:403", "1"},
			{"reason:SLOW", "3 2"},
			{"slow", "3 2"},
			{"from:127.0.0.1 since:30m", "4 3 2"},
			{"since:2d", "4 3 2 1"},
			{"since:2000-01-01T00:30:00Z", "4 3 2"},
			{"since:2000-01-02", ""},
		}
		for _, tt := range tests {
			r := s.ask(basicUser, "GET", "/v1/audit?q="+strings.ReplaceAll(tt.q, " ", "+"), "")
			rows, err := api.DecodeAll[AuditRecord]([]byte(s.wants(r, 200)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows {
				got = append(got, row.ID)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s: %s", tt.q, diff)
			}
		}
		s.wants(s.ask(basicUser, "GET", "/v1/audit?q=!actor:x&page[size]=2&page[number]=1", ""), 200, `"id": "2"`, `"total": 4`)
		for q, want := range map[string]string{
			"colour:red": "colour:red: the keys are actor", "actor:": "a value is missing", "since:soon": "a time is missing",
			strings.Repeat("a", 1025): "at most 1024 bytes", strings.Repeat("a+", 33): "at most 32 terms",
		} {
			s.wants(s.ask(basicUser, "GET", "/v1/audit?q="+q, ""), 400, "q: ", want)
		}
		s.wants(s.ask(basicUser, "GET", "/v1/audit?format=csv", ""), 400, "format=csv")

		var found api.AuditCheck
		if err := json.Unmarshal([]byte(s.wants(s.ask(basicUser, "GET", "/v1/audit/verify", ""), 200)), &found); err != nil || !found.OK || found.Records != 4 {
			t.Errorf("got %+v, %v", found, err)
		}
		r := s.ask(basicUser, "GET", "/v1/audit?format=ndjson&q=result:ok", "")
		exported := s.wants(r, 200)
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(exported, "\n") != 1 || !strings.Contains(string(file), exported) {
			t.Errorf("got %s, want one line of the file", exported)
		}
		if got := r.Header.Get("Content-Type"); got != "application/x-ndjson" {
			t.Errorf("the type is %s", got)
		}
		synctest.Wait()
		if last := s.options.Audit.newest()[0]; last.Action != "audit.export" || last.Actor != basicUser {
			t.Errorf("the export is recorded as %+v", last)
		}
	})
}

func FuzzAuditFilter(f *testing.F) {
	f.Add(`actor:a,b !target:sessions/*\E since:2d`)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := parseAuditFilter(text, time.Unix(0, 0))
		if err == nil {
			filter.match(&AuditRecord{Actor: text})
		}
	})
}

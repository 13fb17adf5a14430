package server

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUsersFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "users.json")
	synctest.Test(t, func(t *testing.T) {
		u, err := OpenUsers(path)
		if err != nil {
			t.Fatal(err)
		}
		if !u.none() {
			t.Error("a missing file has users")
		}
		for _, err := range []error{u.Create("ann", password, RoleAdmin), u.Create("bob", password, RoleBasic)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the file has mode %v, want 0600", info.Mode())
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), password) {
			t.Error("the file holds a password")
		}

		// Another process, such as `signalbox user create`.
		other, err := OpenUsers(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Create("cara", password, RoleAdmin); err != nil {
			t.Fatal(err)
		}
		if err := other.SetPassword("bob", "a new password"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(usersCheck)
		if _, ok := u.verify("cara", password); !ok {
			t.Error("a user that another process has made cannot log in")
		}
		if _, ok := u.verify("bob", password); ok {
			t.Error("a password that another process has changed is still good")
		}
		if err := u.Delete("ann"); err != nil {
			t.Error(err)
		}
		for _, tt := range []struct {
			name string
			err  error
			want error
		}{
			{"last_admin", u.Delete("cara"), ErrLastAdmin},
			{"unknown", u.Delete("nosuch"), ErrNoUser},
			{"unknown_password", u.SetPassword("nosuch", password), ErrNoUser},
			{"twice", u.Create("bob", password, RoleBasic), ErrUserExists},
			{"first_again", u.createFirst("dan", password), ErrUserExists},
		} {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, tt.err, tt.want)
			}
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		if err != nil || len(left) != 1 {
			t.Errorf("files are left behind: %v", left)
		}
	})
}

func TestRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, err := OpenUsers("")
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Create("ann", password, RoleAdmin); err != nil {
			t.Fatal(err)
		}
		if _, ok := u.remembered("ann", password); ok {
			t.Error("remembered what nobody has shown")
		}
		u.verify("ann", password)
		if _, ok := u.remembered("ann", password); !ok {
			t.Error("forgot a right password at once")
		}
		if _, ok := u.remembered("ann", password+"x"); ok {
			t.Error("remembers a wrong password")
		}
		if _, ok := u.remembered("an", "n"+password); ok {
			t.Error("name and password run into one another")
		}
		time.Sleep(verifiedFor)
		if _, ok := u.remembered("ann", password); ok {
			t.Error("remembers a password for ever")
		}
	})
}

func TestBadUsersFile(t *testing.T) {
	hash := hashPassword(password)
	tests := []struct{ name, text, want string }{
		{"no_json", `{`, "unexpected end"},
		{"null", `{"users":[null]}`, "user 1 is null"},
		{"no_name", `{"users":[{}]}`, "a user name needs"},
		{"bad_role", `{"users":[{"name":"a","account":"root"}]}`, `"root" is not an account type`},
		{"plain_password", `{"users":[{"name":"a","account":"admin","password":"secret"}]}`, "not an argon2id hash"},
		{"expensive_hash", `{"users":[{"name":"a","account":"admin","password":"` + strings.Replace(hash, "t=2", "t=999", 1) + `"}]}`, "not an argon2id hash"},
		{"huge_hash", `{"users":[{"name":"a","account":"admin","password":"` + strings.Replace(hash, "m=19456", "m=4000000000", 1) + `"}]}`, "not an argon2id hash"},
		{"twice", `{"users":[{"name":"a","account":"admin","password":"` + hash + `"},{"name":"a","account":"basic","password":"` + hash + `"}]}`, "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "users.json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenUsers(path); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want the path and %q", err, tt.want)
			}
		})
	}
}

func FuzzUsersFile(f *testing.F) {
	f.Add([]byte(`{"users":[{"name":"a","account":"admin","password":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$a2V5"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		users, err := parseUsers(text)
		for name, u := range users {
			if err != nil || name != u.Name || checkUserName(name) != nil || checkRole(u.Role) != nil {
				t.Errorf("accepted %+v", u)
			}
		}
	})
}

func TestPasswords(t *testing.T) {
	h, err := parseHash(hashPassword(password))
	if err != nil {
		t.Fatal(err)
	}
	if !h.matches(password) || h.matches(password+" ") || h.matches("") || h.matches(strings.Repeat("x", maxPassword+1)) {
		t.Error("a hash does not tell its password from others")
	}
	if one, other := hashPassword(password), hashPassword(password); one == other {
		t.Error("two hashes have the same salt")
	}
	if nobody.matches("") {
		t.Error("nobody has a password")
	}
	for text, good := range map[string]bool{"1234567": false, "12345678": true, "äöüäöüäö": true, strings.Repeat("x", maxPassword): true, strings.Repeat("x", maxPassword+1): false} {
		if err := checkPassword(text); (err == nil) != good {
			t.Errorf("checkPassword(%d bytes) = %v", len(text), err)
		}
	}
}

func TestAuditFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log", "audit.log")
	a, err := OpenAudit(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	const records = 100
	for i := range records {
		if _, err := a.write(AuditRecord{Actor: "ops", Action: "session.kill", Target: fmt.Sprintf("sessions/%d", i), Status: 204, Result: "ok"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.write(AuditRecord{}); err == nil {
		t.Error("writing to a closed log is no error")
	}
	next := uint64(records)
	for i := range auditFiles + 1 {
		name := path
		if i > 0 {
			name = fmt.Sprintf("%s.%d", path, i)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := f.Stat(); err != nil || info.Size() > 1000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		var ids []uint64
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var r AuditRecord
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			ids = append(ids, r.ID)
		}
		_ = f.Close()
		if len(ids) == 0 || ids[len(ids)-1] != next {
			t.Errorf("%s ends with %v, want %d", name, ids, next)
			continue
		}
		next = ids[0] - 1
	}
	if _, err := os.Stat(fmt.Sprintf("%s.%d", path, auditFiles+1)); err == nil {
		t.Error("old files are never removed")
	}
	if got := a.newest(); len(got) != records+1 || got[0].ID != records+1 {
		t.Errorf("%d records in memory, the newest is %d", len(got), got[0].ID)
	}
	if again, err := OpenAudit(path, 0); err != nil {
		t.Error(err)
	} else if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestLogRing(t *testing.T) {
	ring := NewLogRing(slog.DiscardHandler, 3)
	if ring.Enabled(t.Context(), slog.LevelError) {
		t.Error("the ring keeps what the next handler does not want")
	}
	ring = NewLogRing(slog.NewTextHandler(t.Output(), nil), 3)
	log := slog.New(ring)
	log.Info("gone")
	log.Error("first", "module", "admin", "session", 7, "n", 1)
	log.With("service", "RW", "module", "qla").WithGroup("g").Warn("second", "a", 2, slog.Group("h", "b", 3), "session", 8)
	log.Debug("not enabled")
	log.Info(strings.Repeat("x", 2*maxLogMessage))
	lines, more := ring.lines.page(0, 10, func(logLine) bool { return true })
	var got []string
	for _, l := range lines {
		got = append(got, fmt.Sprintf("%d %s %s %s %.60s", l.id, priority(l.level), l.module, l.session, l.message))
	}
	want := []string{"2 error admin 7 first session=7 n=1", "3 warning qla  second service=RW g.a=2 g.h.b=3 g.session=8", "4 info   " + strings.Repeat("x", 60)}
	if strings.Join(got, "|") != strings.Join(want, "|") || more != 0 {
		t.Errorf("got %q, more %d", got, more)
	}
	if n := len(lines[2].message); n > maxLogMessage+4 {
		t.Errorf("a message of %d bytes is kept", n)
	}
}

func TestLogData(t *testing.T) {
	ring := NewLogRing(slog.DiscardHandler, 0)
	for i := range 10 {
		ring.lines.add(logLine{level: slog.Level(4 * (i % 2)), message: fmt.Sprint("line ", i+1), at: time.Unix(1795279379, 5e6), session: "7"})
	}
	inSite(t, func(o *Options) { o.Log = ring }, func(s *site) {
		type page struct {
			Data  struct{ Attributes struct{ Log []logEntry } }
			Links struct{ Prev string }
		}
		read := func(path string) (ids []string, prev string) {
			t.Helper()
			var p page
			if err := json.Unmarshal([]byte(s.wants(s.ask(basicUser, "GET", path, ""), 200)), &p); err != nil {
				t.Fatal(err)
			}
			for _, e := range p.Data.Attributes.Log {
				if e.Session != "7" || e.Time != "2026-11-21T16:42:59.005Z" {
					t.Errorf("line %s is of session %q at %s", e.ID, e.Session, e.Time)
				}
				ids = append(ids, e.ID)
			}
			return ids, strings.TrimPrefix(p.Links.Prev, "http://example.com")
		}
		ids, prev := read("/v1/maxscale/logs/data?page[size]=4")
		if strings.Join(ids, " ") != "7 8 9 10" {
			t.Errorf("the newest page is %v", ids)
		}
		if ids, prev = read(prev); strings.Join(ids, " ") != "3 4 5 6" {
			t.Errorf("the page before is %v", ids)
		}
		if ids, prev = read(prev); strings.Join(ids, " ") != "1 2" || prev != "" {
			t.Errorf("the first page is %v, before it %q", ids, prev)
		}
		if ids, _ = read("/v1/maxscale/logs/data?priority=warning,error"); strings.Join(ids, " ") != "2 4 6 8 10" {
			t.Errorf("the warnings are %v", ids)
		}
	})
}

func TestLoad(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLoad(func() time.Time { return now })
	if got := l.read(1, 4); got != (threadLoad{25, 25, 25}) {
		t.Errorf("since the start: %v", got)
	}
	now = now.Add(time.Second)
	if got := l.read(2, 6); got != (threadLoad{50, 25, 25}) {
		t.Errorf("after a second: %v", got)
	}
	now = now.Add(time.Minute)
	if got := l.read(2, 126); got != (threadLoad{0, 1, 25}) {
		t.Errorf("after a minute: %v", got)
	}
}

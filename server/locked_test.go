package server

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine/enginetest"
)

// connectTo makes a client session at another listener, or as another user.
func (s *site) connectTo(port, user string) *enginetest.Client {
	s.t.Helper()
	c, err := enginetest.Connect(s.t.Context(), s.net, "127.0.0.1:"+port, enginetest.ClientOptions{User: user, Password: user})
	if err != nil {
		s.t.Fatal(err)
	}
	synctest.Wait()
	return c
}

// subscribe asks for a view and returns its snapshot, or the error.
func subscribe(t *testing.T, conn net.Conn, r *bufio.Reader, message api.Subscribe) api.Frame {
	t.Helper()
	message.Type, message.View = api.SubscribeType, "v"
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	head := []byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0} // masked with zeros
	if len(text) > 125 {
		head = binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(text)))
		head = append(head, 0, 0, 0, 0)
	}
	if _, err := conn.Write(append(head, text...)); err != nil {
		t.Fatal(err)
	}
	for {
		opcode, payload := frame(t, r)
		var f api.Frame
		if err := json.Unmarshal(payload, &f); opcode != 1 || err != nil {
			t.Fatalf("got %d %s: %v", opcode, payload, err)
		}
		if f.View == "v" {
			return f
		}
	}
}

// open connects to the feed with a token.
func (s *site) watch(token string) (net.Conn, *bufio.Reader) {
	s.t.Helper()
	conn, r, answer := s.feed("Authorization: Bearer " + token + "\r\n")
	if answer.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(answer.Body)
		s.t.Fatalf("got %d: %s", answer.StatusCode, body)
	}
	frame(s.t, r)
	return conn, r
}

// Ensure that what is locked cannot be widened by anything that one may say.
func TestLocked(t *testing.T) {
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		mine, theirs := s.connectTo("4006", "app"), s.connectTo("4008", "app")
		ended := s.connectTo("4008", "app")
		_ = ended.Close()
		synctest.Wait()
		key := s.embedKey()
		for name, locked := range map[string]map[string]string{
			"q":       {"q": "service:RW-Split-Router|id:999"},
			"id":      {"id": fmt.Sprint(mine.ID)},
			"service": {"service": "RW-Split-Router"},
			"all":     {"q": "user:app", "id": fmt.Sprint(mine.ID), "service": "RW-Split-Router"},
		} {
			token := s.embedded(key, func(c jwt.MapClaims) { c["locked"] = locked })
			theirID, endedID := fmt.Sprint(theirs.ID), fmt.Sprint(ended.ID)
			sees := func(what, body string) {
				if strings.Contains(body, `"id": "`+theirID+`"`) || strings.Contains(body, `"id":"`+theirID+`"`) || strings.Contains(body, "Read-Connection") {
					t.Errorf("%s: %s shows what is not to be seen: %s", name, what, body)
				}
			}
			// Everything that REST takes.
			for _, q := range []string{
				"", "q=", "q=id:*", "q=" + url.QueryEscape("user:app|service:Read-Connection-Router"), "q=" + url.QueryEscape("!(id:1) | id:*"),
				"q=id:*)+OR+(id:*", "q=id:" + theirID, "q=id:*&sort=-service", "sort=-id", "filter=" + url.QueryEscape(`id="`+theirID+`"`),
				"filter=attributes.user=eq(%22app%22)", "q=service:Read-Connection-Router&filter=attributes.user=eq(%22app%22)",
				"locked=", "locked[q]=", "page[size]=1&page[number]=1", "fields[sessions]=id,user", "rdns=true",
				"q=&format=csv", "format=csv", "format=ndjson", "format=ndjson&q=id:*", "format=csv&columns=id,service",
				"format=csv&q=" + url.QueryEscape("id:"+theirID), "ended=true&q=id:*",
			} {
				r := s.bearer(token, "GET", "/v1/sessions?"+q, "")
				body := text(t, r)
				sees(q, body)
				if r.StatusCode == 200 && strings.Contains(q, "format") {
					for line := range strings.Lines(body) {
						if strings.HasPrefix(line, theirID+",") {
							t.Errorf("%s: %s exports %s", name, q, line)
						}
					}
				}
				if regexp.MustCompile(`"total": 2\b`).MatchString(body) {
					t.Errorf("%s: %s counts what is not to be seen: %s", name, q, body)
				}
			}
			s.wants(s.bearer(token, "GET", "/v1/sessions?q=id:*", ""), 200, fmt.Sprintf(`"id": "%d"`, mine.ID))
			s.wants(s.bearer(token, "GET", fmt.Sprintf("/v1/sessions/%d", mine.ID), ""), 200)
			unknown := s.wants(s.bearer(token, "GET", "/v1/sessions/777", ""), 404, "777 is not a session")
			for _, path := range []string{"/v1/sessions/" + theirID, "/v1/sessions/" + theirID + "?ended=true", "/v1/sessions/" + endedID, "/v1/sessions/" + endedID + "?ended=true"} {
				body := s.wants(s.bearer(token, "GET", path, ""), 404)
				id := strings.TrimSuffix(strings.TrimPrefix(path, "/v1/sessions/"), "?ended=true")
				if strings.ReplaceAll(body, id, "777") != unknown {
					t.Errorf("%s: a session that is not to be seen and one that is not differ: %s", name, body)
				}
			}
			// Everything that the feed takes.
			conn, r := s.watch(token)
			for _, message := range []api.Subscribe{
				{Topic: "sessions"},
				{Topic: "sessions", Filter: "id:*"},
				{Topic: "sessions", Filter: "user:app|service:Read-Connection-Router", Sort: "-service", Limit: 500},
				{Topic: "sessions", Filter: "!id:1|id:*"},
				{Topic: "sessions", Filter: "id:" + theirID},
				{Topic: "groups", Group: "service"},
				{Topic: "groups", Group: "service,user,client", Filter: "id:*|id:" + theirID},
				{Topic: "session", ID: theirID},
				{Topic: "session", ID: endedID},
				{Topic: "pending"},
			} {
				f := subscribe(t, conn, r, message)
				encoded, err := json.Marshal(f)
				if err != nil || f.Type != api.FrameSnapshot {
					t.Errorf("%s: %+v: got %s, %v", name, message, encoded, err)
				}
				sees(fmt.Sprintf("%+v", message), string(encoded))
				if f.Total > 1 || f.All > 1 || f.Summary != nil && f.Summary.Idle > 1 {
					t.Errorf("%s: %+v counts what is not to be seen: %s", name, message, encoded)
				}
				if (message.Topic == "session" || message.Filter == "id:"+theirID) && f.Total != 0 {
					t.Errorf("%s: %+v finds something: %s", name, message, encoded)
				}
			}
			if f := subscribe(t, conn, r, api.Subscribe{Topic: "session", ID: fmt.Sprint(mine.ID)}); f.Total != 1 || len(f.Upserts) != 1 {
				t.Errorf("%s: one's own session is not found: %+v", name, f)
			}
			if f := subscribe(t, conn, r, api.Subscribe{Topic: "sessions"}); f.Total != 1 || len(f.Upserts) != 1 {
				t.Errorf("%s: one's own session is not found: %+v", name, f)
			}
			for _, topic := range []string{"services", "servers", "filters", "listeners", "monitors", "stats", "jobs", "job", "nosuch"} {
				if f := subscribe(t, conn, r, api.Subscribe{Topic: topic}); f.Type != api.FrameError {
					t.Errorf("%s: the topic %s is open: %+v", name, topic, f)
				}
			}
			_ = conn.Close()
		}
	})
}

// Ensure that whoever is locked to a service sees of the objects that one and
// what is part of it.
func TestLockedService(t *testing.T) {
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		token := s.embedded(s.embedKey(), func(c jwt.MapClaims) {
			c["locked"], c["scope"] = map[string]string{"service": "Read-Connection-Router"}, api.EmbedScopes
		})
		time.Sleep(2 * time.Second) // for the statistics
		s.wants(s.bearer(token, "GET", "/v1/services/Read-Connection-Router", ""), 200)
		s.wants(s.bearer(token, "GET", "/v1/services/RW-Split-Router", ""), 404, "RW-Split-Router is not a service")
		s.wants(s.bearer(token, "GET", "/v1/listeners/RW-Split-Listener", ""), 404)
		s.wants(s.bearer(token, "GET", "/v1/filters/First", ""), 404)
		s.wants(s.bearer(token, "GET", "/v1/monitors/Monitor", ""), 404)
		conn, r := s.watch(token)
		defer func() { _ = conn.Close() }()
		for topic, want := range map[string]string{
			"services": "Read-Connection-Router", "listeners": "Read-Connection-Listener", "servers": "server1 server2",
			"stats": "service:Read-Connection-Router", "filters": "", "monitors": "",
		} {
			body := s.wants(s.bearer(token, "GET", "/v1/"+topic, ""), 200)
			rows, err := api.DecodeAll[any]([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, row := range rows {
				ids = append(ids, row.ID)
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("%s: got %s, want %s", topic, got, want)
			}
			if f := subscribe(t, conn, r, api.Subscribe{Topic: topic}); strings.Join(f.IDs, " ") != want || f.Total != len(ids) || f.All != len(ids) {
				t.Errorf("%s: the feed has %+v, want %s", topic, f, want)
			}
		}
	})
}

// Ensure that no SQL text reaches a wall or a page that is redacted, and that
// nothing that they may ask tells what is in it.
func TestNoSQL(t *testing.T) {
	const secret = "xyzzy"
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		c := s.connect()
		_, _ = c.Query("SELECT 'a-" + secret + "' FROM " + secret)
		s.wants(s.ask(adminUser, "PATCH", "/v1/sessions/1", `{"data":{"attributes":{"parameters":{"log_info":true}}}}`), 204)
		_, _ = c.Query("INSERT INTO t VALUES ('" + secret + "')")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1?ttl=1h&reason="+secret, ""), 204)
		_, wall := s.wall("noc")
		page := s.embedded(s.embedKey(), func(c jwt.MapClaims) { c["redact"], c["scope"] = true, api.EmbedScopes })
		open := s.embedded(s.embedKey(), nil)
		for _, path := range []string{"sessions", "sessions/1", "sessions?q=stmt:" + secret, "sessions?format=ndjson"} {
			s.wants(s.bearer(open, "GET", "/v1/"+path, ""), 200, secret) // or the test could not fail
		}
		for name, token := range map[string]string{"wall": wall, "page": page} {
			for _, r := range s.table {
				if r.method != http.MethodGet || r.pattern == feedPath {
					continue
				}
				if body := text(t, s.bearer(token, "GET", address(r.pattern), "")); strings.Contains(body, secret) {
					t.Errorf("%s: %s: %s", name, r.pattern, body)
				}
			}
			for _, q := range []string{
				"format=csv", "format=ndjson", "q=" + secret, "q=id:1&sort=-stmt", "q=stmt:" + secret, "q=!stmt:" + secret, "q=stmt:/x.*/",
				"q=user:app|stmt:x", "format=csv&columns=id,stmt", "filter=attributes.activity.statement=eq(%22x%22)", "fields[sessions]=activity,queries",
				"sort=attributes.activity.statement",
			} {
				r := s.bearer(token, "GET", "/v1/sessions?"+q, "")
				body := text(t, r)
				if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(body, "q="+secret, ""), "q: "+secret, ""), secret) {
					t.Errorf("%s: %s: %s", name, q, body)
				}
				if found := strings.Contains(body, `"id": "1"`); found && q == "q="+secret {
					t.Errorf("%s: a word finds what statements say: %s", name, body)
				}
				if strings.Contains(q, "stmt") && !strings.Contains(q, "columns") && r.StatusCode != 400 {
					t.Errorf("%s: %s gives %d", name, q, r.StatusCode)
				}
			}
			conn, r := s.watch(token)
			for _, message := range []api.Subscribe{
				{Topic: "sessions"},
				{Topic: "sessions", Filter: "user:app"},
				{Topic: "sessions", Filter: secret},
				{Topic: "sessions", Filter: "stmt:" + secret},
				{Topic: "sessions", Filter: "user:app !stmt:" + secret},
				{Topic: "sessions", Sort: "stmt"},
				{Topic: "groups", Group: "user"},
				{Topic: "groups", Group: "stmt"},
				{Topic: "groups", Group: "user,fingerprint"},
				{Topic: "groups", Group: "user", Filter: "stmt:" + secret},
				{Topic: "session", ID: "1"},
				{Topic: "pending"},
				{Topic: "services"},
				{Topic: "servers"},
				{Topic: "stats"},
			} {
				f := subscribe(t, conn, r, message)
				encoded, err := json.Marshal(f)
				if err != nil || strings.Contains(string(encoded), secret) {
					t.Errorf("%s: %+v: %s, %v", name, message, encoded, err)
				}
				asks := strings.Contains(message.Filter+message.Sort+message.Group, "stmt") || strings.Contains(message.Group, "fingerprint")
				if asks && f.Type != api.FrameError {
					t.Errorf("%s: %+v is answered: %s", name, message, encoded)
				}
				if message.Filter == secret && f.Total > 0 {
					t.Errorf("%s: a word finds what statements say: %s", name, encoded)
				}
				if message.Topic == "pending" && (f.Total != 1 || !strings.Contains(string(encoded), `"user":"app"`)) {
					t.Errorf("%s: what is pending is not shown: %s", name, encoded)
				}
			}
			_ = conn.Close()
		}
		// A view of one who may see it, and one of the same who may not, at one time.
		sees, seesFrames := s.watch(open)
		blind, blindFrames := s.watch(page)
		for range 2 {
			one := subscribe(t, sees, seesFrames, api.Subscribe{Topic: "sessions", Filter: "user:app"})
			other := subscribe(t, blind, blindFrames, api.Subscribe{Topic: "sessions", Filter: "user:app"})
			for _, message := range []api.Subscribe{{Topic: "sessions", Filter: secret}, {Topic: "groups", Group: "user", Filter: secret}} {
				if one, other := subscribe(t, sees, seesFrames, message), subscribe(t, blind, blindFrames, message); one.Total != 1 || other.Total != 0 {
					t.Errorf("%+v: %d and %d are found", message, one.Total, other.Total)
				}
			}
			one = subscribe(t, sees, seesFrames, api.Subscribe{Topic: "sessions", Filter: "user:app"})
			other = subscribe(t, blind, blindFrames, api.Subscribe{Topic: "sessions", Filter: "user:app"})
			if !strings.Contains(fmt.Sprintf("%s", one.Upserts), secret) || strings.Contains(fmt.Sprintf("%s", other.Upserts), secret) {
				t.Errorf("got %s and %s", one.Upserts, other.Upserts)
			}
		}
		_, _ = c.Query("SELECT 2, '" + secret + "'")
		for {
			opcode, payload := frame(t, blindFrames)
			if strings.Contains(string(payload), secret) || opcode != 1 {
				t.Fatalf("got %d %s", opcode, payload)
			}
			if strings.Contains(string(payload), `"patch"`) {
				break
			}
		}
		_, _ = sees.Close(), blind.Close()
	})
}

func TestTicket(t *testing.T) {
	inSite(t, nil, func(s *site) {
		defer s.serveHTTP()()
		key := s.embedKey()
		token := s.embedded(key, nil)
		ticket := func() string {
			return into[api.Ticket](s, s.bearer(token, "POST", "/v1/ws-ticket", ""), 200).Ticket
		}
		protocol := func(ticket string) string {
			return "Sec-WebSocket-Protocol: signalbox, ticket." + ticket + "\r\n"
		}
		const origin = "Origin: http://example.com\r\n"
		good := ticket()
		conn, r, answer := s.feed(protocol(good) + origin)
		if answer.StatusCode != 101 || answer.Header.Get("Sec-WebSocket-Protocol") != "signalbox" {
			t.Errorf("got %d and the subprotocol %q", answer.StatusCode, answer.Header.Get("Sec-WebSocket-Protocol"))
		}
		if _, text := frame(t, r); !strings.Contains(string(text), `"role":"embed"`) {
			t.Errorf("got %s", text)
		}
		_ = conn.Close()
		late := ticket()
		for name, tt := range map[string]struct {
			headers string
			status  int
		}{
			"again":                  {protocol(good) + origin, 401},
			"unknown":                {protocol("AAAA") + origin, 401},
			"unknown_beside_a_login": {protocol("AAAA") + origin + "Authorization: Basic b3BzOmEgbG9uZyBwYXNzd29yZA==\r\n", 401},
			"of_the_parent":          {protocol(ticket()) + "Origin: https://shop.example\r\n", 403},
			"without_origin":         {protocol(ticket()), 403},
			"in_its_own_header":      {"Sec-WebSocket-Protocol: signalbox\r\nSec-WebSocket-Protocol: ticket." + ticket() + "\r\n" + origin, 101},
		} {
			conn, _, answer := s.feed(tt.headers)
			if answer.StatusCode != tt.status {
				t.Errorf("%s: got %d, want %d", name, answer.StatusCode, tt.status)
			}
			_ = conn.Close()
		}
		time.Sleep(ticketAge)
		if conn, _, answer := s.feed(protocol(late) + origin); answer.StatusCode != 401 {
			t.Errorf("a ticket that has expired: got %d", answer.StatusCode)
			_ = conn.Close()
		}
		// From another address, which s.ask is not.
		r2 := s.from("127.0.0.9:1", "GET", "/v1/ws", "", "Sec-WebSocket-Protocol", "signalbox, ticket."+ticket())
		if r2.StatusCode != 401 {
			t.Errorf("from another address: got %d", r2.StatusCode)
		}
		// A ticket is for the feed only.
		if got := s.ask("", "GET", "/v1/whoami", "", "Sec-WebSocket-Protocol", "signalbox, ticket."+ticket()); got.StatusCode != 401 {
			t.Errorf("a ticket opens something else: %d", got.StatusCode)
		}
		// And no better than what it was got with.
		orphan := ticket()
		s.wants(s.ask(adminUser, "DELETE", "/v1/embed-keys/"+key.ID, ""), 204)
		if _, _, answer := s.feed(protocol(orphan) + origin); answer.StatusCode != 401 {
			t.Errorf("a ticket outlives its key: %d", answer.StatusCode)
		}
		for i := range 200 {
			if s.ask(basicUser, "POST", "/v1/ws-ticket", "").StatusCode == 429 {
				if i < 100 {
					t.Errorf("%d tickets are too many", i)
				}
				return
			}
		}
		t.Error("there is no end of tickets")
	})
}

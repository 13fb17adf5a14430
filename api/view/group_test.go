package view_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

func TestGrouping(t *testing.T) {
	bare := &api.Session{ID: "n1.7", Attributes: api.SessionAttributes{Activity: api.Activity{State: "idle"}}}
	many := report()
	many.Attributes.Connections = nil
	for i := range 100 {
		many.Attributes.Connections = append(many.Attributes.Connections, api.SessionConnection{Server: strings.Repeat("s", i+1)})
	}
	for _, tt := range []struct {
		keys    string
		session *api.Session
		want    []string
	}{
		{"user", report(), []string{"report"}},
		{" User , service", report(), []string{"report/RW-Split-Router"}},
		{"service,server", report(), []string{"RW-Split-Router/server1", "RW-Split-Router/server2"}},
		{"server,filter", report(), []string{"server1/cache", "server1/rewrite", "server2/cache", "server2/rewrite"}},
		{"client", report(), []string{"10.4.7.20"}},
		{"tls", report(), []string{"TLS_AES_256_GCM_SHA384"}},
		{"state", report(), []string{"running"}},
		{"fingerprint", report(), []string{`canonical SELECT "id" FROM Orders WHERE total > 10`}},
		{"stmt,node", bare, []string{"/n1"}},
		{"server,filter,service", bare, []string{"//"}},
	} {
		g, err := view.ParseGrouping(tt.keys)
		if err != nil {
			t.Fatalf("%s: %v", tt.keys, err)
		}
		if want := strings.ToLower(strings.ReplaceAll(tt.keys, " ", "")); g.String() != want {
			t.Errorf("got %q, want %q", g, want)
		}
		var got []string
		canonical := func(s string) string { return "canonical " + s }
		g.Each(tt.session, 0, canonical, func(values []string) { got = append(got, strings.Join(values, "/")) })
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.keys, diff)
		}
	}
	g, err := view.ParseGrouping("server,filter")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	g.Each(many, 0, nil, func([]string) { n++ })
	if n != 64 {
		t.Errorf("got %d groups of one session, want at most 64", n)
	}
}

func TestParseGroupingErrors(t *testing.T) {
	for _, tt := range []struct {
		keys   string
		offset int
	}{
		{"", 0},
		{"colour", 0},
		{"user,age", 5},
		{"user,", 5},
		{"user,USER", 5},
		{"user,client,schema,service,stmt", 27},
		{strings.Repeat("u", view.MaxLength+1), view.MaxLength},
	} {
		_, err := view.ParseGrouping(tt.keys)
		var bad *view.SyntaxError
		if !errors.As(err, &bad) || bad.Offset != tt.offset {
			t.Errorf("%q: got %v, want a SyntaxError at %d", tt.keys, err, tt.offset)
		}
	}
}

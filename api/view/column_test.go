package view_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

func TestValue(t *testing.T) {
	got := map[string]any{}
	for _, key := range []string{
		"ID", "state", "user", "client", "schema", "service", "server", "filter", "program", "tls", "node", "stmt",
		"age", "in-state", "trx-age", "idle", "io", "mem", "queries", "errors",
	} {
		value, ok := view.Value(report(), key, time.Minute)
		if !ok {
			t.Errorf("there is no key %s", key)
		}
		got[key] = value
	}
	want := map[string]any{
		"ID": "10461", "state": "long", "user": "report", "client": "10.4.7.20:51544", "schema": "dwh", "service": "RW-Split-Router",
		"server": "server2", "filter": "cache|rewrite", "program": "Metabase", "tls": "TLS_AES_256_GCM_SHA384", "node": nil,
		"stmt": `SELECT "id" FROM Orders WHERE total > 10`, "age": 7260., "in-state": 110., "trx-age": 160., "idle": 0.,
		"io": 2000., "mem": float64(3 << 20), "queries": 0., "errors": 2.,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, ok := view.Value(report(), "colour", 0); ok {
		t.Error("there is a key colour")
	}
	if value, ok := view.Value(&api.Session{}, "trx-age", 0); !ok || value != nil {
		t.Errorf("a session without a transaction has the age %v", value)
	}
	for _, key := range view.Keys() {
		if _, ok := view.Value(report(), key.Name, 0); !ok {
			t.Errorf("the key %s has no value", key.Name)
		}
	}
}

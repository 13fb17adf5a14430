package classify_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/engine/classify"
)

// Ensure that hints are read in each kind of comment, and in the first alone.
func TestParseHint(t *testing.T) {
	type hint = classify.Hint
	tests := []struct {
		sql  string
		want hint
		ok   bool
	}{
		{"select 1 -- maxscale route to master", hint{Kind: classify.HintMaster}, true},
		{"select 1 # maxscale route to slave\n, 2", hint{Kind: classify.HintSlave}, true},
		{"select 1 #maxscale route to last", hint{Kind: classify.HintLast}, true},
		{"/* MaxScale ROUTE TO ALL */ select 1", hint{Kind: classify.HintAll}, true},
		{"select /*maxscale route to server db-1*/ 1", hint{Kind: classify.HintServer, Value: "db-1"}, true},
		{"select 1 -- maxscale route to server 'db 1'", hint{Kind: classify.HintServer, Value: "db 1"}, true},
		{"select 1 -- maxscale max_slave_replication_lag=10", hint{Kind: classify.HintParam, Param: "max_slave_replication_lag", Value: "10"}, true},
		{"select 1 -- maxscale max_replication_lag = 10", hint{Kind: classify.HintParam, Param: "max_replication_lag", Value: "10"}, true},
		{"select 1 -- maxscale h prepare route to master", hint{Verb: classify.HintPrepare, Name: "h", Kind: classify.HintMaster}, true},
		{"select 1 -- maxscale h begin", hint{Verb: classify.HintBegin, Name: "h"}, true},
		{"select 1 -- maxscale h begin route to slave", hint{Verb: classify.HintBegin, Name: "h", Kind: classify.HintSlave}, true},
		{"select 1 -- maxscale begin route to slave", hint{Verb: classify.HintBegin, Kind: classify.HintSlave}, true},
		{"select 1 -- maxscale end", hint{Verb: classify.HintEnd}, true},

		{"select 1", hint{}, false},
		{"select '-- maxscale route to master'", hint{}, false},
		{"select 1 --maxscale route to master", hint{}, false},
		{"select 1 /*! maxscale route to master */", hint{}, false},
		{"/* app */ select 1 -- maxscale route to master", hint{}, false},
		{"select 1 -- maxscale", hint{}, false},
		{"select 1 -- maxscale begin", hint{}, false},
		{"select 1 -- maxscale route", hint{}, false},
		{"select 1 -- maxscale route to", hint{}, false},
		{"select 1 -- maxscale route to nowhere", hint{}, false},
		{"select 1 -- maxscale route to server", hint{}, false},
		{"select 1 -- maxscale route to server 'x", hint{}, false},
		{"select 1 -- maxscale route to master please", hint{}, false},
		{"select 1 -- maxscale x=", hint{}, false},
		{"select 1 -- maxscale x=1 2", hint{}, false},
		{"select 1 -- maxscale h prepare", hint{}, false},
		{"select 1 -- maxscale end it", hint{}, false},
		{"select 1 /* maxscale route to master", hint{}, false},
		{"select 1 -- maxscaleroute to master", hint{}, false},
	}
	for _, tt := range tests {
		got, ok := classify.ParseHint([]byte(tt.sql))
		if ok != tt.ok {
			t.Errorf("%s: got %v, want %v", tt.sql, ok, tt.ok)
		}
		if !ok {
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.sql, diff)
		}
		again, ok := classify.ParseHint([]byte("# maxscale " + got.String()))
		if got.Value != "db 1" && (!ok || again != got) {
			t.Errorf("%s: got %+v from its text %q, want the same hint", tt.sql, again, got)
		}
	}
}

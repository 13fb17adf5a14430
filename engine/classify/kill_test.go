package classify_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/engine/classify"
)

// Ensure that every form of KILL is read, and nothing that only resembles one.
func TestParseKill(t *testing.T) {
	type kill = classify.KillStatement
	tests := []struct {
		sql  string
		want kill
		ok   bool
	}{
		{"KILL 12", kill{ID: 12}, true},
		{" kill /* now */ connection 12 ;", kill{ID: 12}, true},
		{"kill query 12", kill{Query: true, ID: 12}, true},
		{"kill soft query 12", kill{Soft: true, Query: true, ID: 12}, true},
		{"kill hard 12", kill{ID: 12}, true},
		{"kill query id 12", kill{Query: true, QueryID: true, ID: 12}, true},
		{"kill 18446744073709551615", kill{ID: 1<<64 - 1}, true},
		{"kill user bob", kill{User: "bob"}, true},
		{"kill query user `b ob`@`h`", kill{Query: true, User: "b ob", Host: "h"}, true},
		{"kill user 'bob'@'10.%'", kill{User: "bob", Host: "10.%"}, true},
		{"kill user bob@h.example", kill{User: "bob", Host: "h.example"}, true},

		{"kill", kill{}, false},
		{"kill query", kill{}, false},
		{"kill -1", kill{}, false},
		{"kill 1.5", kill{}, false},
		{"kill 0x0c", kill{}, false},
		{"kill 18446744073709551616", kill{}, false},
		{"kill connection_id()", kill{}, false},
		{"kill 12 13", kill{}, false},
		{"kill 12; select 1", kill{}, false},
		{"kill 12 /* open", kill{}, false},
		{"kill user", kill{}, false},
		{"kill query id user bob", kill{}, false},
		{"kill user 'bob", kill{}, false},
		{"killer 12", kill{}, false},
		{"select 12", kill{}, false},
		{"", kill{}, false},
	}
	for _, tt := range tests {
		got, ok := classify.ParseKill([]byte(tt.sql))
		if ok != tt.ok {
			t.Errorf("%s: got %v, want %v", tt.sql, ok, tt.ok)
		}
		if diff := cmp.Diff(tt.want, got); ok && diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.sql, diff)
		}
	}
}

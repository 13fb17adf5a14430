package mariadbmon

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine"
)

// Ensure that servers are asked who waits only when somebody does, each in its
// own way, and that whatever they answer does them no harm.
func TestLockWaits(t *testing.T) {
	rows := func(list ...[]string) answer {
		return answer{rows: append([][]string{{"waiting", "blocking"}}, list...)}
	}
	one := []engine.LockWait{{Waiting: 12, Blocking: 34}}
	tests := []struct {
		name           string
		waiting        string // what the status says; "" for nothing
		mariadb, mysql answer
		want           []engine.LockWait
		notice         string
	}{
		{"nobody_waits", "0", rows([]string{"12", "34"}), answer{code: 1109}, nil, ""},
		{"says_nothing", "", rows([]string{"12", "34"}), answer{code: 1109}, nil, ""},
		{"mariadb", "1", rows([]string{"12", "34"}), answer{code: 1109}, one, ""},
		{"mysql_8", "1", answer{code: 1109}, rows([]string{"12", "34"}), one, ""},
		{"knows_neither", "1", answer{code: 1109}, answer{code: 1146}, nil, ""},
		{"over_by_now", "1", rows(), answer{code: 1109}, nil, ""},
		{"may_not", "1", answer{code: 1227}, rows([]string{"12", "34"}), nil, "needs the privilege PROCESS"},
		{"may_not_8", "1", answer{code: 1109}, answer{code: 1142}, nil, "needs the privilege PROCESS"},
		{"nonsense", "1", rows([]string{"NULL", "34"}, []string{"12", "x"}, []string{"-1", "34"}, []string{"7", "7"}, []string{"12", "34"}), answer{code: 1109}, one, ""},
		{"other_columns", "1", answer{rows: [][]string{{"a"}, {"12"}}}, answer{code: 1109}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answers := map[string]answer{lockStatements[0]: tt.mariadb, lockStatements[1]: tt.mysql}
			if tt.waiting != "" {
				answers["SHOW GLOBAL STATUS"] = variables("Uptime", "5", "Innodb_row_lock_current_waits", tt.waiting)
			}
			target := startServer(t, &server{answers: answers})
			target.Name = "a"
			probe := newMonitor(t, nil).Tick(t.Context(), []engine.MonitorTarget{target})[0]
			if diff := cmp.Diff(tt.want, probe.Waits); diff != "" {
				t.Error(diff)
			}
			if (probe.Notice == "") != (tt.notice == "") || !strings.Contains(probe.Notice, tt.notice) {
				t.Errorf("got the notice %q, want %q", probe.Notice, tt.notice)
			}
			if probe.Err != nil || probe.Status != engine.StatusRunning|engine.StatusMaster {
				t.Errorf("got %b, %v", probe.Status, probe.Err)
			}
		})
	}
}

// Ensure that nobody waits any more for whom a server was asked that is down now.
func TestLockWaitsOfADeadServer(t *testing.T) {
	target := startServer(t, &server{answers: map[string]answer{
		"SHOW GLOBAL STATUS": variables("Innodb_row_lock_current_waits", "1"),
		lockStatements[0]:    {rows: [][]string{{"waiting", "blocking"}, {"1", "2"}}},
	}})
	target.Name = "a"
	m := newMonitor(t, nil)
	if probe := m.Tick(t.Context(), []engine.MonitorTarget{target})[0]; len(probe.Waits) != 1 {
		t.Fatalf("got %+v", probe)
	}
	_ = m.probers["a"].close()
	if probe := m.Tick(t.Context(), []engine.MonitorTarget{target})[0]; probe.Err == nil || len(probe.Waits) != 0 {
		t.Errorf("got %+v", probe)
	}
}

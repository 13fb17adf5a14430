package engine

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/engine/module"
)

func TestSplitCommand(t *testing.T) {
	tests := []struct {
		text string
		want []string
		err  string
	}{
		{"/bin/x", []string{"/bin/x"}, ""},
		{"  /bin/x  a\tb ", []string{"/bin/x", "a", "b"}, ""},
		{`/bin/x 'a b' "c d" e\ f`, []string{"/bin/x", "a b", "c d", "e f"}, ""},
		{`/bin/x --a="b c"'d' ''`, []string{"/bin/x", "--a=b cd", ""}, ""},
		{`/bin/x 'a\b' "a\"b"`, []string{"/bin/x", `a\b`, `a"b`}, ""},
		{`/bin/x $EVENT;reboot`, []string{"/bin/x", "$EVENT;reboot"}, ""},
		{`/bin/x 'a`, nil, "ends inside of a quotation"},
		{`/bin/x a\`, nil, "ends inside of a quotation"},
		{"   ", nil, "names no program"},
	}
	for _, tt := range tests {
		got, err := splitCommand(tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got error %v, want %q", tt.text, err, tt.err)
		}
	}
}

// scriptBed makes a monitor of two servers whose script is the text of a shell
// script with arguments.
func scriptBed(t *testing.T, text, arguments string, more map[string]string) (*scripts, []*Server, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	e := &Engine{logger: logger{Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}}
	var servers []*Server
	for i, name := range []string{"a", "b"} {
		o, _, err := module.NewObject(name, &module.ServerModule, map[string]string{"address": "192.0.2." + string(rune('1'+i)), "port": "3306"})
		if err != nil {
			t.Fatal(err)
		}
		s, err := newServer(e, o)
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, s)
	}
	servers[0].setStatus(0, StatusRunning|StatusMaster)
	servers[1].setStatus(0, StatusRunning|StatusSlave)
	servers[1].seen.Replication = []ReplicaInfo{{MasterHost: "192.0.2.1", MasterPort: 3306}}
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	declared := module.MonitorModule
	raw := map[string]string{"user": "monitor", "password": "s3cret", "servers": "a,b", "script": file + " " + arguments}
	for name, value := range more {
		raw[name] = value
	}
	o, _, err := module.NewObject("Monitor", &declared, raw)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newScripts(&monitorObject{engine: e, object: o, servers: servers})
	if err != nil {
		t.Fatal(err)
	}
	return s, servers, log
}

// Ensure that placeholders are filled in, that no shell sees them, that lines
// get their levels, and that no password comes into the log.
func TestScript(t *testing.T) {
	s, servers, log := scriptBed(t, `echo "$1"; echo "error: $2"; echo "  Warning : $3"; echo "$4"; exit 3`,
		"$EVENT/$INITIATOR/$PARENT/$CHILDREN '$NODELIST $MASTERLIST $SLAVELIST' '$LIST;$(reboot)' $CREDENTIALS", nil)
	s.run([]serverChange{{server: servers[0], event: "new_master"}, {server: servers[1]}})
	s.execute(t.Context(), <-s.queue)
	if n := len(s.queue); n != 0 {
		t.Errorf("%d more runs wait, want none", n)
	}
	got := log.String()
	for _, want := range []string{
		`level=INFO+2 msg=new_master/[192.0.2.1]:3306//[192.0.2.2]:3306`,
		`level=ERROR msg="[192.0.2.1]:3306,[192.0.2.2]:3306 [192.0.2.1]:3306 [192.0.2.2]:3306"`,
		`level=WARN msg=[192.0.2.1]:3306,[192.0.2.2]:3306;$(reboot) `,
		`monitor:*****@[192.0.2.1]:3306,monitor:*****@[192.0.2.2]:3306`,
		`level=ERROR msg="script: exit status 3"`, `event=new_master server=a`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(got, "s3cret") {
		t.Error("the log has a password")
	}
	if t.Failed() {
		t.Log(got)
	}
}

// Ensure that a script that takes too long is ended together with what it has
// started.
func TestScriptTimeout(t *testing.T) {
	s, servers, log := scriptBed(t, `sleep 600 & sleep 600`, "", map[string]string{"script_timeout": "50ms"})
	s.run([]serverChange{{server: servers[0], event: "master_down"}})
	s.execute(t.Context(), <-s.queue) // returns when nobody has the output open any more
	if !strings.Contains(log.String(), "longer than script_timeout") {
		t.Errorf("got %s", log)
	}
}

func TestScriptEvents(t *testing.T) {
	s, servers, _ := scriptBed(t, "", "", map[string]string{"events": "master_down,new_master"})
	s.lag = 10
	tests := []struct {
		name   string
		change serverChange
		want   string
	}{
		{"wanted", serverChange{event: "master_down"}, "master_down"},
		{"not_wanted", serverChange{event: "slave_down"}, ""},
		{"nothing", serverChange{}, ""},
		{"lags", serverChange{lagBefore: 3 * time.Second, lag: 11 * time.Second}, "rlag_above"},
		{"lags_still", serverChange{lagBefore: 11 * time.Second, lag: 12 * time.Second}, ""},
		{"lags_no_more", serverChange{lagBefore: 11 * time.Second, lag: 10 * time.Second}, "rlag_below"},
		{"lag_unknown", serverChange{lagBefore: 11 * time.Second, lag: -1}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.change.server = servers[0]
			s.run([]serverChange{tt.change})
			got := ""
			if len(s.queue) > 0 {
				got = (<-s.queue).event
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for range scriptQueue + 1 {
		s.run([]serverChange{{server: servers[0], event: "new_master"}})
	}
	if n := len(s.queue); n != scriptQueue {
		t.Errorf("%d runs wait, want %d", n, scriptQueue)
	}
}

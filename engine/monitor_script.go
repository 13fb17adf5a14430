package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scriptQueue is how many runs of a script may wait. More than that are not
// run, and the log says so.
const scriptQueue = 100

// scripts runs the program of a monitor's script when something happens to its
// servers: one run at a time, in the order of the events, beside the monitor's
// own work. No shell is involved.
type scripts struct {
	// Set by newScripts, then constant.
	monitor   *monitorObject
	arguments []string // the program first; with placeholders
	events    []string
	timeout   time.Duration
	lag       int64 // seconds above which it is run; negative for never

	queue chan scriptRun
}

// scriptRun is one run that waits.
type scriptRun struct {
	event     string
	server    string
	arguments []string
}

func newScripts(m *monitorObject) (*scripts, error) {
	v := m.object.Values
	if v.String("script") == "" {
		return nil, nil
	}
	arguments, err := splitCommand(v.String("script"))
	if err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	if _, err := exec.LookPath(arguments[0]); err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	s := &scripts{
		monitor: m, arguments: arguments, events: v.List("events"), timeout: v.Duration("script_timeout"), lag: -1,
		queue: make(chan scriptRun, scriptQueue),
	}
	if v.Set("script_max_replication_lag") {
		s.lag = v.Int("script_max_replication_lag")
	}
	return s, nil
}

// splitCommand splits a command line at white space. Single and double quotes
// keep it, and a backslash keeps the character behind it.
func splitCommand(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inside, quote, escaped := false, rune(0), false
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inside = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, inside = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if inside {
				words = append(words, word.String())
				word.Reset()
				inside = false
			}
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("%q ends inside of a quotation", text)
	}
	if inside {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("%q names no program", text)
	}
	return words, nil
}

// run queues a run for each of the changes that there is to be one for.
func (s *scripts) run(changes []serverChange) {
	if s == nil {
		return
	}
	for _, c := range changes {
		if c.event != "" && (slices.Contains(s.events, "all") || slices.Contains(s.events, c.event)) {
			s.enqueue(c, c.event)
		}
		if event := s.lagEvent(c); event != "" {
			s.enqueue(c, event)
		}
	}
}

// lagEvent names the crossing of script_max_replication_lag, "" for none.
func (s *scripts) lagEvent(c serverChange) string {
	limit := time.Duration(s.lag) * time.Second
	switch {
	case s.lag < 0 || c.lag < 0:
		return ""
	case c.lag > limit && c.lagBefore <= limit:
		return "rlag_above"
	case c.lag <= limit && c.lagBefore > limit:
		return "rlag_below"
	}
	return ""
}

func (s *scripts) enqueue(c serverChange, event string) {
	expand := strings.NewReplacer(s.placeholders(c, event)...)
	run := scriptRun{event: event, server: c.server.Name(), arguments: slices.Clone(s.arguments)}
	for i := range run.arguments[1:] {
		run.arguments[i+1] = expand.Replace(run.arguments[i+1])
	}
	select {
	case s.queue <- run:
	default:
		s.log(slog.LevelWarn, run, "script was not run: "+strconv.Itoa(scriptQueue)+" others wait")
	}
}

// placeholders returns what stands for what, MaxScale's names.
func (s *scripts) placeholders(c serverChange, event string) []string {
	list := func(want func(*Server) bool) string {
		var all []string
		for _, server := range s.monitor.servers {
			if want(server) {
				all = append(all, scriptAddress(server))
			}
		}
		return strings.Join(all, ",")
	}
	has := func(bits ServerStatus) func(*Server) bool {
		return func(server *Server) bool { return server.Status()&(bits|StatusRunning) == bits|StatusRunning }
	}
	var credentials []string
	v := s.monitor.object.Values
	for _, server := range s.monitor.servers {
		user, password := v.String("user"), v.String("password")
		if own := server.object.Values.String("monitoruser"); own != "" {
			user, password = own, server.object.Values.String("monitorpw")
		}
		credentials = append(credentials, user+":"+password+"@"+scriptAddress(server))
	}
	return []string{
		"$INITIATOR", scriptAddress(c.server),
		"$PARENT", list(func(other *Server) bool { return other != c.server && follows(c.source, other) }),
		"$CHILDREN", list(func(other *Server) bool {
			if other == c.server {
				return false
			}
			other.mu.Lock()
			defer other.mu.Unlock()
			return follows(other.seen.Replication, c.server)
		}),
		"$EVENT", event,
		"$CREDENTIALS", strings.Join(credentials, ","),
		"$NODELIST", list(has(0)),
		"$MASTERLIST", list(has(StatusMaster)),
		"$SLAVELIST", list(has(StatusSlave)),
		"$SYNCEDLIST", "", // of Galera, which is not monitored
		"$LIST", list(func(*Server) bool { return true }),
	}
}

// follows reports whether one of the replication connections leads to server.
func follows(replication []ReplicaInfo, server *Server) bool {
	return slices.ContainsFunc(replication, func(r ReplicaInfo) bool {
		return net.JoinHostPort(r.MasterHost, strconv.Itoa(r.MasterPort)) == replicationAddress(server)
	})
}

// scriptAddress is a server as scripts are told it: [address]:port, or the
// socket.
func scriptAddress(s *Server) string {
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return "[" + s.address + "]"
	}
	return "[" + host + "]:" + port
}

// serve runs what is queued until ctx ends.
func (s *scripts) serve(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case run := <-s.queue:
			s.execute(ctx, run)
		}
	}
}

// scriptGrace is how long a script may take to end after it was asked to.
const scriptGrace = 5 * time.Second

// execute runs the program. When its time is up it is asked to end and then
// made to, with all that it has started. The arguments, which may hold
// passwords, are not logged.
func (s *scripts) execute(ctx context.Context, run scriptRun) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	command := exec.CommandContext(limited, run.arguments[0], run.arguments[1:]...)
	stopGroup := ownGroup(command)
	command.Cancel = func() error { return stopGroup(false) }
	command.WaitDelay = scriptGrace
	reader, writer := io.Pipe()
	command.Stdout, command.Stderr = writer, writer
	read := make(chan struct{})
	go func() { // ends when the writer is closed, below
		defer close(read)
		s.copy(run, reader)
	}()
	err := command.Run()
	_ = stopGroup(true) // what is left of it
	_ = writer.Close()
	<-read
	switch {
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		s.log(slog.LevelError, run, fmt.Sprintf("script was stopped: it took longer than script_timeout, %v", s.timeout))
	case err != nil:
		s.log(slog.LevelError, run, "script: "+err.Error())
	default:
		s.log(LevelNotice, run, "script was run")
	}
}

// maxScriptLine is the longest line of a script's output that is logged in one
// piece, in bytes.
const maxScriptLine = 1024

// scriptLevels are the words that a line may begin with, before a colon, to
// have its own level.
var scriptLevels = map[string]slog.Level{
	"alert": slog.LevelError, "error": slog.LevelError, "warning": slog.LevelWarn, "notice": LevelNotice,
	"info": slog.LevelInfo, "debug": slog.LevelDebug,
}

// copy logs what the script writes, line by line, and takes all of it.
func (s *scripts) copy(run scriptRun, output io.Reader) {
	lines := bufio.NewReaderSize(output, maxScriptLine)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return
		}
		text, level := strings.TrimSpace(string(line)), LevelNotice
		if word, rest, ok := strings.Cut(text, ":"); ok {
			if known, ok := scriptLevels[strings.ToLower(strings.TrimSpace(word))]; ok {
				text, level = strings.TrimSpace(rest), known
			}
		}
		if text != "" {
			s.log(level, run, s.hide(text))
		}
	}
}

// hide takes the passwords out of text.
func (s *scripts) hide(text string) string {
	secrets := []string{s.monitor.object.Values.String("password")}
	for _, server := range s.monitor.servers {
		secrets = append(secrets, server.object.Values.String("monitorpw"))
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "*****")
		}
	}
	return text
}

func (s *scripts) log(level slog.Level, run scriptRun, text string) {
	s.monitor.engine.logger.Log(context.Background(), level, text,
		"monitor", s.monitor.object.Name, "script", run.arguments[0], "event", run.event, "server", run.server)
}

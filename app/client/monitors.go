package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
)

// Monitors makes the calls about monitors and the servers that they look after.
type Monitors struct{ *Client }

// Order is a command of a monitor's module.
type Order struct {
	Module, Command, Monitor string
	Servers                  []string // arguments behind the monitor
	Reason                   string   // for the audit log
}

func (o Order) path(command string) string {
	return "/v1/maxscale/modules/" + url.PathEscape(o.Module) + "/" + url.PathEscape(command) + "?" + url.QueryEscape(o.Monitor)
}

// Begin has the monitor begin with the command. Result says what becomes of it.
func (m Monitors) Begin(ctx context.Context, o Order) error {
	path := o.path("async-" + o.Command)
	for _, server := range o.Servers {
		path += "&" + url.QueryEscape(server)
	}
	if o.Reason != "" {
		path += "&reason=" + url.QueryEscape(o.Reason)
	}
	return m.do(ctx, "POST", path, nil)
}

// GiveUp cancels the command that the monitor is at.
func (m Monitors) GiveUp(ctx context.Context, o Order) error {
	return m.do(ctx, "POST", o.path("cancel-cmd"), nil)
}

// Result is what became of a monitor's last command.
type Result struct {
	Done   bool     // false while it waits or runs
	Errors []string // why it was not done, and what was undone
}

// Result asks what became of the monitor's last command.
func (m Monitors) Result(ctx context.Context, o Order) (r Result, err error) {
	var answer struct{ Meta json.RawMessage }
	if err := m.get(ctx, o.path("fetch-cmd-result"), &answer); err != nil {
		return r, err
	}
	var meta struct{ Errors []struct{ Detail string } }
	_ = json.Unmarshal(answer.Meta, &meta) // a sentence when all went well
	for _, e := range meta.Errors {
		r.Errors = append(r.Errors, e.Detail)
	}
	// MaxScale's words, which its own console reads too.
	r.Done = len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], "No manual command results are available")
	return r, nil
}

// StateChange says how a state of a server is changed. The zero value clears it.
type StateChange struct {
	Set    bool
	Force  bool   // with maintenance: sessions that are at work end
	Reason string // for the audit log
}

// ServerState sets or clears maintenance or drain of a server.
func (m Monitors) ServerState(ctx context.Context, server, state string, c StateChange) error {
	query, verb := url.Values{"state": {state}}, "clear"
	if c.Set {
		verb = "set"
	}
	if c.Force {
		query.Set("force", "yes")
	}
	if c.Reason != "" {
		query.Set("reason", c.Reason)
	}
	return m.do(ctx, "PUT", "/v1/servers/"+url.PathEscape(server)+"/"+verb+"?"+query.Encode(), nil)
}

// Turn starts or stops a monitor.
func (m Monitors) Turn(ctx context.Context, monitor string, on bool, reason string) error {
	path, verb := "/v1/monitors/"+url.PathEscape(monitor)+"/", "stop"
	if on {
		verb = "start"
	}
	if reason != "" {
		verb += "?reason=" + url.QueryEscape(reason)
	}
	return m.do(ctx, "PUT", path+verb, nil)
}

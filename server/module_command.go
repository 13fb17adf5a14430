package server

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// moduleCommand describes a command of a module.
func moduleCommand(c *call, moduleName string, declared module.Command) api.ModuleCommand {
	a := api.ModuleCommandAttributes{
		Description: declared.Description, Method: methodOfCommand(declared), ArgMax: len(declared.Arguments),
		Parameters: []api.ModuleCommandParameter{},
	}
	for _, argument := range declared.Arguments {
		p := api.ModuleCommandParameter{
			Type: strings.ToUpper(string(argument.Type)), Description: argument.Description, Required: !argument.Optional,
		}
		if argument.Optional {
			p.Type = "[" + p.Type + "]"
		} else {
			a.ArgMin++
		}
		a.Parameters = append(a.Parameters, p)
	}
	r := api.ModuleCommand{ID: declared.Name, Type: "module_command", Attributes: a}
	// MaxScale: leaves out "maxscale", where nothing is.
	r.Links = &api.Links{Self: c.link("maxscale", "modules", moduleName, declared.Name)}
	return r
}

func methodOfCommand(declared module.Command) string {
	if declared.Reads {
		return http.MethodGet
	}
	return http.MethodPost
}

// readCommand serves GET /v1/maxscale/modules/:id/:command, runCommand POST. The
// arguments are the names in the query string, in their order:
// switchover?Monitor&server2.
func (p program) readCommand(c *call) (answer, error) { return p.callCommand(c, http.MethodGet) }

func (p program) runCommand(c *call) (answer, error) { return p.callCommand(c, http.MethodPost) }

func (p program) callCommand(c *call, method string) (answer, error) {
	name, command := c.PathValue("id"), c.PathValue("command")
	declared, err := p.declaredCommand(name, command)
	if err != nil {
		return answer{}, err
	}
	if methodOfCommand(*declared) != method {
		return answer{}, refuse(http.StatusNotFound, "Module '%s' has a command named '%s', but it cannot be used with %s.", clip(name), clip(command), method)
	}
	args := commandArguments(c.URL.RawQuery)
	if method == http.MethodPost {
		c.record.After = map[string]any{"command": command, "arguments": args}
		c.intend()
	}
	// It goes on when the caller goes away, and the audit log has what became of it.
	result, err := engine.CallMonitor(context.WithoutCancel(c.Context()), p.engine, engine.MonitorCall{Module: name, Command: command, Args: args})
	if err != nil {
		return answer{}, commandProblem(err)
	}
	if result == nil {
		return answer{}, nil
	}
	meta := any(result.Text)
	if result.Err != nil {
		meta = map[string]any{"errors": errorList(engine.Details(result.Err))}
	}
	return object(c, map[string]any{"links": map[string]string{"self": c.link("maxscale", "modules", name, command)}, "meta": meta}), nil
}

func errorList(details []string) []map[string]string {
	list := make([]map[string]string, len(details))
	for i, detail := range details {
		list[i] = map[string]string{"detail": detail}
	}
	return list
}

func (p program) declaredCommand(name, command string) (*module.Command, error) {
	for _, m := range p.engine.Modules().Declarations() {
		if m.Name != name {
			continue
		}
		if i := slices.IndexFunc(m.Commands, func(d module.Command) bool { return d.Name == command }); i >= 0 {
			return &m.Commands[i], nil
		}
	}
	return nil, refuse(http.StatusNotFound, "Module '%s' has no command named '%s'.", clip(name), clip(command))
}

// notArguments are the names in a query string that are not for a command.
var notArguments = []string{"pretty", "reason"}

// commandArguments returns the names in a query string, in order.
func commandArguments(query string) []string {
	args := []string{}
	for part := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(key)
		if err == nil && name != "" && !slices.Contains(notArguments, name) {
			args = append(args, name)
		}
	}
	return args
}

// commandProblem is a command that failed, with all of its messages. MaxScale
// answers 400 whatever it was.
func commandProblem(err error) error {
	status, known := statusOf[engine.KindOf(err)]
	if !known || status == http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	details := engine.Details(err)
	for i := range details {
		details[i] = oneLine(details[i])
	}
	return &problem{status: status, details: details}
}

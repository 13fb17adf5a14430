package server

import (
	"cmp"
	"errors"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// program serves what is known of the program itself: its parameters, modules
// and threads.
type program struct {
	engine  *engine.Engine
	options Options
	load    *load
}

// reloadTLS serves POST /v1/maxscale/tls/reload: the certificates of listeners,
// servers and the API itself are read again.
//
// MaxScale: makes all tokens invalid, too.
func (p program) reloadTLS(*call) (answer, error) {
	var own error
	if p.options.ReloadTLS != nil {
		own = p.options.ReloadTLS()
	}
	return answer{}, errors.Join(engine.ReloadTLS(p.engine), own)
}

// maxscale serves GET /v1/maxscale.
func (p program) maxscale(c *call) (answer, error) {
	started := p.engine.StartedAt()
	r := api.MaxScale{
		ID: "maxscale", Type: "maxscale",
		Attributes: api.MaxScaleAttributes{
			Version: p.options.Version, Commit: p.options.Commit, Product: "Signalbox",
			StartedAt: httpDate(started), ActivatedAt: httpDate(started),
			Uptime:     int64(max(0, c.now.Sub(started)) / time.Second),
			Parameters: p.engine.MaxScale().Display(),
			System:     system(),
		},
	}
	return one(c, r, c.link("maxscale")), nil
}

// processors is how many the system lets the program use; it uses fewer at times.
var processors = float64(runtime.GOMAXPROCS(0))

// system describes the machine. What cannot be found out is left out.
func system() map[string]any {
	os := map[string]any{"sysname": runtime.GOOS, "machine": runtime.GOARCH}
	for name, file := range map[string]string{
		"release": "/proc/sys/kernel/osrelease", "version": "/proc/sys/kernel/version", "nodename": "/proc/sys/kernel/hostname",
	} {
		if text, ok := readLine(file); ok {
			os[name] = text
		}
	}
	machine := map[string]any{"cores_physical": runtime.NumCPU(), "cores_available": runtime.NumCPU(), "cores_virtual": processors}
	if bytes, ok := memoryOfMachine(); ok {
		machine["memory_physical"], machine["memory_available"] = bytes, bytes
	}
	return map[string]any{
		"os": os, "machine": machine,
		"maxscale": map[string]any{"threads": runtime.GOMAXPROCS(0), "query_classifier_cache_size": 0},
	}
}

func readLine(path string) (string, bool) {
	text, err := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return line, err == nil
}

// memoryOfMachine reads the first line of /proc/meminfo, "MemTotal: 123 kB".
func memoryOfMachine() (int64, bool) {
	line, _ := readLine("/proc/meminfo")
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return 0, false
	}
	kib, err := strconv.ParseInt(fields[1], 10, 64)
	return kib * 1024, err == nil
}

// moduleTypes are MaxScale's words for the kinds of modules that its modules
// command lists.
var moduleTypes = map[module.Kind]string{
	module.Service: "Router",
	module.Filter:  "Filter",
	module.Monitor: "Monitor",
}

func (p program) moduleResources(c *call) []api.Module {
	rows := []api.Module{}
	for _, m := range p.engine.Modules().Declarations() {
		name, kind := m.Name, moduleTypes[m.Kind]
		switch {
		case m.Kind == module.MaxScale || m.Kind == module.Server:
			// No modules, but MaxScale lists their parameters here.
			name = map[module.Kind]string{module.MaxScale: "maxscale", module.Server: "servers"}[m.Kind]
			kind = name
		case kind == "" || m.Name == string(m.Kind):
			continue
		}
		r := api.Module{
			ID: name, Type: "modules",
			Attributes: api.ModuleAttributes{
				ModuleType: kind, Version: p.options.Version, Maturity: "GA", Description: m.Description,
				Parameters: []api.ModuleParameter{}, Commands: []api.ModuleCommand{},
			},
		}
		for _, parameter := range m.AllParameters() {
			r.Attributes.Parameters = append(r.Attributes.Parameters, moduleParameter(parameter))
		}
		slices.SortFunc(r.Attributes.Parameters, func(a, b api.ModuleParameter) int { return cmp.Compare(a.Name, b.Name) })
		for _, command := range m.Commands {
			r.Attributes.Commands = append(r.Attributes.Commands, moduleCommand(c, m.Name, command))
		}
		link(c, &r, "maxscale", "modules", r.ID)
		rows = append(rows, r)
	}
	return byName(rows)
}

func moduleParameter(p module.Parameter) api.ModuleParameter {
	described := api.ModuleParameter{
		Name: p.Name, Type: string(p.Type), Description: p.Description,
		Mandatory: p.Mandatory, Modifiable: p.Modifiable, EnumValues: p.Enum, Implemented: !p.NotImplemented,
	}
	if p.Default != "" {
		described.DefaultValue = p.Default
	}
	if p.Type == module.Duration {
		described.Unit = "ms"
	}
	return described
}

// modules serves GET /v1/maxscale/modules. All modules are always loaded:
// load=all changes nothing.
func (p program) modules(c *call) (answer, error) {
	return many(c, p.moduleResources(c), c.link("maxscale", "modules")), nil
}

func (p program) module(c *call) (answer, error) {
	for _, r := range p.moduleResources(c) {
		if r.ID == c.PathValue("id") {
			return one(c, r, c.link("maxscale", "modules", r.ID)), nil
		}
	}
	return answer{}, refuse(http.StatusNotFound, "%s is not a module", clip(c.PathValue("id")))
}

// queryClassifier serves GET /v1/maxscale/query_classifier: there is no cache
// of classified statements.
func (p program) queryClassifier(c *call) (answer, error) {
	r := api.Resource[map[string]any]{
		ID: "query_classifier", Type: "query_classifier",
		Attributes: map[string]any{"parameters": map[string]any{"cache_size": 0}},
	}
	return one(c, r, c.link("maxscale", "query_classifier")), nil
}

func (p program) queryClassifierCache(c *call) (answer, error) {
	return many(c, []api.Resource[map[string]any]{}, c.link("maxscale", "query_classifier", "cache")), nil
}

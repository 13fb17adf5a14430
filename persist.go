//go:build !js

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/module"
)

// persistence is what was changed while the program ran, and what becomes of such
// changes. The zero value forgets them, as the demo does.
type persistence struct {
	file    string
	load    bool // load_persisted_configs
	save    bool // persist_runtime_changes
	kept    *config.Persisted
	changed []module.Object // services that have other filters than in the configuration file
}

// openPersistence reads what was changed before and puts it into objects.
func openPersistence(objects []module.Object) (p persistence, warnings []config.Problem, err error) {
	maxscale, err := maxscaleOf(objects)
	if err != nil {
		return p, nil, err
	}
	v := maxscale.Values
	p = persistence{file: persistedFile(maxscale), load: v.Bool("load_persisted_configs"), save: v.Bool("persist_runtime_changes")}
	p.kept, warnings = config.OpenPersisted(p.file, objects)
	if !p.load {
		return p, nil, nil
	}
	names, more := p.kept.Apply(objects)
	for _, name := range names {
		for _, o := range objects {
			if o.Name == name {
				p.changed = append(p.changed, o)
			}
		}
	}
	return p, append(warnings, more...), nil
}

// keep is what the engine calls with the new filters of a service, nil when
// nothing is to be kept.
func (p *persistence) keep() func(service string, filters []string) error {
	if p.kept == nil || !p.save {
		return nil
	}
	return p.kept.Keep
}

// logPersisted says what counts more than the configuration file.
func (s *setup) logPersisted() {
	for _, o := range s.persisted.changed {
		s.log.Log(context.Background(), engine.LevelNotice, "filters that were changed while the program ran count more than the configuration file",
			"service", o.Name, "filters", chainOf(o), "file", s.persisted.file)
	}
}

// report says in words what is in effect, for -check.
func (p *persistence) report(out io.Writer) {
	for _, o := range p.changed {
		fmt.Fprintf(out, "[%s] filters=%s is in effect: it was changed while the program ran and is kept in %s\n", o.Name, chainOf(o), p.file)
	}
	if _, err := os.Stat(p.file); err == nil && !p.load {
		fmt.Fprintf(out, "%s is not in effect: load_persisted_configs=false\n", p.file)
	}
}

func chainOf(service module.Object) string { return strings.Join(service.Values.List("filters"), "|") }

// maxscaleOf returns the section of the program itself, with defaults when there
// is none.
func maxscaleOf(objects []module.Object) (module.Object, error) {
	for _, o := range objects {
		if o.Kind == module.MaxScale {
			return o, nil
		}
	}
	o, _, err := module.NewObject("maxscale", &module.MaxScaleModule, nil)
	return o, err
}

// persistedFile is the file with what was changed while the program ran.
func persistedFile(maxscale module.Object) string {
	dir := maxscale.Values.String("persistdir")
	if dir == "" {
		dir = filepath.Join(maxscale.Values.String("datadir"), "signalbox.cnf.d")
	}
	return filepath.Join(dir, "services.cnf")
}

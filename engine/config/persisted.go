package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/signalbox/signalbox/engine/module"
)

// Persisted are the filters of services that were changed while the program ran.
// They live in a file of the format of the configuration file, which is replaced
// as a whole, and count more than the configuration file.
//
// # Concurrency
//
// All methods may be called concurrently. The file belongs to one process.
type Persisted struct {
	// Set by OpenPersisted, then constant.
	path       string
	configured map[string][]string // filters of each service in the configuration file

	mu     sync.Mutex // guards what follows
	chains map[string][]string
}

// persistedHead is what the file begins with.
const persistedHead = "# Written by Signalbox: filters of services that were changed while it ran. They\n" +
	"# count more than the configuration file. To go back to that, end the program and\n" +
	"# delete this file.\n"

// OpenPersisted reads the file at path, which need not exist, for a configuration
// of objects. A file that cannot be used is a warning: it is replaced at the next
// change.
func OpenPersisted(path string, objects []module.Object) (*Persisted, []Problem) {
	p := &Persisted{path: path, configured: map[string][]string{}, chains: map[string][]string{}}
	for _, o := range objects {
		if o.Kind == module.Service {
			p.configured[o.Name] = o.Values.List("filters")
		}
	}
	data, err := readPersisted(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, []Problem{{File: path, Text: fmt.Sprintf("filters that were changed while the program ran cannot be read and are not in effect: %v", err)}}
	}
	sections, problems := readSections(path, data)
	for _, s := range sections {
		for _, e := range s.entries {
			if e.key != "filters" {
				problems = append(problems, Problem{path, e.line, s.name, e.key, "is not kept here and has no effect; the configuration file is the place for it"})
				continue
			}
			p.chains[s.name] = module.SplitList(e.value, "|")
		}
	}
	return p, shortened(path, problems)
}

func readPersisted(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return data, err
}

// Apply puts the filters into objects, and returns the names of the services that
// have others now than in the configuration file. What no longer fits is left out
// with a warning: a service or a filter that is not there any more.
func (p *Persisted) Apply(objects []module.Object) (changed []string, warnings []Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := map[string]bool{}
	for _, o := range objects {
		known[o.Name] = o.Kind == module.Filter
	}
	for _, service := range slices.Sorted(maps.Keys(p.chains)) {
		chain := p.chains[service]
		at := slices.IndexFunc(objects, func(o module.Object) bool { return o.Kind == module.Service && o.Name == service })
		missing := slices.IndexFunc(chain, func(name string) bool { return !known[name] })
		problem := Problem{File: p.path, Object: service, Parameter: "filters"}
		switch {
		case at < 0:
			problem.Text = "there is no such service any more; its filters have no effect"
		case missing >= 0:
			problem.Text = fmt.Sprintf("'%s' is not a filter any more; the filters of the configuration file are in effect", short(chain[missing]))
		case slices.Equal(chain, p.configured[service]):
			continue
		default:
			values, err := module.With(objects[at].Values, "filters", strings.Join(chain, "|"))
			if err == nil {
				objects[at].Values = values
				changed = append(changed, service)
				continue
			}
			problem.Text = fmt.Sprintf("%v; the filters of the configuration file are in effect", err)
		}
		warnings = append(warnings, problem)
	}
	return changed, shortened(p.path, warnings)
}

// Keep writes to the file that a service has other filters now. Those of the
// configuration file need not be written. An error means that the file is as it
// was.
func (p *Persisted) Keep(service string, filters []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, kept := p.chains[service]
	next := maps.Clone(p.chains)
	if configured, known := p.configured[service]; known && slices.Equal(filters, configured) {
		delete(next, service)
	} else {
		next[service] = slices.Clone(filters)
	}
	if now, keeps := next[service]; keeps == kept && slices.Equal(before, now) {
		return nil
	}
	if err := p.write(next); err != nil {
		return fmt.Errorf("filters of %s cannot be kept: %w", service, err)
	}
	p.chains = next
	return nil
}

// write replaces the file. Beside it a new one is written and renamed, so that a
// crash leaves one of them.
func (p *Persisted) write(chains map[string][]string) (err error) {
	var b bytes.Buffer
	b.WriteString(persistedHead)
	for _, service := range slices.Sorted(maps.Keys(chains)) {
		fmt.Fprintf(&b, "\n[%s]\nfilters=%s\n", service, strings.Join(chains[service], "|"))
	}
	if err := os.MkdirAll(filepath.Dir(p.path), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(p.path), filepath.Base(p.path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), p.path)
	}
	return err
}

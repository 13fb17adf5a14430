package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/engine"
)

// Preferences are what the console keeps for users, and what administrators set
// for everybody. They live in a JSON file that is replaced as a whole.
//
// # Concurrency
//
// All methods may be called concurrently. The file belongs to one process.
type Preferences struct {
	path string

	mu   sync.Mutex // guards what follows
	kept preferencesFile
}

type preferencesFile struct {
	Shared api.SharedPreferences      `json:"shared"`
	Users  map[string]json.RawMessage `json:"users"` // by name
}

const (
	maxPreferenceUsers = 500
	maxPreferenceDepth = 32
	maxSharedViews     = 50
	maxViewName        = 64 // bytes
	maxViewColumns     = 32
	maxColumnName      = 32    // bytes
	longestThreshold   = 86400 // seconds
	maxPreferencesFile = maxPreferenceUsers*api.MaxPreferences + maxBody
)

// OpenPreferences reads the file at path, which need not exist. With an empty
// path preferences live in memory only.
func OpenPreferences(path string) (*Preferences, error) {
	p := &Preferences{path: path, kept: preferencesFile{Users: map[string]json.RawMessage{}}}
	if path == "" {
		return p, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("preferences: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPreferencesFile+1))
	if err == nil && len(text) > maxPreferencesFile {
		err = fmt.Errorf("larger than %d bytes", maxPreferencesFile)
	}
	if err == nil {
		p.kept, err = parsePreferences(text)
	}
	if err != nil {
		return nil, fmt.Errorf("preferences: %s: %w", path, err)
	}
	return p, nil
}

// parsePreferences reads the text of a file. What another version has let
// through is no reason not to start: a view that this one does not understand
// stays, and a threshold that it does not goes back to the default.
func parsePreferences(text []byte) (preferencesFile, error) {
	var f preferencesFile
	if err := json.Unmarshal(text, &f); err != nil {
		return f, err
	}
	if checkThresholds(f.Shared.Thresholds) != nil {
		f.Shared.Thresholds = api.Thresholds{}
	}
	if f.Users == nil {
		f.Users = map[string]json.RawMessage{}
	}
	for name, own := range f.Users {
		if _, err := checkOwn(own); err != nil {
			delete(f.Users, name)
		}
	}
	return f, nil
}

// of returns what is kept for a user and for everybody.
func (p *Preferences) of(user string) api.Preferences {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := api.Preferences{Own: p.kept.Users[user], Shared: p.kept.Shared}
	if all.Shared.Views == nil {
		all.Shared.Views = []api.SavedView{} // JSON has null for nil
	}
	return all
}

// keep replaces what is kept for a user.
func (p *Preferences) keep(user string, own json.RawMessage) error {
	return p.change(func(f *preferencesFile) error {
		if _, known := f.Users[user]; !known && len(f.Users) >= maxPreferenceUsers {
			return refuse(http.StatusInsufficientStorage, "the preferences of %d users are kept already, which is the most", maxPreferenceUsers)
		}
		f.Users = maps.Clone(f.Users)
		f.Users[user] = own
		return nil
	})
}

// forget forgets what is kept for a user, so that another one of the same name
// does not find it.
func (p *Preferences) forget(user string) error {
	if p.of(user).Own == nil {
		return nil
	}
	return p.change(func(f *preferencesFile) error {
		f.Users = maps.Clone(f.Users)
		delete(f.Users, user)
		return nil
	})
}

// share replaces what is everybody's, and returns what was.
func (p *Preferences) share(shared api.SharedPreferences) (before api.SharedPreferences, err error) {
	return before, p.change(func(f *preferencesFile) error {
		before, f.Shared = f.Shared, shared
		return nil
	})
}

// change applies fn and writes the file. When one of them fails, everything is
// as it was.
func (p *Preferences) change(fn func(*preferencesFile) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := p.kept
	if err := fn(&changed); err != nil {
		return err
	}
	if p.path != "" {
		text, err := json.Marshal(changed)
		if err == nil {
			err = replaceFile(p.path, append(text, '\n'))
		}
		if err != nil {
			return fmt.Errorf("preferences: %w", err)
		}
	}
	p.kept = changed
	return nil
}

// preferences serves what the console keeps for users, which is ours.
type preferences struct {
	kept  *Preferences
	apply func(api.Thresholds)
}

// read serves GET /v1/preferences. The user's own part comes back as it was
// written, whatever pretty says.
func (p preferences) read(c *call) (answer, error) {
	text, err := json.Marshal(p.kept.of(c.principal.User))
	return answer{body: text, header: http.Header{"Cache-Control": {"no-store"}}}, err
}

// keep serves PUT /v1/preferences: the user's own part, whatever the console
// writes there. Nobody can read or change another's.
func (p preferences) keep(c *call) (answer, error) {
	text, err := c.read(api.MaxPreferences)
	if err != nil {
		return answer{}, err
	}
	own, err := checkOwn(text)
	if err != nil {
		return answer{}, refuse(http.StatusBadRequest, "preferences: %v", err)
	}
	return answer{}, p.kept.keep(c.principal.User, own)
}

// share serves PUT /v1/preferences/shared.
func (p preferences) share(c *call) (answer, error) {
	var shared api.SharedPreferences
	if err := c.decodeStrictly(&shared, maxBody); err != nil {
		return answer{}, err
	}
	if err := checkShared(&shared); err != nil {
		return answer{}, err
	}
	before, err := p.kept.share(shared)
	if err != nil {
		return answer{}, err
	}
	c.record.Before, c.record.After = sharedSummary(before), sharedSummary(shared)
	p.apply(shared.Thresholds)
	return answer{}, nil
}

// sharedSummary is what the audit log keeps of shared preferences.
func sharedSummary(s api.SharedPreferences) map[string]any {
	names := make([]string, len(s.Views))
	for i, v := range s.Views {
		names[i] = v.Name
	}
	return map[string]any{"views": names, "thresholds": s.Thresholds}
}

// checkOwn returns text without its spaces when it is a JSON object that is not
// too deep for those who read it.
func checkOwn(text []byte) (json.RawMessage, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, err
	}
	own := b.Bytes()
	if len(own) == 0 || own[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	if len(own) > api.MaxPreferences {
		return nil, fmt.Errorf("larger than %d bytes", api.MaxPreferences)
	}
	depth := 0
	for d := json.NewDecoder(bytes.NewReader(own)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return own, nil
		}
		if err != nil {
			return nil, err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxPreferenceDepth {
				return nil, fmt.Errorf("nested more than %d deep", maxPreferenceDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// checkShared says what is wrong with what is meant for everybody.
func checkShared(s *api.SharedPreferences) error {
	if len(s.Views) > maxSharedViews {
		return refuse(http.StatusBadRequest, "at most %d views can be shared", maxSharedViews)
	}
	seen := map[string]bool{}
	for i := range s.Views {
		v := &s.Views[i]
		if err := checkView(v); err != nil {
			return refuse(http.StatusBadRequest, "view %d: %v", i+1, err)
		}
		if seen[v.Name] {
			return refuse(http.StatusBadRequest, "the view %q stands there twice", v.Name)
		}
		seen[v.Name] = true
	}
	return checkThresholds(s.Thresholds)
}

func checkView(v *api.SavedView) error {
	if v.Name == "" || len(v.Name) > maxViewName || v.Name != strings.TrimSpace(oneLine(v.Name)) {
		return fmt.Errorf("a name has 1 to %d bytes on one line, without spaces around it", maxViewName)
	}
	if _, err := view.Parse(v.Filter); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	if _, err := view.ParseSort(v.Sort); err != nil {
		return fmt.Errorf("sort: %w", err)
	}
	if len(v.Columns) > maxViewColumns {
		return fmt.Errorf("at most %d columns", maxViewColumns)
	}
	for _, name := range v.Columns {
		if name == "" || len(name) > maxColumnName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			return fmt.Errorf("%q is not the name of a column", clip(name))
		}
	}
	return nil
}

func checkThresholds(t api.Thresholds) error {
	for name, seconds := range map[string]float64{"long_query": t.LongQuery, "long_transaction": t.LongTransaction, "lag": t.Lag} {
		if seconds != 0 && !(seconds >= 1 && seconds <= longestThreshold) {
			return refuse(http.StatusBadRequest, "%s=%g is not a number of seconds from 1 to %d, or 0 for the default", name, seconds, longestThreshold)
		}
	}
	return nil
}

// setThresholds tells the engine from when on sessions are worth a look.
func (a *Admin) setThresholds(t api.Thresholds) {
	span := func(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
	a.engine.SetThresholds(engine.Thresholds{LongQuery: span(t.LongQuery), LongTransaction: span(t.LongTransaction)})
}

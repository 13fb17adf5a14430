package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Grants are what is allowed to things that are no users: the displays that are
// paired, and the keys with which other products embed pages. They live in a
// JSON file that is replaced as a whole and may be changed by another process,
// such as `signalbox embed-key revoke`: it is read again when it has changed.
// Of a display's token the file has a hash; the secrets of embed keys are in
// it, because signatures cannot be checked without.
//
// # Concurrency
//
// All methods may be called concurrently. Two processes that change the file in
// the same instant may lose one of the two changes.
type Grants struct {
	path string
	now  func() time.Time

	mu      sync.Mutex     // guards what follows
	kept    grantsFile     // replaced as a whole, never changed
	used    map[string]use // by id
	written time.Time      // when the file was, with the last use of everything
	checked time.Time      // when the file was looked at
	stamp   os.FileInfo    // of the file that was read
}

type grantsFile struct {
	Displays []screen   `json:"displays"`
	Keys     []EmbedKey `json:"embed_keys"`
}

// use is when and from where something was last used. It is written to the file
// now and then only.
type use struct {
	at      time.Time
	address string
}

const (
	maxGrantsFile = 4 << 20
	maxGrantName  = 64               // bytes
	useWritten    = 10 * time.Minute // at most so often
)

// OpenGrants reads the file at path, which need not exist. With an empty path
// the grants live in memory only.
func OpenGrants(path string) (*Grants, error) {
	g := &Grants{path: path, now: time.Now, used: map[string]use{}, written: time.Now()}
	if err := g.readLocked(); err != nil {
		return nil, err
	}
	return g, nil
}

// readLocked replaces the grants by those in the file if it has changed.
func (g *Grants) readLocked() error {
	if g.path == "" {
		return nil
	}
	g.checked = g.now()
	stamp, err := os.Stat(g.path)
	if errors.Is(err, fs.ErrNotExist) {
		g.kept, g.stamp = grantsFile{}, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("grants: %w", err)
	}
	if g.stamp != nil && os.SameFile(stamp, g.stamp) && stamp.ModTime().Equal(g.stamp.ModTime()) && stamp.Size() == g.stamp.Size() {
		return nil
	}
	if stamp.Size() > maxGrantsFile {
		return fmt.Errorf("grants: %s: larger than %d bytes", g.path, maxGrantsFile)
	}
	text, err := os.ReadFile(g.path)
	if err != nil {
		return fmt.Errorf("grants: %w", err)
	}
	kept, err := parseGrants(text)
	if err != nil {
		return fmt.Errorf("grants: %s: %w", g.path, err)
	}
	g.kept, g.stamp = kept, stamp
	return nil
}

func parseGrants(text []byte) (grantsFile, error) {
	var f grantsFile
	if err := json.Unmarshal(text, &f); err != nil {
		return f, err
	}
	seen := map[string]bool{}
	for i := range f.Displays {
		if s := &f.Displays[i]; s.ID == "" || len(s.Hash) != len(hashOf("")) || seen[s.ID] {
			return f, fmt.Errorf("display %d: it has no id or no hash, or another one has its id", i+1)
		}
		seen[f.Displays[i].ID] = true
	}
	for i := range f.Keys {
		k := &f.Keys[i]
		if k.ID == "" || !isSecret(keySecret, k.Secret) || seen[k.ID] {
			return f, fmt.Errorf("embed key %d: it has no id or no secret, or another one has its id", i+1)
		}
		if err := k.check(); err != nil {
			return f, fmt.Errorf("embed key %s: %w", k.ID, err)
		}
		seen[k.ID] = true
	}
	return f, nil
}

// snapshot returns the grants as they are in the file, at most a moment ago. A
// file that has become unreadable leaves them as they were.
func (g *Grants) snapshot() grantsFile {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Sub(g.checked) >= usersCheck {
		_ = g.readLocked()
	}
	return g.kept
}

// change applies fn to a copy of the grants as they are in the file now, and
// writes it.
func (g *Grants) change(fn func(*grantsFile) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.readLocked(); err != nil {
		return err
	}
	changed := grantsFile{slices.Clone(g.kept.Displays), slices.Clone(g.kept.Keys)}
	if err := fn(&changed); err != nil {
		return err
	}
	return g.writeLocked(changed)
}

func (g *Grants) writeLocked(changed grantsFile) error {
	g.written = g.now()
	for i := range changed.Displays {
		s := &changed.Displays[i]
		if u, ok := g.used[s.ID]; ok {
			s.Seen, s.Address = u.at, u.address
		}
	}
	for i := range changed.Keys {
		k := &changed.Keys[i]
		if u, ok := g.used[k.ID]; ok {
			k.Used = u.at
		}
	}
	if g.path != "" {
		text, err := json.MarshalIndent(changed, "", "  ")
		if err == nil {
			err = replaceFile(g.path, append(text, '\n'))
		}
		if err != nil {
			return fmt.Errorf("grants: %w", err)
		}
		if g.stamp, err = os.Stat(g.path); err != nil {
			return fmt.Errorf("grants: %w", err)
		}
	}
	g.kept = changed
	return nil
}

// note remembers that what has an id is used, and now and then writes that down.
// What cannot be written is remembered all the same.
func (g *Grants) note(id, address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.used[id] = use{now, address}
	if now.Sub(g.written) < useWritten {
		return
	}
	g.written = now
	if g.readLocked() == nil {
		_ = g.writeLocked(grantsFile{slices.Clone(g.kept.Displays), slices.Clone(g.kept.Keys)})
	}
}

// lastUse returns when and from where what has an id was last used.
func (g *Grants) lastUse(id string, at time.Time, address string) (time.Time, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if u, ok := g.used[id]; ok {
		return u.at, u.address
	}
	return at, address
}

// checkGrantName accepts a name that fits on one line of a list.
func checkGrantName(what, name string) error {
	if name == "" || len(name) > maxGrantName || name != strings.TrimSpace(oneLine(name)) {
		return badAccount("%s: give 1 to %d bytes on one line, without spaces around", what, maxGrantName)
	}
	return nil
}

package server

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Role is what a user may do.
type Role string

// The roles. Users have one of the first two, MaxScale's words.
const (
	RoleAdmin   Role = "admin"   // may change everything
	RoleBasic   Role = "basic"   // may read
	RoleDisplay Role = "display" // a wall: counts and names
	RoleEmbed   Role = "embed"   // a page inside another product: what its token says
)

// Principal is who makes a request. A host application fills in what it knows:
// without a role one may read, and without the rest one sees everything.
//
// Whoever is redacted or locked in sees live sessions only, and without Locked
// the configured objects and their rates, and can change nothing whatever the
// role: that is all for which the server can promise it.
type Principal struct {
	User   string
	Role   Role   // "" is RoleBasic
	Redact bool   // no SQL text is shown: statements, log lines, errors, parameters
	Locked string // filter in the language of package api/view that every session passes which is shown; "" for all

	// Of an embed token.
	service string   // the only one, for objects; "" for all
	scopes  []string // of api.EmbedScopes
	view    string
}

// Users are the accounts of the REST API and the console. They live in a JSON
// file that is replaced as a whole and may be changed by another process, such
// as `signalbox user create`: it is read again when it has changed.
//
// # Concurrency
//
// All methods may be called concurrently. Two processes that change the file in
// the same instant may lose one of the two changes.
type Users struct {
	path string
	now  func() time.Time
	key  []byte // of the verified credentials

	mu       sync.Mutex // guards what follows
	users    map[string]*user
	checked  time.Time   // when the file was looked at
	stamp    os.FileInfo // of the file that was read
	logins   map[string]time.Time
	verified map[string]verified // credentials that were right a moment ago
}

// user is one account in the file.
type user struct {
	Name    string     `json:"name"`
	Role    Role       `json:"account"`
	Hash    string     `json:"password"` // argon2id, PHC string
	Created time.Time  `json:"created"`
	Updated *time.Time `json:"last_update,omitempty"`
}

// verified remembers that credentials were right, so that a script that polls
// with Basic costs one argon2id a while and not one per request.
type verified struct {
	hash  string // of the account then: a changed password ends it
	until time.Time
}

const (
	usersCheck      = time.Second     // how often a change of the file is looked for
	verifiedFor     = 5 * time.Minute // how long right credentials are remembered
	maxVerified     = 1024
	maxUsersFile    = 4 << 20 // bytes
	maxUserName     = 64      // bytes
	usersFileMode   = 0o600
	usersFolderMode = 0o700
)

// Errors of Users. What they say is meant for the one who asked.
var (
	ErrUserExists = errors.New("user exists already")
	ErrNoUser     = errors.New("no such user")
	ErrLastAdmin  = errors.New("the last admin cannot be removed")
)

// OpenUsers reads the accounts in the file at path, which need not exist. With
// an empty path the accounts live in memory only.
func OpenUsers(path string) (*Users, error) {
	u := &Users{path: path, now: time.Now, key: make([]byte, 32), logins: map[string]time.Time{}, verified: map[string]verified{}}
	_, _ = rand.Read(u.key)
	u.users = map[string]*user{}
	if err := u.read(); err != nil {
		return nil, err
	}
	return u, nil
}

// change applies fn to the accounts as they are in the file now and writes them.
func (u *Users) change(fn func(users map[string]*user) error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.read(); err != nil {
		return err
	}
	changed := make(map[string]*user, len(u.users)+1)
	for name, account := range u.users {
		copied := *account
		changed[name] = &copied
	}
	if err := fn(changed); err != nil {
		return err
	}
	if err := u.write(changed); err != nil {
		return fmt.Errorf("users: %w", err)
	}
	u.users = changed
	return nil
}

// Create adds an account. The error is ErrUserExists, or says what is wrong
// with the name, the password or the role.
func (u *Users) Create(name, password string, role Role) error {
	if err := checkAccount(name, password, role); err != nil {
		return err
	}
	account := &user{Name: name, Role: role, Hash: hashPassword(password), Created: u.now().UTC().Truncate(time.Second)}
	return u.change(func(users map[string]*user) error {
		if users[name] != nil {
			return fmt.Errorf("%s: %w", name, ErrUserExists)
		}
		users[name] = account
		return nil
	})
}

// createFirst adds the first admin; the error is ErrUserExists when there is a
// user already.
func (u *Users) createFirst(name, password string) error {
	if err := checkAccount(name, password, RoleAdmin); err != nil {
		return err
	}
	account := &user{Name: name, Role: RoleAdmin, Hash: hashPassword(password), Created: u.now().UTC().Truncate(time.Second)}
	return u.change(func(users map[string]*user) error {
		if len(users) > 0 {
			return ErrUserExists
		}
		users[name] = account
		return nil
	})
}

// SetPassword changes a password. Logins that were made with the old one end.
// The error is ErrNoUser, or says what is wrong with the password.
func (u *Users) SetPassword(name, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash := hashPassword(password)
	return u.change(func(users map[string]*user) error {
		account := users[name]
		if account == nil {
			return fmt.Errorf("%s: %w", name, ErrNoUser)
		}
		updated := u.now().UTC().Truncate(time.Second)
		account.Hash, account.Updated = hash, &updated
		return nil
	})
}

// Delete removes an account. The error is ErrNoUser or ErrLastAdmin.
func (u *Users) Delete(name string) error {
	return u.change(func(users map[string]*user) error {
		account := users[name]
		if account == nil {
			return fmt.Errorf("%s: %w", name, ErrNoUser)
		}
		delete(users, name)
		if account.Role != RoleAdmin {
			return nil
		}
		for _, other := range users {
			if other.Role == RoleAdmin {
				return nil
			}
		}
		return ErrLastAdmin
	})
}

// list returns copies of all accounts, sorted by name, and when each logged in
// last.
func (u *Users) list() ([]user, map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refresh()
	all := make([]user, 0, len(u.users))
	logins := make(map[string]time.Time, len(u.logins))
	for name, account := range u.users {
		all = append(all, *account)
		if at, ok := u.logins[name]; ok {
			logins[name] = at
		}
	}
	slices.SortFunc(all, func(a, b user) int { return strings.Compare(a.Name, b.Name) })
	return all, logins
}

// none says whether there is no account at all.
func (u *Users) none() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refresh()
	return len(u.users) == 0
}

// find returns the account as it is now.
func (u *Users) find(name string) (user, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refresh()
	account := u.users[name]
	if account == nil {
		return user{}, false
	}
	return *account, true
}

// remembered says whether these credentials were right a moment ago, and still
// are.
func (u *Users) remembered(name, password string) (user, bool) {
	fingerprint := u.fingerprint(name, password)
	account, ok := u.find(name)
	if !ok {
		return user{}, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	known, ok := u.verified[fingerprint]
	return account, ok && known.hash == account.Hash && u.now().Before(known.until)
}

// verify checks a password. It takes the same time for a user that does not
// exist.
func (u *Users) verify(name, password string) (user, bool) {
	account, exists := u.find(name)
	hash := nobody
	if exists {
		if parsed, err := parseHash(account.Hash); err == nil {
			hash = parsed
		}
	}
	if !hash.matches(password) || !exists {
		return user{}, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.verified) >= maxVerified {
		clear(u.verified)
	}
	u.verified[u.fingerprint(name, password)] = verified{account.Hash, u.now().Add(verifiedFor)}
	u.logins[name] = u.now()
	return account, true
}

// fingerprint stands for credentials in memory. Its key is random per process.
func (u *Users) fingerprint(name, password string) string {
	h := hmac.New(sha256.New, u.key)
	_, _ = fmt.Fprintf(h, "%d:%s:%s", len(name), name, password)
	return string(h.Sum(nil))
}

// accountError says what is wrong with a name, a password or a role, in words
// for the one who gave it.
type accountError struct{ text string }

func (e *accountError) Error() string { return e.text }

func badAccount(format string, args ...any) error {
	return &accountError{fmt.Sprintf(format, args...)}
}

func checkAccount(name, password string, role Role) error {
	if err := checkUserName(name); err != nil {
		return err
	}
	if err := checkRole(role); err != nil {
		return err
	}
	return checkPassword(password)
}

// checkUserName accepts what cannot be mistaken for something else in a URL, a
// log or a Basic header.
func checkUserName(name string) error {
	if name == "" || len(name) > maxUserName {
		return badAccount("a user name needs 1 to %d characters", maxUserName)
	}
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._@-", c)) {
			return badAccount("%q: a user name has letters, digits and . _ @ - only", name)
		}
	}
	return nil
}

func checkRole(role Role) error {
	if role != RoleAdmin && role != RoleBasic {
		return badAccount("%q is not an account type: admin or basic", string(role))
	}
	return nil
}

package auth

import "errors"

// The names of the plugins.
const (
	NativePassword = "mysql_native_password"
	Ed25519        = "client_ed25519" // the client's name; a server calls it ed25519
	CachingSHA2    = "caching_sha2_password"
	SHA256         = "sha256_password" // of servers only, its predecessor
	ClearPassword  = "mysql_clear_password"
)

// ErrDenied is the answer to a proof that is wrong. It does not say why.
var ErrDenied = errors.New("access denied")

// Method is an authentication plugin on the server's side.
type Method interface {
	// Name returns the name by which the client knows the plugin.
	Name() string
	// Begin starts one client's login.
	Begin() Challenge
}

// Challenge is one login under way.
type Challenge interface {
	// Data returns what the server says first, as it goes on the wire: the salt,
	// for most plugins with a NUL byte behind it.
	Data() []byte
	// Verify takes what the client said last. The error is ErrDenied, or says
	// what makes the proof impossible. After ErrDenied the same answer may be
	// tried again with another account.
	Verify(account Account, response []byte) (Verdict, error)
}

// Verdict is what a Challenge makes of an answer.
type Verdict struct {
	// Say is to be sent as a wire.AuthMore, unless it is nil. If the login is
	// not Done, Verify gets what the client answers to it.
	Say []byte
	// Done says that the client has proved to be the account's, and has left
	// Secret.
	Done   bool
	Secret Secret
	// Unproved says that there was nothing to check Secret with: only a server
	// that takes it can tell whether it is right.
	Unproved bool
}

// check judges a password by what the account's server stores. It cannot tell,
// and says that the password is unproved, when the plugin is one that stores
// something else.
func (a *Account) check(password string) (Verdict, error) {
	ok, judged, err := false, true, error(nil)
	switch {
	case a.Plugin == "" || a.Plugin == NativePassword:
		var hash Hash
		hash, err = ParseNativeHash(a.Hash)
		ok = hash == HashOf(password)
	case isEd25519(a.Plugin):
		ok = a.Hash == Ed25519Hash(password)
	case a.Plugin == CachingSHA2 && a.Hash == "":
		ok = password == ""
	case a.Plugin == CachingSHA2:
		ok, err = checkSHA2Hash(a.Hash, password)
	default:
		judged = false
	}
	switch {
	case err != nil:
		return Verdict{}, err
	case judged && !ok:
		return Verdict{}, ErrDenied
	}
	return Verdict{Done: true, Secret: SecretOf(password), Unproved: !judged}, nil
}

// Clear is mysql_clear_password, for connections on which nobody can listen.
type Clear struct{}

// Name returns "mysql_clear_password".
func (Clear) Name() string { return ClearPassword }

// Begin starts a login, which needs no salt.
func (Clear) Begin() Challenge { return clearChallenge{} }

type clearChallenge struct{}

func (clearChallenge) Data() []byte { return nil }

func (clearChallenge) Verify(account Account, response []byte) (Verdict, error) {
	return account.check(withoutNUL(response))
}

// withoutNUL returns a password without the NUL byte that clients put behind it.
func withoutNUL(b []byte) string {
	if n := len(b); n > 0 && b[n-1] == 0 {
		b = b[:n-1]
	}
	return string(b)
}

package auth

import (
	"errors"
	"fmt"
)

// The names of the plugins.
const (
	NativePassword = "mysql_native_password"
	Ed25519        = "client_ed25519" // the client's name; a server calls it ed25519
	CachingSHA2    = "caching_sha2_password"
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
	// Data returns what the server says first: the salt, without the NUL byte
	// that goes behind it on the wire.
	Data() []byte
	// Verify takes what the client said last. When more is not nil, it is sent
	// as a wire.AuthMore and Verify is called with what the client answers to
	// it. Otherwise the client has proved to be the account's, and left s, or
	// err is ErrDenied, or says what makes the proof impossible.
	Verify(account Account, response []byte) (s Secret, more []byte, err error)
}

// MethodFor returns the method for accounts with a plugin, by the name under
// which the server stores it. The empty name is mysql_native_password's.
func MethodFor(plugin string) (Method, error) {
	switch plugin {
	case "", NativePassword:
		return Native{}, nil
	case "ed25519", Ed25519:
		return EdDSA{}, nil
	}
	return nil, fmt.Errorf("authentication plugin %s: not supported: use mysql_native_password or ed25519", plugin)
}

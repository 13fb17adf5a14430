package auth

import (
	"crypto/sha1"
	"fmt"
	"io"
)

// Secret is what it takes to log in to a server. The zero value logs in with
// the empty password. It never prints what it holds.
type Secret struct {
	stage1   [sha1.Size]byte // SHA1(password)
	native   bool            // stage1 is known
	password string          // known only when it was configured
	opaque   bool            // proved in a way that reveals nothing
}

// SecretOf returns the secret of a known password, which serves every plugin.
func SecretOf(password string) Secret {
	if password == "" {
		return Secret{}
	}
	return Secret{stage1: sha1.Sum([]byte(password)), native: true, password: password}
}

// Format writes "[secret]" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, "[secret]") }

// Empty tells whether it is the secret of the empty password.
func (s Secret) Empty() bool { return s == Secret{} }

// NativeResponse returns the proof for mysql_native_password: 20 bytes, or none
// when the password is empty.
func (s Secret) NativeResponse(salt []byte) []byte {
	if !s.native {
		return nil
	}
	return nativeToken(s.stage1, sha1.Sum(s.stage1[:]), salt)
}

// Respond returns what to answer to a server that asks by a plugin's name and
// salt. It fails when the plugin is not known or s does not suffice for it.
// The clear password is never given away.
func (s Secret) Respond(plugin string, salt []byte) ([]byte, error) {
	if s.Empty() && (plugin == NativePassword || plugin == CachingSHA2) {
		return nil, nil
	}
	known := s.Empty() || s.password != ""
	switch {
	case plugin == NativePassword && s.native:
		return s.NativeResponse(salt), nil
	case plugin == Ed25519 && known:
		return signEd25519(s.password, salt), nil
	case plugin == CachingSHA2 && known:
		return CachingSHA2Scramble(s.password, salt), nil
	case plugin == NativePassword, plugin == Ed25519, plugin == CachingSHA2:
		return nil, fmt.Errorf("authentication plugin %s: the client's login does not reveal what the server asks for", plugin)
	}
	return nil, fmt.Errorf("authentication plugin %s: not supported: use mysql_native_password for the account on the server", plugin)
}

package auth

import (
	"crypto/sha1"
	"fmt"
	"io"
)

// Secret is what it takes to log in to a server. The zero value logs in with
// the empty password. It never prints what it holds, not even as a field of
// something else.
type Secret struct{ box *box }

// box stands between a Secret and what it holds, because package fmt looks
// through one pointer, but not through two.
type box struct{ *held }

// held is what a Secret holds. It never changes.
type held struct {
	password string          // "" when it is not known
	stage1   [sha1.Size]byte // SHA1(password)
	native   bool            // stage1 is known
}

// opaque is held by a Secret that serves no server.
var opaque = &box{&held{}}

// SecretOf returns the secret of a known password, which serves every plugin.
func SecretOf(password string) Secret {
	if password == "" {
		return Secret{}
	}
	return Secret{&box{&held{stage1: sha1.Sum([]byte(password)), native: true, password: password}}}
}

// Opaque returns the secret of somebody who has proved to be who they are
// without revealing anything: it serves no server.
func Opaque() Secret { return Secret{opaque} }

// Format writes "[secret]" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// Empty tells whether it is the secret of the empty password.
func (s Secret) Empty() bool { return s.box == nil }

// Opaque tells whether it serves no server.
func (s Secret) Opaque() bool { return s.box == opaque }

// NativeResponse returns the proof for mysql_native_password: 20 bytes, or none
// when the password is empty or not known well enough.
func (s Secret) NativeResponse(salt []byte) []byte {
	if !s.native() {
		return nil
	}
	return nativeToken(s.box.stage1, sha1.Sum(s.box.stage1[:]), salt)
}

func (s Secret) native() bool { return s.box != nil && s.box.held.native }

// password returns the password itself, if it is known.
func (s Secret) password() (password string, known bool) {
	if s.Empty() {
		return "", true
	}
	return s.box.held.password, s.box.held.password != ""
}

package auth

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/signalbox/signalbox/engine/wire"
)

// Hash is what a server stores of a password for mysql_native_password:
// SHA1(SHA1(password)). The zero value stands for the empty password.
type Hash [sha1.Size]byte

// HashOf returns the hash of a password.
func HashOf(password string) Hash {
	if password == "" {
		return Hash{}
	}
	stage1 := sha1.Sum([]byte(password))
	return sha1.Sum(stage1[:])
}

// ParseNativeHash reads a hash as servers store it: "*" and 40 hexadecimal
// digits, or nothing for the empty password.
func ParseNativeHash(s string) (Hash, error) {
	var h Hash
	if s == "" {
		return h, nil
	}
	if len(s) != 1+2*len(h) || s[0] != '*' {
		return h, fmt.Errorf("password hash of %d characters: want * and %d hexadecimal digits", len(s), 2*len(h))
	}
	if _, err := hex.Decode(h[:], []byte(s[1:])); err != nil {
		return Hash{}, fmt.Errorf("password hash: want * and %d hexadecimal digits: one is none", 2*len(h))
	}
	return h, nil
}

// String returns the hash as servers store it.
func (h Hash) String() string {
	if h == (Hash{}) {
		return ""
	}
	return fmt.Sprintf("*%X", h[:])
}

// NativeScramble returns a client's proof for mysql_native_password, none when
// the password is empty.
func NativeScramble(password string, salt []byte) []byte {
	return SecretOf(password).NativeResponse(salt)
}

// VerifyNative checks a client's proof against the stored hash and recovers
// SHA1(password) from it.
func VerifyNative(hash Hash, salt, response []byte) (Secret, bool) {
	if hash == (Hash{}) {
		return Secret{}, len(response) == 0
	}
	if len(response) != sha1.Size {
		return Secret{}, false
	}
	h := &held{native: true}
	// The proof is SHA1(password) under a mask that only the hash and the salt
	// make, so that to apply the mask again is to take it off.
	copy(h.stage1[:], nativeToken([sha1.Size]byte(response), hash, salt))
	stage2 := sha1.Sum(h.stage1[:])
	if subtle.ConstantTimeCompare(stage2[:], hash[:]) != 1 {
		return Secret{}, false
	}
	return Secret{&box{h}}, true
}

// nativeToken returns stage1 XOR SHA1(salt + stage2).
func nativeToken(stage1 [sha1.Size]byte, stage2 Hash, salt []byte) []byte {
	var salted [wire.SaltSize + sha1.Size]byte
	n := copy(salted[:], salt[:min(len(salt), wire.SaltSize)])
	n += copy(salted[n:], stage2[:])
	token := sha1.Sum(salted[:n])
	subtle.XORBytes(token[:], token[:], stage1[:])
	return token[:]
}

// Native is mysql_native_password.
type Native struct{}

// Name returns "mysql_native_password".
func (Native) Name() string { return NativePassword }

// Begin starts a login with a fresh salt.
func (Native) Begin() Challenge { return NativeChallenge(NewSalt()) }

// NativeChallenge is a login with mysql_native_password, by its salt.
type NativeChallenge [wire.SaltSize]byte

// Data returns the salt and a NUL byte.
func (c NativeChallenge) Data() []byte { return append(c[:], 0) }

// Verify checks the proof in one step.
func (c NativeChallenge) Verify(account Account, response []byte) (Verdict, error) {
	hash, err := ParseNativeHash(account.Hash)
	if err != nil {
		return Verdict{}, err
	}
	s, ok := VerifyNative(hash, c[:], response)
	if !ok {
		return Verdict{}, ErrDenied
	}
	return Verdict{Done: true, Secret: s}, nil
}

// NewSalt returns random bytes for a greeting.
func NewSalt() [wire.SaltSize]byte {
	var salt [wire.SaltSize]byte
	rand.Read(salt[:])
	return printable(salt)
}

// Salts makes the salts of connections. That of a connection is made again when
// it is needed again, so that nobody has to keep it.
type Salts struct{ key [sha256.Size]byte }

// NewSalts returns salts that nobody can foresee.
func NewSalts() Salts {
	var s Salts
	rand.Read(s.key[:])
	return s
}

// Of returns the salt of a connection, by its id.
func (s *Salts) Of(id uint64) [wire.SaltSize]byte {
	// What is hashed is always as long, so that nobody can go on from one hash to
	// another, which is what HMAC would prevent.
	var keyed [sha256.Size + 8]byte
	copy(keyed[:], s.key[:])
	binary.BigEndian.PutUint64(keyed[sha256.Size:], id)
	sum := sha256.Sum256(keyed[:])
	return printable([wire.SaltSize]byte(sum[:wire.SaltSize]))
}

// printable makes no byte of a salt NUL or '$', which some clients would take
// for the end.
func printable(salt [wire.SaltSize]byte) [wire.SaltSize]byte {
	for i, c := range salt {
		if c &= 0x7f; c == 0 || c == '$' {
			c++
		}
		salt[i] = c & 0x7f
	}
	return salt
}

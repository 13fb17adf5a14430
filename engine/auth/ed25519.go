package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"fmt"

	"filippo.io/edwards25519"
)

// edNonceSize is the length of what a server has signed.
const edNonceSize = 32

// EdDSA is MariaDB's ed25519. A proof in it reveals nothing with which to log
// in elsewhere: the Secret that it leaves serves no server.
type EdDSA struct{}

// Name returns "client_ed25519".
func (EdDSA) Name() string { return Ed25519 }

// Begin starts a login with a fresh nonce.
func (EdDSA) Begin() Challenge {
	c := edChallenge{}
	rand.Read(c[:])
	return c
}

// isEd25519 tells whether a server's or a client's name of a plugin is ed25519's.
func isEd25519(plugin string) bool { return plugin == "ed25519" || plugin == Ed25519 }

type edChallenge [edNonceSize]byte

// Data returns the nonce alone: clients want it to be the whole packet.
func (c edChallenge) Data() []byte { return c[:] }

func (c edChallenge) Verify(account Account, response []byte) (Verdict, error) {
	key, err := base64.RawStdEncoding.DecodeString(account.Hash)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return Verdict{}, fmt.Errorf("ed25519 public key of %d characters: want 43 in base64", len(account.Hash))
	}
	if len(response) != ed25519.SignatureSize || !ed25519.Verify(key, c[:], response) {
		return Verdict{}, ErrDenied
	}
	return Verdict{Done: true, Secret: Opaque()}, nil
}

// signEd25519 signs a nonce with the key that is made from a password: the
// key's seed is the password itself, of any length, and not 32 random bytes
// (plugin/auth_ed25519), which is why crypto/ed25519 cannot do it.
func signEd25519(password string, nonce []byte) []byte {
	key, prefix, public := edKey(password)
	r := edScalar(prefix, nonce)
	point := new(edwards25519.Point).ScalarBaseMult(r).Bytes()
	k := edScalar(point, public, nonce)
	s := edwards25519.NewScalar().MultiplyAdd(k, key, r)
	return append(point, s.Bytes()...)
}

// Ed25519Hash returns what a server stores of a password for ed25519.
func Ed25519Hash(password string) string {
	_, _, public := edKey(password)
	return base64.RawStdEncoding.EncodeToString(public)
}

func edKey(password string) (key *edwards25519.Scalar, prefix, public []byte) {
	h := sha512.Sum512([]byte(password))
	key, err := edwards25519.NewScalar().SetBytesWithClamping(h[:32])
	if err != nil {
		panic("auth: " + err.Error()) // 32 bytes are always right
	}
	return key, h[32:], new(edwards25519.Point).ScalarBaseMult(key).Bytes()
}

func edScalar(parts ...[]byte) *edwards25519.Scalar {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	s, err := edwards25519.NewScalar().SetUniformBytes(h.Sum(nil))
	if err != nil {
		panic("auth: " + err.Error()) // 64 bytes are always right
	}
	return s
}

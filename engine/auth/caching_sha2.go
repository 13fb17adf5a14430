package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/signalbox/signalbox/engine/wire"
)

// What the two sides of caching_sha2_password say to each other beside proofs
// and passwords (sha2_password_common and sql/auth/sha2_password.cc of MySQL).
const (
	shaAskKey byte = 2 // client: send the public key
	shaKnown  byte = 3 // server: the proof is right
	shaFull   byte = 4 // server: the password itself is needed
)

// sha256AskKey is the client's wish for the key in sha256_password, which has
// neither a proof nor a cache: the password comes at once, over TLS as it is.
const sha256AskKey byte = 1

// CachingSHA2Scramble returns a client's first proof for
// caching_sha2_password, none when the password is empty:
// SHA256(password) XOR SHA256(SHA256(SHA256(password)) + salt), with the
// concatenation inside of the outermost hash. The server
// accepts it when it has the account in its cache; otherwise it asks for the
// password itself.
func CachingSHA2Scramble(password string, salt []byte) []byte {
	if password == "" {
		return nil
	}
	stage1 := sha256.Sum256([]byte(password))
	return shaToken(stage1, sha256.Sum256(stage1[:]), salt)
}

// shaToken returns stage1 XOR SHA256(stage2 + salt).
func shaToken(stage1, stage2 [sha256.Size]byte, salt []byte) []byte {
	h := sha256.New()
	h.Write(stage2[:])
	h.Write(salt[:min(len(salt), wire.SaltSize)])
	token := h.Sum(nil)
	subtle.XORBytes(token, token, stage1[:])
	return token
}

// SHA2 is caching_sha2_password. It asks for the password itself, unless Cache
// knows the client, and so serves accounts of every plugin: the password is
// checked against whatever the account's server stores.
type SHA2 struct {
	// Secure says that nobody can listen, so that the password may come in the
	// clear.
	Secure bool
	// Key returns the key with which a client encrypts its password otherwise.
	Key func() (*rsa.PrivateKey, error)
	// Cache may be nil.
	Cache *Cache
}

// Name returns "caching_sha2_password".
func (SHA2) Name() string { return CachingSHA2 }

// Begin starts a login with a fresh salt.
func (m SHA2) Begin() Challenge { return &shaChallenge{SHA2: m, salt: NewSalt()} }

// shaChallenge is a login with caching_sha2_password.
type shaChallenge struct {
	SHA2
	salt [wire.SaltSize]byte
	full bool // the password itself has been asked for
	sent bool // the key has been sent, so that the password comes encrypted
}

func (c *shaChallenge) Data() []byte { return append(c.salt[:], 0) }

func (c *shaChallenge) Verify(account Account, response []byte) (Verdict, error) {
	if c.full {
		return c.password(account, response)
	}
	if len(response) == 0 || len(response) == 1 && response[0] == 0 {
		return account.check("")
	}
	if len(response) != sha256.Size {
		return Verdict{}, ErrDenied
	}
	if v, ok := c.Cache.open(&account, c.salt[:], response); ok {
		v.Say = []byte{shaKnown}
		return v, nil
	}
	c.full = true
	return Verdict{Say: []byte{shaFull}}, nil
}

// password takes the password, or the client's wish for a key to encrypt it
// with, which some clients have on a unix socket, too.
func (c *shaChallenge) password(account Account, response []byte) (Verdict, error) {
	response = bytes.Clone(response)                      // Verify may get it again
	ask := len(response) == 1 && response[0] == shaAskKey // no password, which would end with NUL
	if ask || c.sent || !c.Secure {
		key, err := c.Key()
		if err != nil {
			return Verdict{}, err
		}
		if ask {
			c.sent = true
			public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
			if err != nil {
				return Verdict{}, fmt.Errorf("RSA key: %w", err)
			}
			return Verdict{Say: pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})}, nil
		}
		if response, err = rsa.DecryptOAEP(sha1.New(), nil, key, response, nil); err != nil {
			return Verdict{}, errors.New("caching_sha2_password: the client's password is not encrypted with the listener's key; let it log in over TLS, or ask for the key (--get-server-public-key)")
		}
		xorSalt(response, c.salt[:])
	}
	password := withoutNUL(response)
	v, err := account.check(password)
	if err == nil {
		c.Cache.keep(&account, password, v.Unproved)
	}
	return v, err
}

// xorSalt puts the salt, again and again, over what is encrypted.
func xorSalt(b, salt []byte) {
	for i := range b {
		b[i] ^= salt[i%len(salt)]
	}
}

// encryptPassword encrypts a password for a server that has sent its public
// key.
func encryptPassword(password string, salt, key []byte) ([]byte, error) {
	block, _ := pem.Decode(bytes.TrimSpace(key))
	if block == nil {
		return nil, errors.New("authentication: the server sends no public key in PEM form")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("authentication: public key of the server: %w", err)
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok || len(salt) == 0 {
		return nil, fmt.Errorf("authentication: the server sends a key of type %T and %d bytes of salt, want an RSA key and %d", parsed, len(salt), wire.SaltSize)
	}
	plain := append([]byte(password), 0)
	xorSalt(plain, salt)
	return rsa.EncryptOAEP(sha1.New(), rand.Reader, public, plain, nil)
}

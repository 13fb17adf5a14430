package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
)

// maxCached is how many accounts a Cache knows at most.
const maxCached = 10000

// Cache lets clients that have once given their password to
// caching_sha2_password log in again by a proof. It holds nothing that would
// log in anywhere: a password is sealed with a key that only the proof of the
// one who knows it reveals. The zero value is empty. It may be used by any
// goroutine.
type Cache struct {
	mu      sync.Mutex // guards what follows
	entries map[cacheKey]cacheEntry
}

// cacheKey is an account as it was when the password was right. With another
// hash it is another account.
type cacheKey struct{ user, host, plugin, hash string }

type cacheEntry struct {
	stage2 [sha256.Size]byte // SHA256(SHA256(password))
	sealed []byte

	unproved bool // see Verdict
}

func keyOf(a *Account) cacheKey { return cacheKey{a.User, a.Host, a.Plugin, a.Hash} }

// keep notes that the password is the account's, or may be.
func (c *Cache) keep(account *Account, password string, unproved bool) {
	if c == nil || password == "" {
		return
	}
	stage1 := sha256.Sum256([]byte(password))
	seal := sealer(stage1)
	nonce := make([]byte, seal.NonceSize(), seal.NonceSize()+len(password)+seal.Overhead())
	rand.Read(nonce)
	entry := cacheEntry{
		stage2: sha256.Sum256(stage1[:]), sealed: seal.Seal(nonce, nonce, []byte(password), nil), unproved: unproved,
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[cacheKey]cacheEntry)
	}
	for key := range c.entries { // any one
		if len(c.entries) < maxCached {
			break
		}
		delete(c.entries, key)
	}
	c.entries[keyOf(account)] = entry
}

// open returns what is known of the account, if the proof is right.
func (c *Cache) open(account *Account, salt, proof []byte) (v Verdict, ok bool) {
	if c == nil {
		return v, false
	}
	c.mu.Lock()
	entry, ok := c.entries[keyOf(account)]
	c.mu.Unlock()
	if !ok || len(proof) != sha256.Size {
		return v, false
	}
	// As in VerifyNative, applying the mask again takes it off.
	stage1 := [sha256.Size]byte(shaToken([sha256.Size]byte(proof), entry.stage2, salt))
	stage2 := sha256.Sum256(stage1[:])
	if subtle.ConstantTimeCompare(stage2[:], entry.stage2[:]) != 1 {
		return v, false
	}
	seal := sealer(stage1)
	plain, err := seal.Open(nil, entry.sealed[:seal.NonceSize()], entry.sealed[seal.NonceSize():], nil)
	if err != nil {
		return v, false
	}
	return Verdict{Done: true, Secret: SecretOf(string(plain)), Unproved: entry.unproved}, true
}

// Forget forgets the account's password: a server does not take it any more.
func (c *Cache) Forget(account Account) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, keyOf(&account))
}

// sealer seals what only the one who knows stage1 may open.
func sealer(stage1 [sha256.Size]byte) cipher.AEAD {
	mac := hmac.New(sha256.New, stage1[:])
	mac.Write([]byte("signalbox: sealed password"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic("auth: " + err.Error()) // 32 bytes are always right
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("auth: " + err.Error()) // AES has the right block size
	}
	return aead
}

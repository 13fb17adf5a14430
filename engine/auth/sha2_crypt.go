package auth

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"
)

// This file has the hash that MySQL stores for caching_sha2_password:
// "$A$", the rounds in thousands as three hexadecimal digits, "$", 20 bytes of
// salt and 43 characters, which are crypt(3)'s $5$ of the password, as Ulrich
// Drepper's "Unix crypt using SHA-256 and SHA-512" describes it, but with a
// longer salt.

const (
	sha2Prefix   = "$A$"
	sha2SaltSize = 20
	sha2SumSize  = 43
)

// SHA2Hash returns what a server stores of a password for
// caching_sha2_password, with 5000 rounds. The salt has 20 bytes.
func SHA2Hash(password, salt string) string {
	return sha2Prefix + "005$" + salt + sha256Crypt(password, salt, 5000)
}

// checkSHA2Hash tells whether the password is that of a stored hash.
func checkSHA2Hash(hash, password string) (bool, error) {
	rest, ok := strings.CutPrefix(hash, sha2Prefix)
	if !ok || len(rest) != 4+sha2SaltSize+sha2SumSize || rest[3] != '$' {
		return false, fmt.Errorf("caching_sha2_password hash of %d characters: want $A$005$ and %d more", len(hash), sha2SaltSize+sha2SumSize)
	}
	thousands, err := strconv.ParseUint(rest[:3], 16, 16)
	if err != nil || thousands == 0 {
		return false, fmt.Errorf("caching_sha2_password hash: %q thousand rounds: want three hexadecimal digits", rest[:3])
	}
	salt, sum := rest[4:4+sha2SaltSize], rest[4+sha2SaltSize:]
	got := sha256Crypt(password, salt, int(thousands)*1000)
	return subtle.ConstantTimeCompare([]byte(got), []byte(sum)) == 1, nil
}

// sha256Crypt returns the 43 characters of crypt(3)'s $5$.
func sha256Crypt(password, salt string, rounds int) string {
	key, seed := []byte(password), []byte(salt)
	h := sha256.New()
	h.Write(key)
	h.Write(seed)
	h.Write(key)
	b := h.Sum(nil)

	h.Reset()
	h.Write(key)
	h.Write(seed)
	h.Write(stretch(b, len(key)))
	for n := len(key); n > 0; n >>= 1 {
		if n&1 != 0 {
			h.Write(b)
		} else {
			h.Write(key)
		}
	}
	a := h.Sum(nil)

	h.Reset()
	for range key {
		h.Write(key)
	}
	p := stretch(h.Sum(nil), len(key))
	h.Reset()
	for range 16 + int(a[0]) {
		h.Write(seed)
	}
	s := stretch(h.Sum(nil), len(seed))

	for i := range rounds {
		h.Reset()
		if i&1 != 0 {
			h.Write(p)
		} else {
			h.Write(a)
		}
		if i%3 != 0 {
			h.Write(s)
		}
		if i%7 != 0 {
			h.Write(p)
		}
		if i&1 != 0 {
			h.Write(a)
		} else {
			h.Write(p)
		}
		a = h.Sum(a[:0])
	}
	return crypt64(a)
}

// stretch returns n bytes, b again and again.
func stretch(b []byte, n int) []byte { return bytes.Repeat(b, n/len(b)+1)[:n] }

// crypt64 writes the bytes of a sum in crypt's order and alphabet.
func crypt64(a []byte) string {
	const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	out := make([]byte, 0, sha2SumSize)
	put := func(v uint, n int) {
		for range n {
			out = append(out, alphabet[v&0x3f])
			v >>= 6
		}
	}
	for i, j, k := 0, 10, 20; i < 30; i, j, k = k+1, i+1, j+1 {
		put(uint(a[i])<<16|uint(a[j])<<8|uint(a[k]), 4)
	}
	put(uint(a[31])<<8|uint(a[30]), 3)
	return string(out)
}

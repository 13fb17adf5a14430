package server

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id: OWASP's smallest, 19 MiB and two passes, because a
// proxy's memory is for its sessions.
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// Limits of a password, in bytes but for the least.
const (
	minPassword = 8 // characters
	maxPassword = 1024
)

// hashing bounds how many passwords are hashed at a time, and so the memory
// that strangers can make the program use.
var hashing = make(chan struct{}, 2)

func argon(password string, salt []byte, time, memory uint32) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, time, memory, argonThreads, argonKey)
}

// checkPassword says what is wrong with a new password.
func checkPassword(password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return badAccount("a password needs at least %d characters", minPassword)
	case len(password) > maxPassword:
		return badAccount("a password may have at most %d bytes", maxPassword)
	}
	return nil
}

// hashPassword returns the argon2id hash of password in the PHC string format.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	key := argon(password, salt, argonTime, argonMemory)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// passwordHash is a parsed hash.
type passwordHash struct {
	memory, time uint32
	salt, key    []byte
}

var errHash = errors.New("not an argon2id hash")

// Limits of the parameters in a users file.
const (
	maxArgonMemory = 1 << 20 // KiB
	maxArgonTime   = 64
)

func parseHash(text string) (passwordHash, error) {
	var h passwordHash
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	var threads uint32
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &threads); n != 3 || err != nil ||
		threads != argonThreads || h.time < 1 || h.time > maxArgonTime || h.memory < 8 || h.memory > maxArgonMemory {
		return h, errHash
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 {
		return h, errHash
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) != argonKey {
		return h, errHash
	}
	return h, nil
}

// matches says whether password is the one that h was made of.
func (h passwordHash) matches(password string) bool {
	if len(password) > maxPassword {
		password = "" // as slow as any other, and no password
	}
	return subtle.ConstantTimeCompare(argon(password, h.salt, h.time, h.memory), h.key) == 1
}

// nobody is what the password of a user that does not exist is compared with,
// so that the answer takes as long as for one that does.
var nobody = passwordHash{memory: argonMemory, time: argonTime, salt: make([]byte, argonSalt), key: make([]byte, argonKey)}

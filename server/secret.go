package server

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
)

// Kinds of secrets. A secret begins with its kind, so that one that has got
// where it does not belong is recognized, by people and by scanners.
const (
	displaySecret = "sbx_display_"
	keySecret     = "sbx_key_"
	embedSecret   = "sbx_embed_"
)

const checksumSize = 8 // hexadecimal digits

// newSecret makes a secret of a kind: 130 random bits and a checksum.
func newSecret(kind string) string {
	text := kind + rand.Text()
	return text + checksum(text)
}

// isSecret says whether text has the form of a secret of a kind. It keeps
// typing errors and guesses from being looked up.
func isSecret(kind, text string) bool {
	body := len(text) - checksumSize
	return strings.HasPrefix(text, kind) && len(text) < 128 && body > len(kind) && text[body:] == checksum(text[:body])
}

func checksum(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }

// hashOf is what is kept of a secret that nobody needs to know again. It has no
// salt: unlike a password a secret cannot be guessed.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newID makes an id for something that is no secret: short enough to be read
// aloud.
func newID() string { return strings.ToLower(rand.Text()[:8]) }

package auth

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/signalbox/signalbox/engine/wire"
)

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
	stage2 := sha256.Sum256(stage1[:])
	h := sha256.New()
	h.Write(stage2[:])
	h.Write(salt[:min(len(salt), wire.SaltSize)])
	token := h.Sum(nil)
	subtle.XORBytes(token, token, stage1[:])
	return token
}

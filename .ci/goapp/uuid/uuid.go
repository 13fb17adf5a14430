// Package uuid is all that go-app needs of google/uuid in the browser: names that
// no two windows share. They are not secrets.
package uuid

import (
	"encoding/hex"
	"math/rand/v2"
)

// NewString returns a random UUID of version 4.
func NewString() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	b[6] = b[6]&0x0f | 0x40 // version 4
	b[8] = b[8]&0x3f | 0x80 // variant of RFC 9562
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

package jsonapi

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// WeakTag returns a weak entity tag over parts.
func WeakTag(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return `W/"` + hex.EncodeToString(h.Sum(nil)[:10]) + `"`
}

// TagMatches says whether the value of an If-Match or If-None-Match header
// names one of tags. The comparison is the weak one for both headers.
//
// RFC 9110 wants the strong one for If-Match, with which a weak tag never
// matches; a tag here says "the same session, unchanged", which is what the
// precondition of a kill needs to know.
func TagMatches(header string, tags ...string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" {
			return true
		}
		for _, tag := range tags {
			if tag != "" && strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}

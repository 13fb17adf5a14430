package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// This file reads embed tokens: JSON Web Signatures in their compact form (RFC
// 7515) with HMAC SHA-256 and nothing else. What is not known is refused, where
// the standards would have it ignored: a claim that is misspelt must not be as
// good as none.

// jws is a token of which nothing has been proved yet.
type jws struct {
	key       string // id of the key that has signed it, as it says
	signed    string
	signature []byte
	payload   []byte
}

const (
	maxJWS      = 8 << 10 // bytes
	embedLeeway = 30      // seconds
	maxTokenID  = 128     // bytes
)

var errJWS = errors.New("not a compact JWS of three parts in base64url")

// base64URL refuses bits that mean nothing, so that a token has one form only.
var base64URL = base64.RawURLEncoding.Strict()

func parseJWS(text string) (jws, error) {
	if len(text) > maxJWS {
		return jws{}, fmt.Errorf("longer than %d bytes", maxJWS)
	}
	if strings.ContainsAny(text, "\r\n") || strings.Count(text, ".") != 2 { // base64 would overlook line ends
		return jws{}, errJWS
	}
	at := strings.LastIndexByte(text, '.')
	first, second, _ := strings.Cut(text[:at], ".")
	header, err := base64URL.DecodeString(first)
	if err != nil {
		return jws{}, errJWS
	}
	t := jws{signed: text[:at]}
	if t.payload, err = base64URL.DecodeString(second); err != nil {
		return jws{}, errJWS
	}
	if t.signature, err = base64URL.DecodeString(text[at+1:]); err != nil {
		return jws{}, errJWS
	}
	var h struct {
		Algorithm string `json:"alg"`
		Key       string `json:"kid"`
		Type      string `json:"typ"`
	}
	if err := decodeStrictly(header, &h); err != nil {
		return jws{}, fmt.Errorf("header: %s", jsonError(err))
	}
	if h.Algorithm != "HS256" {
		return jws{}, errors.New("alg is not HS256")
	}
	if h.Type != "" && !strings.EqualFold(h.Type, "JWT") {
		return jws{}, errors.New("typ is not JWT")
	}
	if h.Key == "" {
		return jws{}, errors.New("kid, the id of the embed key, is missing")
	}
	t.key = h.Key
	return t, nil
}

// signedBy says whether the signature is of the holder of secret.
func (t *jws) signedBy(secret string) bool {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write([]byte(t.signed))
	return hmac.Equal(t.signature, h.Sum(nil))
}

// claims returns what the token says, once it is plain that it says something
// that could be granted at now. The signature must have been checked.
func (t *jws) claims(now time.Time) (api.EmbedClaims, error) {
	var c api.EmbedClaims
	if err := decodeStrictly(t.payload, &c); err != nil {
		return c, fmt.Errorf("claims: %s", jsonError(err))
	}
	for name, at := range map[string]float64{"exp": c.Expires, "iat": c.Issued, "nbf": c.NotBefore} {
		if at != 0 && !(at >= 1 && at < 1<<40) {
			return c, fmt.Errorf("%s is not a time in seconds since 1970", name)
		}
	}
	until := func(at float64) float64 { return at - float64(now.UnixMilli())/1000 }
	switch {
	case c.Audience != "embed":
		return c, errors.New(`aud is not "embed"`)
	case c.Expires == 0:
		return c, errors.New("exp is missing")
	case until(c.Expires) <= 0:
		return c, errors.New("the token has expired")
	case until(c.Expires) > api.EmbedTokenAge+embedLeeway:
		return c, fmt.Errorf("exp is more than %d s away", api.EmbedTokenAge)
	case c.Issued != 0 && until(c.Issued) > embedLeeway:
		return c, errors.New("iat is in the future")
	case c.NotBefore != 0 && until(c.NotBefore) > embedLeeway:
		return c, errors.New("nbf: the token is not valid yet")
	case c.ID == "" || len(c.ID) > maxTokenID:
		return c, fmt.Errorf("jti is to have 1 to %d bytes", maxTokenID)
	case len(c.Scope) == 0:
		return c, errors.New("scope is missing")
	case c.View == "":
		return c, errors.New("view is missing")
	case c.Origin == "":
		return c, errors.New("origin is missing")
	}
	return c, nil
}

// allows says what of the claims goes beyond the key.
func (k *EmbedKey) allows(c *api.EmbedClaims) error {
	if !slices.Contains(k.FrameAncestors, c.Origin) {
		return fmt.Errorf("origin %s is not among the frame_ancestors of the key", clip(c.Origin))
	}
	if !slices.Contains(k.Views, c.View) {
		return fmt.Errorf("the key is not for the view %s", clip(c.View))
	}
	for _, scope := range c.Scope {
		if !slices.Contains(k.Scopes, scope) {
			return fmt.Errorf("the key is not for the scope %s", clip(scope))
		}
	}
	return nil
}

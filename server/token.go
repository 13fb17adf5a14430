package server

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokens makes and verifies MaxScale's JSON Web Tokens. The key is random, so
// they die with the process.
type tokens struct {
	now func() time.Time
	key []byte
}

// claims are those of MaxScale and a proof that ties a token to the password
// that it was got with.
type claims struct {
	Account Role   `json:"account"`
	Proof   string `json:"pwd"`
	jwt.RegisteredClaims
}

const (
	tokenIssuer   = "maxscale"
	tokenAudience = "signalbox"
	tokenCookie   = "token_sig"
	tokenAge      = 8 * time.Hour
	maxTokenAge   = 24 * time.Hour
	maxTokenBytes = 4096
)

func newTokens(now func() time.Time) *tokens {
	t := &tokens{now: now, key: make([]byte, 32)}
	_, _ = rand.Read(t.key)
	return t
}

// proof changes when the account's password does.
func (t *tokens) proof(account user) string {
	h := hmac.New(sha256.New, t.key)
	_, _ = h.Write([]byte("proof " + account.Hash))
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func (t *tokens) issue(account user, age time.Duration) (string, error) {
	now := t.now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Account: account.Role,
		Proof:   t.proof(account),
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: tokenIssuer, Subject: account.Name, Audience: jwt.ClaimStrings{tokenAudience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(age)),
		},
	}).SignedString(t.key)
}

// verify returns whose token it is and its proof.
func (t *tokens) verify(token string) (name, proof string, ok bool) {
	if len(token) > maxTokenBytes {
		return "", "", false
	}
	var c claims
	parsed, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(t.now))
	if err != nil || !parsed.Valid {
		return "", "", false
	}
	return c.Subject, c.Proof, true
}

// token serves GET /v1/auth as MaxScale does: Basic credentials become a token,
// in the body or, with persist=yes, in a cookie.
func (l *login) token(c *call) (answer, error) {
	if l.options.Authenticate != nil {
		return answer{}, refuse(http.StatusNotFound, "logins are made elsewhere")
	}
	if !c.secure {
		return answer{}, refuse(http.StatusUnauthorized, "Connection is not encrypted")
	}
	cookie := &http.Cookie{Name: tokenCookie, Path: "/", HttpOnly: true, Secure: c.tls, SameSite: http.SameSiteStrictMode}
	if c.values.Get("logout") == "yes" {
		cookie.MaxAge = -1
		return answer{status: http.StatusOK, header: http.Header{"Set-Cookie": {cookie.String()}, "Cache-Control": {"no-store"}}}, nil
	}
	name, password, ok := c.BasicAuth()
	if !ok {
		return answer{}, refuse(http.StatusUnauthorized, "Access denied")
	}
	account, err := l.check(c, name, password)
	if err != nil {
		return answer{}, withoutChallenge(err)
	}
	age := tokenAge
	if n, err := strconv.ParseInt(c.values.Get("max-age"), 10, 32); err == nil && n > 0 {
		age = min(time.Duration(n)*time.Second, maxTokenAge)
		cookie.MaxAge = int(age / time.Second)
	}
	token, err := l.tokens.issue(account, age)
	if err != nil {
		return answer{}, err
	}
	if c.values.Get("persist") == "yes" {
		cookie.Value = token
		return answer{status: http.StatusNoContent, header: http.Header{"Set-Cookie": {cookie.String()}, "Cache-Control": {"no-store"}}}, nil
	}
	return object(c, map[string]any{"meta": map[string]any{"token": token}}), nil
}

package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

const shaSalt = "0123456789abcdefghij"

// Ensure that hashes are those of crypt(3), of which openssl made these.
func TestSHA256Crypt(t *testing.T) {
	tests := []struct{ password, salt, want string }{
		{"Hello world!", "saltstring", "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
		{"", "x", "yHbtfs4Y8t6X1xcJemNX.4JQRfUTafA2qQenWGLBee2"},
		{"a very much longer text to encrypt than sixty-four bytes, which is more than one block of it", "abcdefghijklmnop", "CVjJyfhpLqLzX/NqSQr7bHhqCPmqxqPS3YBhnztbqA2"},
	}
	for _, tt := range tests {
		if got := sha256Crypt(tt.password, tt.salt, 5000); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.password, got, tt.want)
		}
	}
}

// converse carries a login between the two sides, and tells how often the
// client spoke.
func converse(m Method, account Account, p *Proof) (v Verdict, spoke int, err error) {
	c := m.Begin()
	answer, err := p.Begin(m.Name(), c.Data())
	for err == nil {
		spoke++
		if v, err = c.Verify(account, answer); err != nil || v.Done {
			return v, spoke, err
		}
		answer, _, err = p.Continue(v.Say)
	}
	return v, spoke, err
}

func TestSHA2(t *testing.T) {
	accounts := map[string]Account{
		"native":   {User: "a", Hash: HashOf("secret").String()},
		"ed25519":  {User: "b", Plugin: "ed25519", Hash: Ed25519Hash("secret")},
		"sha2":     {User: "c", Plugin: CachingSHA2, Hash: SHA2Hash("secret", shaSalt)},
		"unjudged": {User: "d", Plugin: "pam"},
	}
	for _, secure := range []bool{true, false} {
		methods, err := ParseMethods([]string{"caching_sha2_password"}, "")
		if err != nil {
			t.Fatal(err)
		}
		for name, account := range accounts {
			m, err := methods.For(&account, secure)
			if err != nil {
				t.Fatal(err)
			}
			full := 3 // proof, wish for the key, password
			if secure {
				full = 2
			}
			for i, want := range []int{full, 1} { // the second time the cache knows
				v, spoke, err := converse(m, account, SecretOf("secret").Prove(secure))
				if err != nil || spoke != want || v.Unproved != (name == "unjudged") {
					t.Errorf("%s, secure %t, login %d: got %+v in %d steps, %v; want %d", name, secure, i, v, spoke, err, want)
				}
				if v.Done && (string(v.Say) == "\x03") != (i == 1) {
					t.Errorf("%s: login %d says %q", name, i, v.Say)
				}
				if got, _ := v.Secret.password(); got != "secret" {
					t.Errorf("%s: the login left %q", name, got)
				}
			}
			if name != "unjudged" {
				if _, _, err := converse(m, account, SecretOf("other").Prove(secure)); !errors.Is(err, ErrDenied) {
					t.Errorf("%s, secure %t: another password: got %v", name, secure, err)
				}
				if _, _, err := converse(m, account, SecretOf("").Prove(secure)); !errors.Is(err, ErrDenied) {
					t.Errorf("%s, secure %t: no password: got %v", name, secure, err)
				}
			}
			changed := account
			changed.Hash += "x"
			if _, ok := methods.cache.open(&changed, nil, make([]byte, 32)); ok {
				t.Errorf("%s: the password of an account outlives its hash", name)
			}
			methods.Forget(account)
			if _, spoke, _ := converse(m, account, SecretOf("secret").Prove(secure)); spoke != full {
				t.Errorf("%s: forgotten, but known after %d steps", name, spoke)
			}
		}
	}
}

// Ensure that a client may ask for the key on a secured connection, too.
func TestSHA2KeyOnSecured(t *testing.T) {
	methods, err := ParseMethods([]string{"caching_sha2_password"}, "")
	if err != nil {
		t.Fatal(err)
	}
	account := Account{Hash: HashOf("secret").String()}
	m, err := methods.For(&account, true)
	if err != nil {
		t.Fatal(err)
	}
	if v, spoke, err := converse(m, account, SecretOf("secret").Prove(false)); err != nil || !v.Done || spoke != 3 {
		t.Errorf("got %+v in %d steps, %v", v, spoke, err)
	}
}

// Ensure that the empty password opens only accounts that have it.
func TestSHA2EmptyPassword(t *testing.T) {
	m := SHA2{Secure: true, Cache: &Cache{}}
	for _, response := range []string{"", "\x00"} {
		v, err := m.Begin().Verify(Account{Plugin: CachingSHA2}, []byte(response))
		if err != nil || !v.Done || !v.Secret.Empty() {
			t.Errorf("%q: got %+v, %v", response, v, err)
		}
		if _, err := m.Begin().Verify(Account{Hash: HashOf("secret").String()}, []byte(response)); !errors.Is(err, ErrDenied) {
			t.Errorf("%q: got %v", response, err)
		}
	}
}

// Ensure that the cache keeps no password that can be read.
func TestCacheSealed(t *testing.T) {
	var c Cache
	account := Account{User: "a"}
	c.keep(&account, "hunter2-hunter2", false)
	for _, e := range c.entries {
		if strings.Contains(string(e.sealed), "hunter2") {
			t.Error("the password is in the cache")
		}
	}
	for i := range maxCached + 10 {
		c.keep(&Account{User: strings.Repeat("u", 1+i%3), Host: string(rune('a' + i))}, "x", false)
	}
	if len(c.entries) > maxCached {
		t.Errorf("%d entries of %d", len(c.entries), maxCached)
	}
}

func TestSHA2HashForm(t *testing.T) {
	good := SHA2Hash("secret", shaSalt)
	for _, bad := range []string{"$A$005$", "$5$" + good[3:], "$A$zzz$" + good[7:], "$A$000$" + good[7:], good + "x", "*" + good[1:]} {
		if ok, err := checkSHA2Hash(bad, "secret"); ok || err == nil {
			t.Errorf("%q: got %t, %v", bad, ok, err)
		}
	}
}

// Ensure that the password goes in the clear over secured connections only.
func TestProofKeepsPassword(t *testing.T) {
	s := SecretOf("secret")
	if got, err := s.Prove(false).Begin(ClearPassword, nil); err == nil {
		t.Errorf("got %q without TLS", got)
	}
	if got, err := s.Prove(true).Begin(ClearPassword, nil); err != nil || string(got) != "secret\x00" {
		t.Errorf("got %q, %v", got, err)
	}
	p := s.Prove(false)
	if _, err := p.Begin(CachingSHA2, []byte(shaSalt)); err != nil {
		t.Fatal(err)
	}
	if got, send, err := p.Continue([]byte{shaFull}); err != nil || !send || string(got) != "\x02" {
		t.Errorf("got %q, %t, %v; want a wish for the key", got, send, err)
	}
	if got, _, err := p.Continue([]byte("no key")); err == nil {
		t.Errorf("a key that is none: got %q", got)
	}
}

// Ensure that sha256_password's answer is the password, encrypted where somebody
// can listen.
func TestSHA256Password(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := SecretOf("secret").Prove(true).Begin(SHA256, []byte(shaSalt)); err != nil || string(got) != "secret\x00" {
		t.Errorf("over TLS: got %q, %v", got, err)
	}
	if got, err := SecretOf("").Prove(false).Begin(SHA256, []byte(shaSalt)); err != nil || string(got) != "\x00" {
		t.Errorf("no password: got %q, %v", got, err)
	}
	p := SecretOf("secret").Prove(false)
	if got, err := p.Begin(SHA256, []byte(shaSalt)); err != nil || string(got) != "\x01" {
		t.Errorf("got %q, %v; want a wish for the key", got, err)
	}
	encrypted, send, err := p.Continue(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	if err != nil || !send {
		t.Fatal(send, err)
	}
	plain, err := rsa.DecryptOAEP(sha1.New(), nil, key, encrypted, nil)
	if err != nil {
		t.Fatal(err)
	}
	xorSalt(plain, []byte(shaSalt))
	if got := string(plain); got != "secret\x00" {
		t.Errorf("got %q encrypted", got)
	}
}

// FuzzSHA2 gives arbitrary answers to caching_sha2_password.
func FuzzSHA2(f *testing.F) {
	f.Add([]byte{2}, []byte("secret\x00"), true)
	f.Add([]byte{}, []byte{2}, false)
	methods, err := ParseMethods([]string{"caching_sha2_password"}, "")
	if err != nil {
		f.Fatal(err)
	}
	account := Account{Hash: HashOf("no fuzzer finds this").String()}
	f.Fuzz(func(t *testing.T, first, second []byte, secure bool) {
		m, err := methods.For(&account, secure)
		if err != nil {
			t.Fatal(err)
		}
		c := m.Begin()
		for _, answer := range [][]byte{first, second} {
			if v, err := c.Verify(account, answer); v.Done && err == nil {
				t.Errorf("%x and %x let in", first, second)
			}
		}
		p := SecretOf("x").Prove(secure)
		if _, err := p.Begin(CachingSHA2, first); err == nil {
			_, _, _ = p.Continue([]byte{shaFull})
			_, _, _ = p.Continue(second)
		}
	})
}

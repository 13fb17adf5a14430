package auth

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signalbox/signalbox/engine/wire"
)

// nativeProof is what another client computes for "secret" and nativeSalt.
var (
	nativeSalt = []byte{
		70, 114, 92, 94, 1, 38, 11, 116, 63, 114, 23, 101, 126, 103, 26, 95, 81, 17, 24, 21,
	}
	nativeProof = []byte{
		53, 177, 140, 159, 251, 189, 127, 53, 109, 252, 172, 50, 211, 192, 240, 164, 26, 48, 207, 45,
	}
)

func TestNativeScramble(t *testing.T) {
	if got := NativeScramble("secret", nativeSalt); !bytes.Equal(got, nativeProof) {
		t.Errorf("got %v, want %v", got, nativeProof)
	}
	if got := NativeScramble("secret", append(bytes.Clone(nativeSalt), 0)); !bytes.Equal(got, nativeProof) {
		t.Errorf("with the NUL byte behind the salt: got %v, want %v", got, nativeProof)
	}
	if got := NativeScramble("", nativeSalt); got != nil {
		t.Errorf("empty password: got %v, want nothing", got)
	}
}

func TestNativeHash(t *testing.T) {
	// What SELECT PASSWORD(...) of MariaDB 10.11 returns.
	for password, want := range map[string]string{
		"":         "",
		"mypass":   "*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4",
		"password": "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
		"secret":   "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7",
	} {
		if got := HashOf(password).String(); got != want {
			t.Errorf("hash of %q: got %s, want %s", password, got, want)
		}
		got, err := ParseNativeHash(strings.ToLower(want))
		if err != nil || got != HashOf(password) {
			t.Errorf("parsed %q: got %v, %v", want, got, err)
		}
	}
	for _, bad := range []string{"*", "invalid", "*" + strings.Repeat("G", 40), strings.Repeat("A", 41), "*" + strings.Repeat("A", 41)} {
		if _, err := ParseNativeHash(bad); err == nil {
			t.Errorf("parsed %q without an error", bad)
		} else if strings.Contains(err.Error(), "GGG") {
			t.Errorf("the error tells the hash: %v", err)
		}
	}
}

func TestVerifyNative(t *testing.T) {
	other := bytes.Repeat([]byte{7}, wire.SaltSize)
	wrong := bytes.Clone(nativeProof)
	wrong[19] ^= 1
	tests := []struct {
		name     string
		hash     Hash
		salt     []byte
		response []byte
		want     bool
	}{
		{"right", HashOf("secret"), nativeSalt, nativeProof, true},
		{"wrong-password", HashOf("other"), nativeSalt, nativeProof, false},
		{"wrong-salt", HashOf("secret"), other, nativeProof, false},
		{"one-bit-off", HashOf("secret"), nativeSalt, wrong, false},
		{"short", HashOf("secret"), nativeSalt, nativeProof[:19], false},
		{"long", HashOf("secret"), nativeSalt, append(bytes.Clone(nativeProof), 0), false},
		{"no-proof", HashOf("secret"), nativeSalt, nil, false},
		{"no-salt", HashOf("secret"), nil, nativeProof, false},
		{"empty-password", Hash{}, nativeSalt, nil, true},
		{"password-where-none-is", Hash{}, nativeSalt, nativeProof, false},
		{"zeroes-for-no-password", Hash{}, nativeSalt, make([]byte, 20), false},
	}
	for _, tt := range tests {
		s, ok := VerifyNative(tt.hash, tt.salt, tt.response)
		if ok != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, ok, tt.want)
		}
		if !ok && s != (Secret{}) {
			t.Errorf("%s: a secret was left", tt.name)
		}
	}
}

// TestSecretLogsInElsewhere is what the proxy lives by: what a client's proof
// leaves is a proof for another salt.
func TestSecretLogsInElsewhere(t *testing.T) {
	hash := HashOf("secret")
	s, ok := VerifyNative(hash, nativeSalt, nativeProof)
	if !ok {
		t.Fatal("the proof is not accepted")
	}
	salt := NewSalt()
	got, err := s.Prove(false).Begin(NativePassword, salt[:])
	if err != nil {
		t.Fatal(err)
	}
	if want := NativeScramble("secret", salt[:]); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	if _, ok := VerifyNative(hash, salt[:], got); !ok {
		t.Error("the proof for the other salt is not accepted")
	}
}

func TestNativeMethod(t *testing.T) {
	account := Account{Hash: HashOf("secret").String()}
	m := method(t, &account, false)
	if m.Name() != NativePassword {
		t.Fatalf("got %v", m)
	}
	c := m.Begin()
	v, err := c.Verify(account, NativeScramble("secret", c.Data()))
	if err != nil || !v.Done || v.Secret.Empty() {
		t.Errorf("right proof: %v, %v", v, err)
	}
	if _, err := c.Verify(account, NativeScramble("other", c.Data())); !errors.Is(err, ErrDenied) {
		t.Errorf("wrong proof: got %v, want %v", err, ErrDenied)
	}
	if _, err := c.Verify(Account{Hash: "invalid"}, nil); err == nil {
		t.Error("an account with an invalid hash is let in")
	}
	if bytes.Equal(c.Data(), m.Begin().Data()) {
		t.Error("the salt is the same again")
	}
}

// method returns the method for an account of a listener that takes names.
func method(t *testing.T, account *Account, secure bool, names ...string) Method {
	t.Helper()
	methods, err := ParseMethods(names, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := methods.For(account, secure)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNewSaltHasNoEnd(t *testing.T) {
	for range 1000 {
		if salt := NewSalt(); bytes.ContainsAny(salt[:], "\x00$") {
			t.Fatalf("salt %x", salt)
		}
	}
}

func TestSecretDoesNotPrint(t *testing.T) {
	s := SecretOf("hunter2")
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		got := fmt.Sprintf(format, s)
		got += fmt.Sprintf(format, struct{ secret Secret }{s})
		got += fmt.Sprintf(format, &struct{ secret *Proof }{s.Prove(true)})
		for _, bad := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprint([]byte("hunter2")), "stage1"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s prints %s", format, got)
			}
		}
	}
}

func TestProofBegin(t *testing.T) {
	native, _ := VerifyNative(HashOf("secret"), nativeSalt, nativeProof)
	tests := []struct {
		name   string
		secret Secret
		plugin string
		size   int
		fails  bool
	}{
		{"native-from-password", SecretOf("secret"), NativePassword, 20, false},
		{"native-from-proof", native, NativePassword, 20, false},
		{"native-from-nothing", Secret{}, NativePassword, 0, false},
		{"sha2-from-password", SecretOf("secret"), CachingSHA2, 32, false},
		{"sha2-from-nothing", Secret{}, CachingSHA2, 0, false},
		{"sha2-from-proof", native, CachingSHA2, 0, true},
		{"ed25519-from-password", SecretOf("secret"), Ed25519, 64, false},
		{"ed25519-from-proof", native, Ed25519, 0, true},
		{"ed25519-proof-elsewhere", Opaque(), NativePassword, 0, true},
		{"clear", SecretOf("secret"), ClearPassword, 0, true},
		{"clear-of-nothing", Secret{}, ClearPassword, 0, true},
		{"unknown", SecretOf("secret"), "dialog", 0, true},
	}
	for _, tt := range tests {
		got, err := tt.secret.Prove(false).Begin(tt.plugin, nativeSalt)
		if len(got) != tt.size || (err != nil) != tt.fails {
			t.Errorf("%s: got %d bytes, %v; want %d", tt.name, len(got), err, tt.size)
		}
	}
}

func FuzzVerifyNative(f *testing.F) {
	f.Add("*14E65567ABDB5135D0CFD9A70B3032C179A49EE7", nativeSalt, nativeProof)
	f.Add("", []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, stored string, salt, response []byte) {
		hash, err := ParseNativeHash(stored)
		if err != nil {
			return
		}
		if hash.String() != strings.ToUpper(stored) && hash != (Hash{}) {
			t.Errorf("hash %s parsed as %v", stored, hash)
		}
		s, ok := VerifyNative(hash, salt, response)
		if ok && !bytes.Equal(s.NativeResponse(salt), response) {
			t.Error("the secret does not make the proof that it came from")
		}
	})
}

// Ensure that a connection's salt stays the same, and is its own.
func TestSalts(t *testing.T) {
	a, b := NewSalts(), NewSalts()
	first := a.Of(1)
	if again := a.Of(1); again != first || a.Of(2) == first || b.Of(1) == first {
		t.Error("salts are not what they should be")
	}
	for id := range uint64(1000) {
		if salt := a.Of(id); bytes.ContainsAny(salt[:], "\x00$") {
			t.Fatalf("salt %x", salt)
		}
	}
}

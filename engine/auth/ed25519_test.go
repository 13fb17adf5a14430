package auth

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func TestSignEd25519(t *testing.T) {
	// From MariaDB's plugin/auth_ed25519/ed25519-t.c.
	want := []byte{
		232, 61, 201, 63, 67, 63, 51, 53, 86, 73, 238, 35, 170, 117, 146, 214, 26, 17, 35, 9, 8, 132,
		245, 141, 48, 99, 66, 58, 36, 228, 48, 84, 115, 254, 187, 168, 88, 162, 249, 57, 35, 85, 79,
		238, 167, 106, 68, 117, 56, 135, 171, 47, 20, 14, 133, 79, 15, 229, 124, 160, 176, 100, 138, 14,
	}
	nonce := bytes.Repeat([]byte("A"), edNonceSize)
	if got := signEd25519("foobar", nonce); !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEd25519Method(t *testing.T) {
	// What MariaDB 10.11 stores for "secret".
	const stored = "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY"
	if got := Ed25519Hash("secret"); got != stored {
		t.Errorf("hash: got %s, want %s", got, stored)
	}
	account := Account{Plugin: "ed25519", Hash: stored}
	m := method(t, &account, false, "Ed25519Auth")
	c := m.Begin()
	proof, err := SecretOf("secret").Prove(false).Begin(m.Name(), c.Data())
	if err != nil {
		t.Fatal(err)
	}
	// A nonce may end with what looks like the end of a salt.
	for _, nonce := range []edChallenge{{31: 0}, {31: 1}} {
		proof, err := SecretOf("secret").Prove(false).Begin(Ed25519, nonce.Data())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nonce.Verify(account, proof); err != nil {
			t.Errorf("nonce %x: %v", nonce[:], err)
		}
	}
	v, err := c.Verify(account, proof)
	if err != nil || !v.Done {
		t.Errorf("right proof: %v", err)
	}
	if v.Secret.Empty() || !v.Secret.Opaque() {
		t.Error("the secret would log in with the empty password")
	}
	for name, bad := range map[string][]byte{
		"other-nonce":    signEd25519("secret", bytes.Repeat([]byte("A"), edNonceSize)),
		"other-password": signEd25519("other", c.Data()),
		"nothing":        nil,
		"long":           append(bytes.Clone(proof), 0),
	} {
		if _, err := c.Verify(account, bad); !errors.Is(err, ErrDenied) {
			t.Errorf("%s: got %v, want %v", name, err, ErrDenied)
		}
	}
	if _, err := c.Verify(Account{Hash: "short"}, proof); err == nil || errors.Is(err, ErrDenied) {
		t.Errorf("key that is none: got %v", err)
	}
}

func TestCachingSHA2Scramble(t *testing.T) {
	salt := []byte{10, 47, 74, 111, 75, 73, 34, 48, 88, 76, 114, 74, 37, 13, 3, 80, 82, 2, 23, 21}
	// What another client computes.
	for password, want := range map[string]string{
		"":        "",
		"secret":  "f490e76f66d9d86665ce54d98c78d0acfe2fb0b08b423da807144873d30b312c",
		"secret2": "abc3934a012cf342e876071c8ee202de51785b430258a7a0138bc79c4d800bc6",
	} {
		if got := hex.EncodeToString(CachingSHA2Scramble(password, salt)); got != want {
			t.Errorf("%q: got %s, want %s", password, got, want)
		}
	}
}

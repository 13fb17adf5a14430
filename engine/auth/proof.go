package auth

import (
	"bytes"
	"fmt"

	"github.com/signalbox/signalbox/engine/wire"
)

// Proof is the client's side of one login to a server.
type Proof struct {
	secret Secret
	secure bool
	plugin string
	salt   []byte
	asked  bool // for the server's key
}

// Prove begins a login with s. secure says that nobody can listen: the
// connection has TLS or does not leave the machine. Without it the password
// itself is never given away unless the server has a key to encrypt it with.
func (s Secret) Prove(secure bool) *Proof { return &Proof{secret: s, secure: secure} }

// Begin returns the first answer to a server that asks by a plugin's name and
// data, which are the salt and often a NUL byte. It fails when the plugin is not
// known or the secret does not suffice for it.
func (p *Proof) Begin(plugin string, data []byte) ([]byte, error) {
	size := wire.SaltSize
	if plugin == Ed25519 {
		size = edNonceSize // of which the last byte may be a NUL of its own
	}
	salt := bytes.Clone(data[:min(len(data), size)])
	p.plugin, p.salt, p.asked = plugin, salt, false
	password, known := p.secret.password()
	switch {
	case plugin == NativePassword && (known || p.secret.native()):
		return p.secret.NativeResponse(salt), nil
	case plugin == Ed25519 && known:
		return signEd25519(password, salt), nil
	case plugin == CachingSHA2 && known:
		return CachingSHA2Scramble(password, salt), nil
	case plugin == SHA256 && known && password == "":
		return []byte{0}, nil
	case plugin == SHA256 && known && !p.secure:
		p.asked = true
		return []byte{sha256AskKey}, nil
	case (plugin == ClearPassword || plugin == SHA256) && known:
		return p.clear()
	case plugin == NativePassword, plugin == Ed25519, plugin == CachingSHA2, plugin == SHA256, plugin == ClearPassword:
		return nil, fmt.Errorf("the client's login does not reveal what it takes to log in by %s: "+
			"give the credentials in user_mapping_file, or have the listener ask for the password: ed_mode=sha256, caching_sha2_password or mysql_clear_password", plugin)
	}
	return nil, fmt.Errorf("authentication plugin %s: not supported: use mysql_native_password for the account on the server, or authenticator=passthrough on the listener", plugin)
}

// Continue returns the answer to what the server says next. Nothing is to be
// sent when send is false.
func (p *Proof) Continue(data []byte) (answer []byte, send bool, err error) {
	switch {
	case p.plugin == CachingSHA2 && bytes.Equal(data, []byte{shaKnown}):
		return nil, false, nil
	case p.plugin == CachingSHA2 && bytes.Equal(data, []byte{shaFull}) && !p.secure:
		p.asked = true
		return []byte{shaAskKey}, true, nil
	case p.plugin == CachingSHA2 && bytes.Equal(data, []byte{shaFull}):
		answer, err = p.clear()
		return answer, true, err
	case p.asked:
		p.asked = false
		password, _ := p.secret.password()
		answer, err = encryptPassword(password, p.salt, data)
		return answer, true, err
	}
	return nil, false, fmt.Errorf("authentication plugin %s: the server says something unknown, %d bytes", p.plugin, len(data))
}

// clear returns the password as it is, with the NUL byte behind it.
func (p *Proof) clear() ([]byte, error) {
	if !p.secure {
		return nil, fmt.Errorf("authentication plugin %s: the server wants the password in the clear over a connection without TLS: set ssl=true for the server", p.plugin)
	}
	password, _ := p.secret.password()
	return append([]byte(password), 0), nil
}

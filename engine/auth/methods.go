package auth

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Passthrough says whether a listener leaves the proof to the servers.
type Passthrough int

// The kinds of passthrough.
const (
	// NoPassthrough proves clients by their accounts.
	NoPassthrough Passthrough = iota
	// PassRelay carries what client and server say to each other during the
	// login to the other one. It serves every plugin and one server.
	PassRelay
	// PassClear asks for the password in the clear and logs in to servers with
	// it.
	PassClear
)

// Methods are the ways to log in that a listener takes. They may be used by any
// goroutine.
type Methods struct {
	// AnyHost says that the client's address does not matter for the choice of
	// the account.
	AnyHost bool

	names       []string // of the plugins, in order, without passthrough
	passthrough bool
	passClear   bool // by the password, whatever the router
	edSHA       bool
	keyFile     string
	key         func() (*rsa.PrivateKey, error)
	cache       Cache
}

// authenticators are the names of authenticators, MaxScale's among them, and
// what the account's server calls the plugin.
var authenticators = map[string]string{
	"mysql_native_password": NativePassword, "mariadbauth": NativePassword, "mysqlauth": NativePassword,
	"ed25519": "ed25519", "ed25519auth": "ed25519",
	"caching_sha2_password": CachingSHA2, "mysql_clear_password": ClearPassword,
	"passthrough": "passthrough",
}

// ParseMethods reads a listener's authenticator and authenticator_options.
// Without names it is mysql_native_password. The options are "name=value" with
// commas between them.
func ParseMethods(names []string, options string) (*Methods, error) {
	m := &Methods{}
	for _, name := range names {
		plugin, ok := authenticators[strings.ToLower(name)]
		switch {
		case !ok:
			return nil, fmt.Errorf("authenticator: '%s' is none", name)
		case plugin == "passthrough":
			m.passthrough = true
		case !slices.Contains(m.names, plugin):
			m.names = append(m.names, plugin)
		}
	}
	if m.passthrough && len(m.names) > 0 {
		return nil, errors.New("authenticator: passthrough leaves the proof to the servers and so goes with no other one")
	}
	if len(m.names) == 0 {
		m.names = []string{NativePassword}
	}
	for option := range strings.SplitSeq(options, ",") {
		if option = strings.TrimSpace(option); option == "" {
			continue
		}
		name, value, _ := strings.Cut(option, "=")
		if err := m.option(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return nil, fmt.Errorf("authenticator_options: %w", err)
		}
	}
	m.key = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	if m.keyFile != "" {
		key, err := readKey(m.keyFile)
		if err != nil {
			return nil, fmt.Errorf("authenticator_options: ed_rsa_privkey_path: %w", err)
		}
		m.key = func() (*rsa.PrivateKey, error) { return key, nil }
	}
	return m, nil
}

// option sets one of authenticator_options. They have MaxScale's names.
func (m *Methods) option(name, value string) error {
	on, err := strconv.ParseBool(cmp.Or(map[string]string{"yes": "true", "on": "true", "no": "false", "off": "false"}[value], value))
	boolean := func(set func(bool)) error {
		if err != nil {
			return fmt.Errorf("%s: '%s' is not a boolean: want true or false", name, value)
		}
		set(on)
		return nil
	}
	switch name {
	case "ed_mode":
		if value != "ed25519" && value != "sha256" {
			return fmt.Errorf("ed_mode: '%s' is not one of its values: want ed25519 or sha256", value)
		}
		m.edSHA = value == "sha256"
	case "ed_rsa_privkey_path":
		m.keyFile = value
	case "ed_rsa_pubkey_path": // it is part of the private key
	case "clear_pw_passthrough":
		return boolean(func(on bool) { m.passClear, m.passthrough = on, m.passthrough || on })
	case "match_host":
		return boolean(func(on bool) { m.AnyHost = !on })
	case "lower_case_table_names", "log_password_mismatch": // names match in any case here; hashes are never logged
	case "skip_authentication":
		return errors.New("skip_authentication: not supported, because the proxy logs in to servers with what the proof leaves: use authenticator=passthrough, which leaves the proof to the servers")
	default:
		return fmt.Errorf("'%s' is unknown: want ed_mode, ed_rsa_privkey_path, clear_pw_passthrough, match_host or lower_case_table_names", name)
	}
	return nil
}

// readKey reads an RSA key in PEM form.
func readKey(file string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key in PEM form", file)
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if key, ok := key.(*rsa.PrivateKey); ok {
		return key, nil
	}
	return nil, fmt.Errorf("%s holds a key of type %T: want an RSA key", file, key)
}

// Passthrough says whether the proof is left to servers. single tells that the
// router uses one server for a session, so that relaying is enough.
func (m *Methods) Passthrough(single bool) Passthrough {
	switch {
	case !m.passthrough:
		return NoPassthrough
	case single && !m.passClear:
		return PassRelay
	}
	return PassClear
}

// Forget forgets the account's password: a server does not take it any more.
func (m *Methods) Forget(account Account) { m.cache.Forget(account) }

// Takes tells whether the plugin is one of them.
func (m *Methods) Takes(plugin string) bool { return slices.Contains(m.names, plugin) }

// For returns the method by which to ask for the account: that of its plugin,
// or one that asks for the password itself. secure says that nobody can listen
// on the client's connection.
func (m *Methods) For(account *Account, secure bool) (Method, error) {
	plugin := cmp.Or(account.Plugin, NativePassword)
	if isEd25519(plugin) {
		plugin = "ed25519"
	}
	switch {
	case plugin == NativePassword && m.Takes(plugin):
		return Native{}, nil
	case plugin == "ed25519" && m.Takes(plugin) && !m.edSHA:
		return EdDSA{}, nil
	case plugin == "ed25519" && m.Takes(plugin), m.Takes(CachingSHA2):
		return SHA2{Secure: secure, Key: m.key, Cache: &m.cache}, nil
	case m.Takes(ClearPassword) && secure:
		return Clear{}, nil
	case m.Takes(ClearPassword):
		return nil, errors.New("the listener asks for the password in the clear, and so only over TLS: log in over TLS")
	}
	return nil, fmt.Errorf("authentication plugin %s: not allowed by the listener, which takes %s: add it, or caching_sha2_password, to its authenticator, or give the account another plugin",
		plugin, strings.Join(m.names, " and "))
}

// Nobody returns an account that no password opens, which is asked for as if
// there were one.
func (m *Methods) Nobody() Account {
	switch m.names[0] {
	case NativePassword:
		return Account{Hash: "*0123456789012345678901234567890123456789"}
	case "ed25519":
		return Account{Plugin: "ed25519", Hash: strings.Repeat("A", 43)}
	}
	return Account{Plugin: CachingSHA2}
}

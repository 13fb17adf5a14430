package auth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxFile is the size of the largest file of accounts that is read, in bytes.
const maxFile = 64 << 20

// ReadAccounts reads a user_accounts_file: a JSON object with the arrays user,
// db and roles_mapping.
func ReadAccounts(file string) (Accounts, error) {
	var content struct {
		User []struct {
			User, Host           *string
			Password             string
			AuthenticationString string `json:"authentication_string"`
			Plugin               string
			DefaultRole          string `json:"default_role"`
			Super                bool   `json:"super_priv"`
			Global               bool   `json:"global_db_priv"`
			Proxy                bool   `json:"proxy_priv"` // without a meaning here
			Role                 bool   `json:"is_role"`
		}
		DB    []struct{ User, Host, DB *string }
		Roles []struct {
			User *string
			Host string
			Role *string
		} `json:"roles_mapping"`
	}
	if err := readJSON(file, &content); err != nil {
		return Accounts{}, err
	}
	var a Accounts
	for i, u := range content.User {
		if u.User == nil || u.Host == nil && !u.Role {
			return Accounts{}, fmt.Errorf("%s: user[%d]: needs user and host", file, i)
		}
		account := Account{
			User: *u.User, Plugin: u.Plugin, Hash: cmp.Or(u.AuthenticationString, u.Password),
			DefaultRole: u.DefaultRole, Super: u.Super, AnyDatabase: u.Global,
		}
		if u.Role {
			a.Roles = append(a.Roles, account)
			continue
		}
		account.Host = *u.Host
		a.List = append(a.List, account)
	}
	for i, g := range content.DB {
		if g.User == nil || g.Host == nil || g.DB == nil {
			return Accounts{}, fmt.Errorf("%s: db[%d]: needs user, host and db", file, i)
		}
		a.Grant(*g.User, *g.DB)
	}
	for i, m := range content.Roles {
		if m.User == nil || m.Role == nil {
			return Accounts{}, fmt.Errorf("%s: roles_mapping[%d]: needs user and role", file, i)
		}
		a.GrantRole(*m.User, *m.Role)
	}
	return a, nil
}

// Mapping says as whom clients log in to servers.
type Mapping map[string]Mapped

// Mapped is as whom one user's sessions log in to servers.
type Mapped struct {
	User   string
	Secret Secret
}

// ReadMapping reads a user_mapping_file: a JSON object with the arrays user_map
// and server_credentials.
func ReadMapping(file string) (Mapping, error) {
	var content struct {
		Users []struct {
			Original string `json:"original_user"`
			Mapped   string `json:"mapped_user"`
		} `json:"user_map"`
		Groups []struct {
			Original string `json:"original_group"`
			Mapped   string `json:"mapped_user"`
		} `json:"group_map"`
		Credentials []struct {
			Mapped   string `json:"mapped_user"`
			Password string
			Plugin   string
		} `json:"server_credentials"`
	}
	if err := readJSON(file, &content); err != nil {
		return nil, err
	}
	if len(content.Groups) > 0 {
		return nil, fmt.Errorf("%s: group_map: groups of the operating system are not looked at: map the users by user_map", file)
	}
	m := make(Mapping)
	secrets := make(map[string]Secret)
	for i, c := range content.Credentials {
		switch c.Plugin {
		case "", NativePassword, "ed25519", Ed25519, CachingSHA2, ClearPassword:
		default:
			return nil, fmt.Errorf("%s: server_credentials[%d]: plugin %s is not supported: want mysql_native_password, ed25519 or caching_sha2_password", file, i, c.Plugin)
		}
		if c.Mapped == "" {
			return nil, fmt.Errorf("%s: server_credentials[%d]: needs mapped_user", file, i)
		}
		secrets[c.Mapped] = SecretOf(c.Password)
	}
	for i, u := range content.Users {
		if u.Original == "" || u.Mapped == "" {
			return nil, fmt.Errorf("%s: user_map[%d]: needs original_user and mapped_user", file, i)
		}
		secret, ok := secrets[u.Mapped]
		if !ok { // MaxScale: logs in with the empty password
			return nil, fmt.Errorf("%s: user_map[%d]: '%s' has no entry in server_credentials: give it one, with an empty password if that is meant", file, i, u.Mapped)
		}
		m[u.Original] = Mapped{u.Mapped, secret}
	}
	return m, nil
}

// readJSON reads one strict JSON object from a file. Errors name the file and
// the member, and never what stands in it: there may be passwords.
func readJSON(file string, into any) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxFile:
		return fmt.Errorf("%s: larger than %d bytes", file, maxFile)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		at := d.InputOffset()
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			err = fmt.Errorf("%s: want a value of another type, %s", strings.ToLower(wrong.Field), wrong.Type)
		} else if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = wrong.Offset
		}
		line := 1 + bytes.Count(text[:min(int(at), len(text))], []byte("\n"))
		return fmt.Errorf("%s: about line %d: %w", file, line, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%s: more than one JSON object", file)
	}
	return nil
}

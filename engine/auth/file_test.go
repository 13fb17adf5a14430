package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func written(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReadAccounts(t *testing.T) {
	got, err := ReadAccounts(written(t, `{
		"user":[{"user":"a","host":"%","password":"*X","default_role":"r","super_priv":true},
			{"user":"b","host":"10.%","plugin":"ed25519","authentication_string":"k","global_db_priv":true,"proxy_priv":false},
			{"user":"r","is_role":true}],
		"db":[{"user":"a","host":"%","db":"shop"}],
		"roles_mapping":[{"user":"a","host":"%","role":"r"}]}`))
	want := Accounts{
		List: []Account{
			{User: "a", Host: "%", Hash: "*X", DefaultRole: "r", Super: true},
			{User: "b", Host: "10.%", Plugin: "ed25519", Hash: "k", AnyDatabase: true},
		},
		Roles: []Account{{User: "r"}}, Grants: map[string][]string{"a": {"shop"}}, Member: map[string][]string{"a": {"r"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// Ensure that what is wrong in a file is said, but for the passwords in it.
func TestBadFiles(t *testing.T) {
	accounts := func(file string) error { _, err := ReadAccounts(file); return err }
	mapping := func(file string) error { _, err := ReadMapping(file); return err }
	tests := []struct {
		name, text string
		read       func(string) error
		want       string
	}{
		{"syntax", "{\n\n\"user\":[}", accounts, "about line 3"},
		{"unknown", `{"users":[]}`, accounts, `"users"`},
		{"type", `{"user":[{"user":"a","host":"%","password":123456}]}`, accounts, "password"},
		{"no-host", `{"user":[{"user":"a"}]}`, accounts, "user[0]"},
		{"no-db", `{"db":[{"user":"a","host":"%"}]}`, accounts, "db[0]"},
		{"no-role", `{"roles_mapping":[{"user":"a"}]}`, accounts, "roles_mapping[0]"},
		{"twice", `{} {}`, accounts, "more than one"},
		{"type-of-password", `{"server_credentials":[{"mapped_user":"b","password":123456}]}`, mapping, "password"},
		{"no-credentials", `{"user_map":[{"original_user":"a","mapped_user":"b"}]}`, mapping, "server_credentials"},
		{"groups", `{"group_map":[{"original_group":"a","mapped_user":"b"}]}`, mapping, "group_map"},
		{"plugin", `{"server_credentials":[{"mapped_user":"b","password":"123456","plugin":"pam"}]}`, mapping, "pam"},
		{"empty-name", `{"user_map":[{"original_user":"","mapped_user":"b"}]}`, mapping, "user_map[0]"},
	}
	for _, tt := range tests {
		err := tt.read(written(t, tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "123456") {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestReadMapping(t *testing.T) {
	m, err := ReadMapping(written(t, `{"user_map":[{"original_user":"a","mapped_user":"b"}],"server_credentials":[{"mapped_user":"b","password":"pw"}]}`))
	if err != nil || len(m) != 1 || m["a"].User != "b" {
		t.Fatalf("got %v, %v", m, err)
	}
	if got, _ := m["a"].Secret.password(); got != "pw" {
		t.Errorf("got %q", got)
	}
}

func TestMayUse(t *testing.T) {
	a := Accounts{
		Roles:  []Account{{User: "all", AnyDatabase: true}, {User: "outer"}},
		Grants: map[string][]string{"joe": {"shop", `te\_st`, "log%"}, "inner": {"inside"}, "PUBLIC": {"open"}},
		Member: map[string][]string{"outer": {"inner"}, "inner": {"outer"}},
	}
	joe, ann := Account{User: "joe", Host: "%"}, Account{User: "ann", Host: "%", DefaultRole: "outer"}
	a.Add(Accounts{List: []Account{joe}, Grants: map[string][]string{"": {"everybody"}}})
	tests := []struct {
		account  Account
		database string
		want     bool
	}{
		{joe, "shop", true},
		{joe, "Shop", true},
		{joe, "te_st", true},
		{joe, "teXst", false},
		{joe, "logs", true},
		{joe, "inside", false},
		{joe, "", true},
		{joe, "information_schema", true},
		{joe, "open", true},
		{joe, "everybody", true},
		{ann, "inside", true},
		{ann, "shop", false},
		{Account{DefaultRole: "all"}, "shop", true},
		{Account{AnyDatabase: true}, "shop", true},
		{Account{Super: true}, "shop", true},
		{Account{}, "shop", false},
	}
	for _, tt := range tests {
		if got := a.MayUse(tt.account, tt.database); got != tt.want {
			t.Errorf("%s in %q: got %t, want %t", tt.account.User, tt.database, got, tt.want)
		}
	}
	a.Unjudged = true
	if !a.MayUse(joe, "inside") {
		t.Error("somebody is refused though rights are not known")
	}
}

func TestParseMethods(t *testing.T) {
	tests := []struct {
		name, authenticator, options string
		want                         string // part of the error
	}{
		{"default", "", "", ""},
		{"aliases", "MariaDBAuth,Ed25519Auth", "ed_mode=sha256", ""},
		{"option", "", "ed_mod=sha256", "'ed_mod' is unknown"},
		{"value", "ed25519", "ed_mode=rsa", "want ed25519 or sha256"},
		{"boolean", "", "match_host=maybe", "not a boolean"},
		{"skip", "", "skip_authentication=true", "authenticator=passthrough"},
		{"alone", "passthrough,ed25519", "", "goes with no other"},
		{"key", "ed25519", "ed_mode=sha256, ed_rsa_privkey_path=/nonexistent", "ed_rsa_privkey_path"},
	}
	for _, tt := range tests {
		_, err := ParseMethods(strings.Split(tt.authenticator, ","), tt.options)
		if tt.authenticator == "" {
			_, err = ParseMethods(nil, tt.options)
		}
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// Ensure that the kind of passthrough follows from the router, and that
// MaxScale's option for it means the password.
func TestPassthrough(t *testing.T) {
	for _, tt := range []struct {
		names, options string
		single         bool
		want           Passthrough
	}{
		{"mysql_native_password", "", true, NoPassthrough},
		{"passthrough", "", true, PassRelay},
		{"passthrough", "", false, PassClear},
		{"mysql_native_password", "clear_pw_passthrough=true", true, PassClear},
		{"mysql_native_password", "clear_pw_passthrough=off", true, NoPassthrough},
	} {
		m, err := ParseMethods([]string{tt.names}, tt.options)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Passthrough(tt.single); got != tt.want {
			t.Errorf("%+v: got %d", tt, got)
		}
	}
}

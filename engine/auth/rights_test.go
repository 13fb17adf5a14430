package auth

import "testing"

// Ensure that who may end what others do has SUPER or CONNECTION ADMIN, or a default
// role that has it or has a role that does.
func TestMayKill(t *testing.T) {
	a := Accounts{Roles: []Account{{User: "killer", Kills: true}, {User: "super", Super: true}, {User: "reader", AnyDatabase: true}}}
	a.GrantRole("ops", "killer")
	a.GrantRole("ops", "ops")
	a.GrantRole("ann", "killer") // which is not on when she logs in
	for _, tt := range []struct {
		account Account
		want    bool
	}{
		{Account{User: "ann"}, false},
		{Account{User: "ann", AnyDatabase: true}, false},
		{Account{User: "ann", Super: true}, true},
		{Account{User: "ann", Kills: true}, true},
		{Account{User: "bob", DefaultRole: "killer"}, true},
		{Account{User: "bob", DefaultRole: "super"}, true},
		{Account{User: "bob", DefaultRole: "ops"}, true},
		{Account{User: "bob", DefaultRole: "reader"}, false},
		{Account{User: "bob", DefaultRole: "missing"}, false},
	} {
		if got := a.MayKill(tt.account); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.account, got, tt.want)
		}
	}
}

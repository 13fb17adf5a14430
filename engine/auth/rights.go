package auth

import "strings"

// Grant is a right in one database, or in something that is in it.
type Grant struct {
	User     string // or role; "" for everybody
	Database string // pattern
}

// RoleGrant is a role that an account or another role has.
type RoleGrant struct {
	User string // or role
	Role string
}

// Accounts are the accounts of a server and what they may do.
type Accounts struct {
	List   []Account
	Roles  []Account // that only accounts can take on
	Grants []Grant
	Member []RoleGrant
	// Unjudged says that rights are not known, so that nobody is refused for
	// the lack of one.
	Unjudged bool
}

// Add adds the accounts of another server. Of an account that is there already
// the former counts.
func (a *Accounts) Add(other Accounts) {
	known := make(map[[2]string]bool, len(a.List))
	for i := range a.List {
		known[[2]string{a.List[i].User, a.List[i].Host}] = true
	}
	for _, x := range other.List {
		if !known[[2]string{x.User, x.Host}] {
			a.List = append(a.List, x)
		}
	}
	a.Roles = append(a.Roles, other.Roles...)
	a.Grants = append(a.Grants, other.Grants...)
	a.Member = append(a.Member, other.Member...)
	a.Unjudged = a.Unjudged || other.Unjudged
}

// MayUse tells whether the account may make the database its default. It lets
// in rather more than a server does, which has the last word: case does not
// count, nor from where the rights are or what they are for.
func (a *Accounts) MayUse(account Account, database string) bool {
	if a.Unjudged || database == "" || account.AnyDatabase || account.Super || strings.EqualFold(database, "information_schema") {
		return true
	}
	if a.granted(account.User, database) || a.granted("", database) || a.granted("PUBLIC", database) {
		return true
	}
	seen := map[string]bool{}
	for roles := []string{account.DefaultRole}; len(roles) > 0; {
		role := roles[0]
		roles = roles[1:]
		if role == "" || seen[role] {
			continue
		}
		seen[role] = true
		if a.granted(role, database) || a.anyDatabase(role) {
			return true
		}
		for _, m := range a.Member {
			if m.User == role {
				roles = append(roles, m.Role)
			}
		}
	}
	return false
}

func (a *Accounts) granted(user, database string) bool {
	for _, g := range a.Grants {
		if g.User == user && matchPattern(g.Database, database) {
			return true
		}
	}
	return false
}

func (a *Accounts) anyDatabase(role string) bool {
	for i := range a.Roles {
		if a.Roles[i].User == role {
			return a.Roles[i].AnyDatabase
		}
	}
	return false
}

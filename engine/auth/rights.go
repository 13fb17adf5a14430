package auth

import (
	"slices"
	"strings"
)

// Accounts are the accounts of a server and what they may do.
type Accounts struct {
	List  []Account
	Roles []Account // that only accounts can take on
	// Grants are the patterns of the databases in which a user or role has some
	// right. Those of "" are everybody's.
	Grants map[string][]string
	// Member are the roles that a user or role has.
	Member map[string][]string
	// Unjudged says that rights are not known, so that nobody is refused for
	// the lack of one.
	Unjudged bool
}

// Grant notes that a user or role has some right in databases.
func (a *Accounts) Grant(user, pattern string) {
	if a.Grants == nil {
		a.Grants = make(map[string][]string)
	}
	a.Grants[user] = append(a.Grants[user], pattern)
}

// GrantRole notes that a user or role has a role.
func (a *Accounts) GrantRole(user, role string) {
	if a.Member == nil {
		a.Member = make(map[string][]string)
	}
	a.Member[user] = append(a.Member[user], role)
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
	for user, patterns := range other.Grants {
		for _, pattern := range patterns {
			a.Grant(user, pattern)
		}
	}
	for user, roles := range other.Member {
		for _, role := range roles {
			a.GrantRole(user, role)
		}
	}
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
	return a.hasRole(account, func(role string) bool {
		return a.granted(role, database) || a.role(role).AnyDatabase
	})
}

// MayKill tells whether the account may end what others do, by itself or by its
// default role: with SUPER or CONNECTION ADMIN.
func (a *Accounts) MayKill(account Account) bool {
	return account.Super || account.Kills || a.hasRole(account, func(name string) bool {
		role := a.role(name)
		return role.Super || role.Kills
	})
}

// hasRole tells whether a role for which is holds is the account's default role or
// one that this one has.
func (a *Accounts) hasRole(account Account, is func(role string) bool) bool {
	seen := map[string]bool{}
	for roles := []string{account.DefaultRole}; len(roles) > 0; {
		role := roles[0]
		roles = roles[1:]
		if role == "" || seen[role] {
			continue
		}
		seen[role] = true
		if is(role) {
			return true
		}
		roles = append(roles, a.Member[role]...)
	}
	return false
}

func (a *Accounts) granted(user, database string) bool {
	return slices.ContainsFunc(a.Grants[user], func(pattern string) bool { return matchPattern(pattern, database) })
}

// role returns the role of a name, one without rights when there is none.
func (a *Accounts) role(name string) Account {
	for i := range a.Roles {
		if a.Roles[i].User == name {
			return a.Roles[i]
		}
	}
	return Account{}
}

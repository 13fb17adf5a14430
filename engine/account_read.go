package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox/signalbox/engine/auth"
)

// This file reads accounts from servers and from files.

// accountQueries read the accounts and roles. The first that a server
// understands is used: MariaDB's, MySQL's, and that of servers that know less.
// The columns are those of rowAccount.
var accountQueries = []string{
	"SELECT User, Host, plugin, IF(authentication_string <> '', authentication_string, Password), Super_priv, default_role, is_role, " +
		anyDatabase + ", ssl_type, 'N', 'N' FROM mysql.user",
	"SELECT User, Host, plugin, authentication_string, Super_priv, '', 'N', " +
		anyDatabase + ", ssl_type, account_locked, password_expired FROM mysql.user",
	"SELECT User, Host, plugin, authentication_string, 'N', '', 'N', 'Y', '', 'N', 'N' FROM mysql.user",
}

// anyDatabase is 'Y' for who has a right that counts in every database.
const anyDatabase = "IF('Y' IN (Select_priv, Insert_priv, Update_priv, Delete_priv, Create_priv, Drop_priv, References_priv, Index_priv, " +
	"Alter_priv, Create_tmp_table_priv, Lock_tables_priv, Execute_priv, Create_view_priv, Show_view_priv, Create_routine_priv, " +
	"Alter_routine_priv, Event_priv, Trigger_priv), 'Y', 'N')"

// stateQuery reads what MariaDB has in JSON only: whether an account is locked,
// whether its password has expired on a server that then lets nobody in, and its
// privileges.
const stateQuery = "SELECT User, Host, IFNULL(JSON_VALUE(Priv, '$.account_locked'), 0), " +
	"IF(@@disconnect_on_expired_password AND (JSON_VALUE(Priv, '$.password_last_changed') = 0 OR " +
	"IFNULL(NULLIF(CAST(JSON_VALUE(Priv, '$.password_lifetime') AS INT), -1), @@default_password_lifetime) > 0 AND " +
	"FROM_UNIXTIME(JSON_VALUE(Priv, '$.password_last_changed')) + INTERVAL " +
	"IFNULL(NULLIF(CAST(JSON_VALUE(Priv, '$.password_lifetime') AS INT), -1), @@default_password_lifetime) DAY < NOW()), 1, 0), JSON_VALUE(Priv, '$.access') " +
	"FROM mysql.global_priv"

// connectionAdmin is the bit of CONNECTION ADMIN in MariaDB's numbers of privileges
// since 10.5 (CONNECTION_ADMIN_ACL in sql/privilege.h).
const connectionAdmin = 1 << 32

// killerQuery reads who may end what others do on MySQL.
const killerQuery = "SELECT User, Host FROM mysql.global_grants WHERE Priv = 'CONNECTION_ADMIN'"

// grantQuery reads where somebody has a right that counts in one database.
const grantQuery = "SELECT User, Db FROM mysql.db UNION SELECT User, Db FROM mysql.tables_priv UNION " +
	"SELECT User, Db FROM mysql.columns_priv UNION SELECT User, Db FROM mysql.procs_priv"

// roleQuery reads who has which role. MySQL does not understand it.
const roleQuery = "SELECT User, Role FROM mysql.roles_mapping"

// mysqlRoleQuery reads who has which role of MySQL 8, where roles are accounts
// and an account may begin with several of them, and those that everybody has.
const mysqlRoleQuery = "SELECT TO_USER, FROM_USER FROM mysql.role_edges UNION SELECT '', @@mandatory_roles"

// collect reads the accounts from the first server that gives them, the
// primary before all others, or from all servers, and adds those of the
// service's file.
func (a *accounts) collect(ctx context.Context) (known auth.Accounts, err error) {
	s := a.service
	v := s.object.Values
	file := v.String("user_accounts_file")
	if file == "" || v.String("user_accounts_file_usage") != "file_only_always" {
		if known, err = a.fromServers(ctx, v.Bool("auth_all_servers")); err != nil {
			return known, err
		}
	}
	if file != "" {
		more, err := auth.ReadAccounts(file)
		if err != nil {
			return known, Errorf(Invalid, "service %s: user_accounts_file: %w", s.Name(), err)
		}
		known.Add(more)
	}
	return known, nil
}

func (a *accounts) fromServers(ctx context.Context, all bool) (known auth.Accounts, err error) {
	s := a.service
	err = Errorf(Unavailable, "service %s: no server to read accounts from", s.Name())
	found := false
	for _, server := range s.byRank() {
		list, failed := a.readFrom(ctx, server)
		if failed != nil {
			err = failed
			continue
		}
		s.engine.logger.Debug("accounts read", "service", s.Name(), "server", server.Name(), "accounts", len(list.List))
		known.Add(list)
		if found = true; !all {
			break
		}
	}
	if found {
		return known, nil
	}
	return known, err
}

// byRank returns the service's servers, the primary first and those that are
// down last.
func (s *Service) byRank() []*Server {
	var first, usable, down []*Server
	for _, server := range s.servers {
		switch {
		case server.Primary():
			first = append(first, server)
		case server.Usable():
			usable = append(usable, server)
		default:
			down = append(down, server)
		}
	}
	return append(append(first, usable...), down...)
}

// credentials are those with which the service itself logs in.
func (a *accounts) credentials() credentials {
	v := a.service.object.Values
	return credentials{
		user: v.String("user"), secret: auth.SecretOf(v.String("password")),
		charset: defaultCharset, capabilities: adminCapabilities,
	}
}

// readFrom reads the accounts of one server.
func (a *accounts) readFrom(ctx context.Context, server *Server) (known auth.Accounts, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := adminLogin(ctx, server, a.credentials())
	if err != nil {
		return known, err
	}
	defer conn.Release()
	release := obey(ctx, &conn.Conn)
	defer release()
	var rows [][]string
	for _, query := range accountQueries {
		if rows, err = resultRows(conn, query); err == nil {
			break
		}
	}
	if err != nil {
		return known, fmt.Errorf("server %s: read mysql.user (grant SELECT ON mysql.* to '%s'): %w",
			server.Name(), a.credentials().user, err)
	}
	for _, row := range rows {
		if account, role, ok := rowAccount(row); role {
			known.Roles = append(known.Roles, account)
		} else if ok {
			known.List = append(known.List, account)
		}
	}
	readStates(conn, &known)
	readRights(conn, &known)
	return known, nil
}

// rowAccount reads a row of one of accountQueries.
func rowAccount(row []string) (a auth.Account, role, ok bool) {
	if len(row) < 7 {
		return a, false, false
	}
	row = append(slices.Clone(row), make([]string, 4)...) // what a server has left out
	yes := func(text string) bool { return strings.EqualFold(text, "Y") }
	return auth.Account{
		User: row[0], Host: row[1], Plugin: row[2], Hash: row[3], Super: yes(row[4]), DefaultRole: row[5],
		AnyDatabase: yes(row[7]), TLS: row[8] != "", Certificate: row[8] == "X509" || row[8] == "SPECIFIED", Locked: yes(row[9]), Expired: yes(row[10]),
	}, yes(row[6]), true
}

// readStates fills in which accounts are locked and expired, and which may end what
// others do. A server that does not say refuses them itself.
func readStates(conn *serverConn, known *auth.Accounts) {
	rows, err := resultRows(conn, stateQuery)
	if err != nil {
		rows, _ = resultRows(conn, killerQuery)
	}
	states := make(map[[2]string][]string, len(rows))
	for _, row := range rows {
		if len(row) == 5 || len(row) == 2 {
			states[[2]string{row[0], row[1]}] = row
		}
	}
	for _, list := range [][]auth.Account{known.List, known.Roles} {
		for i := range list {
			x := &list[i]
			switch row := states[[2]string{x.User, x.Host}]; len(row) {
			case 5:
				access, _ := strconv.ParseUint(row[4], 10, 64) // a server that has none grants nothing
				x.Locked, x.Expired, x.Kills = row[2] == "true" || row[2] == "1", row[3] == "1", access&connectionAdmin != 0
			case 2:
				x.Kills = true
			}
		}
	}
}

// readRights reads who may use which database. When the service's user may not
// read that, servers alone judge it.
func readRights(conn *serverConn, known *auth.Accounts) {
	rows, err := resultRows(conn, grantQuery)
	if err != nil {
		known.Unjudged = true
		return
	}
	for _, row := range rows {
		if len(row) != 2 {
			known.Unjudged = true
			return
		}
		known.Grant(row[0], row[1])
	}
	if rows, err = resultRows(conn, roleQuery); err != nil {
		readMySQLRoles(conn, known)
		return
	}
	for _, row := range rows {
		if len(row) == 2 {
			known.GrantRole(row[0], row[1])
		}
	}
}

// readMySQLRoles counts all roles of an account as those that it begins with: the
// server, which has the last word, knows better.
func readMySQLRoles(conn *serverConn, known *auth.Accounts) {
	rows, err := resultRows(conn, mysqlRoleQuery)
	if err != nil {
		return // there are none before MySQL 8
	}
	for _, row := range rows {
		if len(row) != 2 || row[0] == "" && row[1] != "" {
			known.Unjudged = true
			return
		}
		known.GrantRole(row[0], row[1])
	}
	for i := range known.List {
		known.List[i].DefaultRole = known.List[i].User
	}
	known.Roles = slices.Clone(known.List)
}

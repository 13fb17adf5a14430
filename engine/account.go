package engine

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
)

// accounts are what a service knows of its servers' accounts, read with the
// service's own user.
type accounts struct {
	mu      sync.Mutex // guards what follows
	list    []auth.Account
	updated time.Time
	tried   time.Time
	err     error
}

// accountsInterval is how often accounts are read again at most because
// somebody could not log in.
const accountsInterval = 5 * time.Second

// accountQueries read the accounts. The first that a server understands is
// used: MariaDB's, with roles; MySQL's; and that of servers that know neither
// Super_priv.
var accountQueries = []string{
	"SELECT User, Host, plugin, IF(authentication_string <> '', authentication_string, Password), Super_priv, default_role, is_role FROM mysql.user",
	"SELECT User, Host, plugin, authentication_string, Super_priv, '', 'N' FROM mysql.user",
	"SELECT User, Host, plugin, authentication_string, 'N', '', 'N' FROM mysql.user",
}

// loadAccounts reads the accounts from the first server that gives them, the
// primary before all others.
func (s *Service) loadAccounts(ctx context.Context) error {
	s.accounts.mu.Lock()
	s.accounts.tried = time.Now()
	s.accounts.mu.Unlock()
	err := Errorf(Unavailable, "service %s: no server to read accounts from", s.Name())
	for _, server := range s.byRank() {
		var list []auth.Account
		if list, err = s.readAccounts(ctx, server); err == nil {
			s.accounts.mu.Lock()
			s.accounts.list, s.accounts.updated, s.accounts.err = list, time.Now(), nil
			s.accounts.mu.Unlock()
			s.engine.logger.Debug("accounts read", "service", s.Name(), "server", server.Name(), "accounts", len(list))
			return nil
		}
	}
	s.accounts.mu.Lock()
	s.accounts.err = err
	s.accounts.mu.Unlock()
	return err
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

func (s *Service) readAccounts(ctx context.Context, server *Server) ([]auth.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, _, err := server.login(ctx, credentials{
		user: s.object.Values.String("user"), secret: auth.SecretOf(s.object.Values.String("password")),
		charset: defaultCharset, capabilities: adminCapabilities,
	})
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	release := obey(ctx, conn.Conn)
	defer release()
	var rows [][]string
	for _, query := range accountQueries {
		if rows, err = resultRows(conn, query); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("server %s: read mysql.user (grant SELECT ON mysql.* to '%s'): %w",
			server.Name(), s.object.Values.String("user"), err)
	}
	var list []auth.Account
	for _, row := range rows {
		if a, ok := rowAccount(row); ok {
			list = append(list, a)
		}
	}
	return list, nil
}

// rowAccount reads a row of one of accountQueries. Roles are no accounts.
func rowAccount(row []string) (auth.Account, bool) {
	if len(row) < 7 || strings.EqualFold(row[6], "Y") {
		return auth.Account{}, false
	}
	return auth.Account{
		User: row[0], Host: row[1], Plugin: row[2], Hash: row[3],
		Super: strings.EqualFold(row[4], "Y"), DefaultRole: row[5],
	}, true
}

// account returns the account that a client logs in with. Accounts that could
// not be read yet are read now.
func (s *Service) account(ctx context.Context, user string, addr netip.Addr) (auth.Account, bool) {
	s.accounts.mu.Lock()
	unread := s.accounts.updated.IsZero()
	s.accounts.mu.Unlock()
	if unread {
		if err := s.loadAccounts(ctx); err != nil {
			s.engine.logger.Warn("cannot read accounts", "service", s.Name(), "reason", err.Error())
		}
	}
	if user == "root" && !s.object.Values.Bool("enable_root_user") {
		return auth.Account{}, false
	}
	s.accounts.mu.Lock()
	defer s.accounts.mu.Unlock()
	return auth.Best(s.accounts.list, user, addr, "")
}

// refreshAccounts reads the accounts again in the background, because somebody
// could not log in, unless that was done just now.
func (s *Service) refreshAccounts() {
	s.accounts.mu.Lock()
	recent := time.Since(s.accounts.tried) < accountsInterval
	if !recent {
		s.accounts.tried = time.Now()
	}
	s.accounts.mu.Unlock()
	if recent {
		return
	}
	background(s.engine, func(ctx context.Context) {
		if err := s.loadAccounts(ctx); err != nil {
			s.engine.logger.Warn("cannot read accounts", "service", s.Name(), "reason", err.Error())
		}
	})
}

func (a *accounts) info() (users []UserInfo, updated time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	users = make([]UserInfo, len(a.list))
	for i, x := range a.list {
		users[i] = UserInfo{User: x.User, Host: x.Host, Plugin: x.Plugin, DefaultRole: x.DefaultRole, Super: x.Super}
	}
	return users, a.updated
}

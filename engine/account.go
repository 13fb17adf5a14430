package engine

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
)

// accounts are what a service knows of its servers' accounts, read with the
// service's own user, and of those in its user_accounts_file.
type accounts struct {
	service *Service // set by New, then constant

	mu      sync.Mutex // guards what follows
	known   auth.Accounts
	updated time.Time
	err     error
	reading chan struct{} // closed when the reading under way has ended; nil without one
	renewed time.Time     // when somebody who could not log in last had them read in vain
}

// lookup returns the account that a server would choose for the client.
func (a *accounts) lookup(c auth.Client) (auth.Account, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return auth.Best(a.known.List, c)
}

// hostnames tells whether an account of the user is for a host's name, so that
// the client's has to be looked up.
func (a *accounts) hostnames(user string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.known.List, func(x auth.Account) bool {
		return (x.User == user || x.User == "") && !strings.EqualFold(x.Host, "localhost") &&
			!strings.Contains(x.Host, ":") && strings.ContainsAny(strings.ToLower(x.Host), "abcdefghijklmnopqrstuvwxyz")
	})
}

// mayUse tells whether the account may make the database its default.
func (a *accounts) mayUse(account auth.Account, database string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known.MayUse(account, database)
}

// mayKill tells whether the account may end what others do.
func (a *accounts) mayKill(account auth.Account) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known.MayKill(account)
}

func (a *accounts) unread() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.updated.IsZero()
}

func (a *accounts) info() (users []UserInfo, updated time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	users = make([]UserInfo, len(a.known.List))
	for i, x := range a.known.List {
		users[i] = UserInfo{User: x.User, Host: x.Host, Plugin: x.Plugin, DefaultRole: x.DefaultRole, Super: x.Super}
	}
	return users, a.updated
}

// find returns the account that a client logs in with. Accounts that could
// not be read yet are read now.
func (a *accounts) find(ctx context.Context, c auth.Client) (auth.Account, bool) {
	s := a.service
	if a.unread() {
		a.loadOrWarn(ctx)
	}
	if c.User == "root" && !s.object.Values.Bool("enable_root_user") {
		return auth.Account{}, false
	}
	c.Strict = !s.object.Values.Bool("localhost_match_wildcard_host")
	account, ok := a.lookup(c)
	if !ok && c.Addr.IsValid() && !s.engine.maxscale.Values.Bool("skip_name_resolve") && a.hostnames(c.User) {
		if c.Hostname = hostname(ctx, c.Addr); c.Hostname != "" {
			return a.lookup(c)
		}
	}
	return account, ok
}

// hostnameTimeout is how long looking up a client's name may take.
const hostnameTimeout = time.Second

// hostname returns the name of a client's host, if the name leads back to the
// address, without which anybody could have any name.
func hostname(ctx context.Context, addr netip.Addr) string {
	ctx, cancel := context.WithTimeout(ctx, hostnameTimeout)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, addr.String())
	if err != nil || len(names) == 0 {
		return ""
	}
	back, err := net.DefaultResolver.LookupNetIP(ctx, "ip", names[0])
	if err != nil || !slices.ContainsFunc(back, func(a netip.Addr) bool { return a.Unmap() == addr }) {
		return ""
	}
	return strings.TrimSuffix(names[0], ".")
}

// renew reads the accounts again because somebody could not log in, and tells
// whether it did: not more often than users_refresh_time says. The account may
// have been made just now.
func (a *accounts) renew(ctx context.Context) bool {
	least := a.service.engine.maxscale.Values.Duration("users_refresh_time")
	a.mu.Lock()
	allowed := a.reading != nil || least >= 0 && time.Since(a.renewed) >= least
	if allowed && a.reading == nil {
		a.renewed = time.Now()
	}
	a.mu.Unlock()
	return allowed && a.loadOrWarn(ctx)
}

// renewedWell says that what renew has read was needed: the next one may renew
// at once. Only those who try in vain have to be slowed down.
func (a *accounts) renewedWell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.renewed = time.Time{}
}

func (a *accounts) loadOrWarn(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	err := a.load(ctx)
	if err != nil {
		a.service.engine.logger.Warn("cannot read accounts", "service", a.service.Name(), "reason", err.Error())
	}
	return err == nil
}

// load reads the accounts and waits for that, for as long as ctx lasts.
// Those who want them at the same time wait for the same reading.
func (a *accounts) load(ctx context.Context) error {
	s := a.service
	a.mu.Lock()
	reading := a.reading
	if reading == nil && s.engine.draining.Load() {
		a.mu.Unlock()
		return errServiceStopped
	}
	if reading == nil {
		reading = make(chan struct{})
		a.reading = reading
		background(s.engine, a.readAll)
	}
	a.mu.Unlock()
	select {
	case <-reading:
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.err
	case <-ctx.Done():
		return fmt.Errorf("service %s: read accounts: %w", s.Name(), context.Cause(ctx))
	case <-s.engine.ctx.Done():
		return errServiceStopped
	}
}

// readAll reads the accounts and keeps them, or why that fails.
func (a *accounts) readAll(ctx context.Context) {
	known, err := a.collect(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err = err; err == nil {
		a.known, a.updated = known, time.Now()
	}
	close(a.reading)
	a.reading = nil
}

// keep reads the accounts every users_refresh_interval until ctx ends.
func (a *accounts) keep(ctx context.Context) {
	interval := a.service.engine.maxscale.Values.Duration("users_refresh_interval")
	for interval > 0 && pause(ctx, interval) {
		a.loadOrWarn(ctx)
	}
}

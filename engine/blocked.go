package engine

import (
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine/wire"
)

// blocked are the hosts whose clients have failed to log in of late. One that has
// done so max_auth_errors_until_block times is refused until blockTime after the
// last time.
type blocked struct {
	mu    sync.Mutex // guards what follows
	hosts map[netip.Addr]*failures
}

// failures are those of one host.
type failures struct {
	count int64
	last  time.Time
}

// blockTime is how long a failed login counts, and how long a host stays blocked.
const blockTime = time.Minute

// maxBlocked is how many hosts are remembered. With more of them, any is forgotten.
const maxBlocked = 100_000

// failed counts a failed login from a host, and reports whether the host is blocked
// for it from now on. Clients of a UNIX socket, who have no address, are never.
func (b *blocked) failed(host netip.Addr, limit int64, now time.Time) bool {
	if limit == 0 || !host.IsValid() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.hosts[host]
	if f == nil || now.Sub(f.last) >= blockTime {
		f = &failures{}
		b.keep(host, f)
	}
	f.count++
	f.last = now
	return f.count == limit
}

func (b *blocked) keep(host netip.Addr, f *failures) {
	if b.hosts == nil {
		b.hosts = make(map[netip.Addr]*failures)
	}
	if len(b.hosts) >= maxBlocked {
		for other := range b.hosts {
			delete(b.hosts, other)
			break
		}
	}
	b.hosts[host] = f
}

// left returns for how long a host is still blocked, 0 when it is not.
func (b *blocked) left(host netip.Addr, limit int64, now time.Time) time.Duration {
	if limit == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.hosts[host]
	if f == nil || f.count < limit {
		return 0
	}
	return max(blockTime-now.Sub(f.last), 0)
}

// forget forgets failures that are long ago, and returns the hosts that were
// blocked for theirs.
func (b *blocked) forget(limit int64, now time.Time) (free []netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for host, f := range b.hosts {
		if now.Sub(f.last) < blockTime {
			continue
		}
		if limit > 0 && f.count >= limit {
			free = append(free, host)
		}
		delete(b.hosts, host)
	}
	return free
}

// maxAuthErrors is how many failed logins are too many, 0 for none.
func maxAuthErrors(e *Engine) int64 { return e.maxscale.Values.Int("max_auth_errors_until_block") }

// refuseBlocked refuses a client whose host is blocked.
func (l *login) refuseBlocked() error {
	limit, host := maxAuthErrors(l.engine), l.remote.Addr()
	left := l.engine.sessions.blocked.left(host, limit, time.Now())
	if left == 0 {
		return nil
	}
	return l.rejectAt(slog.LevelInfo, &wire.Error{Code: 1129, State: "HY000", Message: fmt.Sprintf(
		"Host '%s' is temporarily blocked due to too many authentication failures: max_auth_errors_until_block allows %d; try again in %d s",
		host, limit, (left+time.Second-1)/time.Second)}, "")
}

// countFailure counts a failed login.
func countFailure(l *login) {
	limit, host := maxAuthErrors(l.engine), l.remote.Addr()
	if l.engine.sessions.blocked.failed(host, limit, time.Now()) {
		l.engine.logger.Warn("host is blocked: too many of its logins have failed (max_auth_errors_until_block)",
			"host", host.String(), "failures", limit, "for", blockTime.String(), "service", l.service.Name())
	}
}

// unblock says which hosts are no longer blocked.
func unblock(e *Engine, now time.Time) {
	for _, host := range e.sessions.blocked.forget(maxAuthErrors(e), now) {
		e.logger.Log(e.ctx, LevelNotice, "host is no longer blocked", "host", host.String())
	}
}

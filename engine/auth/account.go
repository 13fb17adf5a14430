package auth

import (
	"net/netip"
	"strings"
)

// Account is one row of a server's table of users.
type Account struct {
	User        string // "" is the anonymous user, who may be anybody
	Host        string // pattern; see MatchHost
	Plugin      string // "" is mysql_native_password
	Hash        string // as the plugin stores it
	DefaultRole string
	Super       bool // has all rights
	Kills       bool // may end what others do: CONNECTION ADMIN
	Locked      bool // may not log in
	Expired     bool // must change its password before anything else
	TLS         bool // may log in over TLS only
	Certificate bool // must show a certificate
	AnyDatabase bool // has a right that counts in every database
}

// Client is who wants to log in.
type Client struct {
	User     string
	Addr     netip.Addr // not valid for a unix socket
	Hostname string     // "" when it has not been looked up
	// AnyHost says that the host patterns of accounts do not matter.
	AnyHost bool
	// Strict says that a client on this host does not match the pattern %.
	Strict bool
}

// matches tells whether the client may be the account's.
func (c *Client) matches(a *Account) bool {
	if a.User != c.User && a.User != "" {
		return false
	}
	if c.Strict && a.Host == "%" && (!c.Addr.IsValid() || c.Addr.Unmap().IsLoopback()) {
		return false
	}
	return c.AnyHost || MatchHost(a.Host, c.Addr, c.Hostname)
}

// MatchHost tells whether a client at addr matches the host pattern of an
// account. hostname is the client's name, "" when it has not been looked up.
// An address that is not valid is that of a unix socket.
//
// In a pattern % stands for any characters, _ for one, and \ takes the meaning
// from what follows. "192.168.1.0/255.255.255.0" and "192.168.1.0/24" match a
// network. The empty pattern matches all, and localhost every loopback address.
func MatchHost(pattern string, addr netip.Addr, hostname string) bool {
	addr = addr.Unmap()
	if pattern == "" || pattern == "%" {
		return true
	}
	if strings.EqualFold(pattern, "localhost") && (!addr.IsValid() || addr.IsLoopback()) {
		return true
	}
	if network, ok := parseNetwork(pattern); ok {
		return addr.IsValid() && network.Contains(addr.WithZone(""))
	}
	if addr.IsValid() && matchPattern(pattern, addr.WithZone("").String()) {
		return true
	}
	return hostname != "" && !looksLikeAddress(hostname) && matchPattern(pattern, hostname)
}

// looksLikeAddress tells whether a name starts with digits and a dot. Its owner
// could have chosen it to match the pattern of an address, so that servers do
// not accept it (sql/hostname.cc).
func looksLikeAddress(hostname string) bool {
	rest := strings.TrimLeft(hostname, "0123456789")
	return len(rest) < len(hostname) && strings.HasPrefix(rest, ".")
}

func parseNetwork(pattern string) (netip.Prefix, bool) {
	ip, mask, ok := strings.Cut(pattern, "/")
	if !ok {
		return netip.Prefix{}, false
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}, false
	}
	if m, err := netip.ParseAddr(mask); err == nil && m.Is4() && addr.Is4() {
		bits, ok := maskBits(m.As4())
		return netip.PrefixFrom(addr, bits), ok
	}
	p, err := netip.ParsePrefix(pattern)
	return p, err == nil
}

// maskBits returns the number of ones at the front of a mask; false when there
// are others after a zero.
func maskBits(mask [4]byte) (bits int, ok bool) {
	m := uint32(mask[0])<<24 | uint32(mask[1])<<16 | uint32(mask[2])<<8 | uint32(mask[3])
	for ; m&(1<<31) != 0; m <<= 1 {
		bits++
	}
	return bits, m == 0
}

// matchPattern matches s, whatever the case of its letters. When it must go
// back, it goes to the last % only, so that no pattern is slow.
func matchPattern(pattern, s string) bool {
	p, i := 0, 0
	backP, backI := -1, 0
	for {
		if p < len(pattern) && pattern[p] == '%' {
			p++
			backP, backI = p, i
			continue
		}
		if i == len(s) {
			if p == len(pattern) {
				return true
			}
		} else if p < len(pattern) {
			c, any := pattern[p], pattern[p] == '_'
			width := 1
			if c == '\\' && p+1 < len(pattern) {
				c, any, width = pattern[p+1], false, 2
			}
			if any || lower(c) == lower(s[i]) {
				p, i = p+width, i+1
				continue
			}
		}
		if backP < 0 || backI >= len(s) {
			return false
		}
		backI++
		p, i = backP, backI
	}
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Best returns the account that a server would choose for a client: the one with the most specific host, and of those with the same the one that is
// not anonymous. A named account at % therefore loses to an anonymous one at
// localhost.
func Best(accounts []Account, c Client) (Account, bool) {
	best, bestRank := -1, 0
	for i := range accounts {
		a := &accounts[i]
		if !c.matches(a) {
			continue
		}
		rank := 2 * specificity(a.Host)
		if a.User != "" {
			rank++
		}
		if best < 0 || rank > bestRank {
			best, bestRank = i, rank
		}
	}
	if best < 0 {
		return Account{}, false
	}
	return accounts[best], true
}

// specificity orders host patterns as servers do (get_sort in sql/sql_acl.cc):
// by where the first wildcard is, and those without one first.
func specificity(pattern string) int {
	const literal = 1 << 10
	if pattern == "" {
		return 0
	}
	if network, ok := parseNetwork(pattern); ok {
		return literal/2 + network.Bits()
	}
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '%', '_':
			return 1 + min(i, literal/2-2)
		}
	}
	return literal
}

package server

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the networks of the reverse proxies that are believed.
type proxies []netip.Prefix

// parseProxies reads addresses and networks: "192.0.2.7", "10.0.0.0/8", "::1".
func parseProxies(list []string) (proxies, error) {
	var p proxies
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if address, bad := netip.ParseAddr(text); bad == nil {
			network, err = address.Unmap().Prefix(address.Unmap().BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("server: trusted proxy %q is not an address such as 192.0.2.7 or a network such as 10.0.0.0/8", text)
		}
		p = append(p, network.Masked())
	}
	return p, nil
}

func (p proxies) trusts(address netip.Addr) bool {
	for _, network := range p {
		if network.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

// received returns r as it was before proxies that are trusted have passed it
// on: from whom, to which host, over TLS or not. Of what others say in these
// headers nothing counts.
func (p proxies) received(r *http.Request) *http.Request {
	client := addressOf(r)
	if !p.trusts(client) {
		return r
	}
	r = shallow(r)
	// The last one is the word of the proxy that is connected to us, those before
	// it of the proxies before it. Who the first stranger is ends the chain.
	chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(chain) - 1; i >= 0 && p.trusts(client); i-- {
		address, err := netip.ParseAddr(strings.TrimSpace(chain[i]))
		if err != nil {
			break
		}
		client = address.Unmap()
	}
	r.RemoteAddr = net.JoinHostPort(client.String(), "0")
	if host := lastOf(r.Header, "X-Forwarded-Host"); host != "" && !strings.ContainsAny(host, " /\\@?#\"'<>") {
		r.Host = host
	}
	switch strings.ToLower(lastOf(r.Header, "X-Forwarded-Proto")) {
	case "https":
		if r.TLS == nil {
			r = overTLS(r)
		}
	case "http":
		r.TLS = nil
	}
	return r
}

// lastOf returns the last of a list of values.
func lastOf(h http.Header, name string) string {
	all := strings.Join(h.Values(name), ",")
	return strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
}

// shallow copies r, so that whoever has called us keeps theirs.
func shallow(r *http.Request) *http.Request { return r.WithContext(r.Context()) }

// overTLS returns r as if we had spoken TLS ourselves.
func overTLS(r *http.Request) *http.Request {
	r = shallow(r)
	r.TLS = &tls.ConnectionState{}
	return r
}

package auth

import (
	"net/netip"
	"strings"
	"testing"
)

func TestMatchHost(t *testing.T) {
	tests := []struct {
		pattern, addr, hostname string
		want                    bool
	}{
		{"%", "192.0.2.1", "", true},
		{"", "192.0.2.1", "", true},
		{"%", "", "", true},
		{"192.0.2.1", "192.0.2.1", "", true},
		{"192.0.2.1", "192.0.2.10", "", false},
		{"192.0.2.1", "::ffff:192.0.2.1", "", true},
		{"192.0.2.%", "192.0.2.77", "", true},
		{"192.0.2.%", "192.0.20.77", "", false},
		{"192.0.2._", "192.0.2.7", "", true},
		{"192.0.2._", "192.0.2.77", "", false},
		{"192.0.%.%", "192.0.2.77", "", true},
		{"%.2.%", "192.0.2.77", "", true},
		{"192.0.2.0/255.255.255.0", "192.0.2.200", "", true},
		{"192.0.2.0/255.255.255.0", "192.0.3.200", "", false},
		{"192.0.2.0/255.255.255.0", "", "", false},
		{"192.0.2.0/24", "192.0.2.200", "", true},
		{"192.0.2.0/24", "192.0.3.200", "", false},
		{"192.0.2.0/255.0.255.0", "192.0.2.1", "", false},
		{"192.0.2.0/99", "192.0.2.1", "", false},
		{"2001:db8::/32", "2001:db8::1", "", true},
		{"2001:db8::1", "2001:db8::1", "", true},
		{"2001:db8::%", "2001:db8::1", "", true},
		{"fe80::1", "fe80::1%eth0", "", true},
		{"localhost", "127.0.0.1", "", true},
		{"localhost", "::1", "", true},
		{"LOCALHOST", "", "", true},
		{"localhost", "192.0.2.1", "", false},
		{"localhost", "192.0.2.1", "localhost", true},
		{"app.example.com", "192.0.2.1", "APP.example.COM", true},
		{"%.example.com", "192.0.2.1", "app.example.com", true},
		{"%.example.com", "192.0.2.1", "example.com", false},
		{"%.example.com", "192.0.2.1", "", false},
		{`my\_host`, "192.0.2.1", "my_host", true},
		{`my\_host`, "192.0.2.1", "myxhost", false},
		{"my_host", "192.0.2.1", "myxhost", true},
		{`my\%`, "192.0.2.1", "mything", false},
		{`%\`, "192.0.2.1", `end\`, true},
		// The owner of a domain must not pass for an address.
		{"192.%", "203.0.113.1", "192.evil.example", false},
		{"203.0.113.%", "203.0.113.1", "192.evil.example", true},
		{"%a%b%c%", "192.0.2.1", "xaxbxcx", true},
		{"%a%b%c", "192.0.2.1", "xaxbxcx", false},
	}
	for _, tt := range tests {
		var addr netip.Addr
		if tt.addr != "" {
			addr = netip.MustParseAddr(tt.addr)
		}
		if got := MatchHost(tt.pattern, addr, tt.hostname); got != tt.want {
			t.Errorf("%q matches %s (%s): got %t, want %t", tt.pattern, tt.addr, tt.hostname, got, tt.want)
		}
	}
}

func TestBest(t *testing.T) {
	accounts := []Account{
		{User: "joe", Host: "%"},
		{User: "joe", Host: "192.0.%"},
		{User: "joe", Host: "192.0.2.%"},
		{User: "joe", Host: "192.0.2.0/255.255.255.128"},
		{User: "joe", Host: "192.0.2.7"},
		{User: "joe", Host: ""},
		{User: "", Host: "localhost"},
		{User: "", Host: "%.example.com"},
		{User: "ann", Host: "localhost"},
		{User: "ann", Host: "%"},
		{User: "bob", Host: ""},
		{User: "ann", Host: "%", Plugin: "second"},
	}
	tests := []struct {
		user, addr, hostname string
		want                 string // user@host, "" for none
	}{
		{"joe", "192.0.2.7", "", "joe@192.0.2.7"},
		{"joe", "192.0.2.8", "", "joe@192.0.2.0/255.255.255.128"},
		{"joe", "192.0.2.200", "", "joe@192.0.2.%"},
		{"joe", "192.0.3.1", "", "joe@192.0.%"},
		{"joe", "203.0.113.1", "", "joe@%"},
		{"joe", "127.0.0.1", "", "@localhost"},
		{"ann", "127.0.0.1", "", "ann@localhost"},
		{"ann", "203.0.113.1", "app.example.com", "ann@%"},
		{"bob", "203.0.113.1", "", "bob@"},
		{"bob", "203.0.113.1", "app.example.com", "@%.example.com"},
		{"eve", "203.0.113.1", "", ""},
		{"JOE", "203.0.113.1", "", ""},
	}
	for _, tt := range tests {
		got, ok := Best(accounts, Client{User: tt.user, Addr: netip.MustParseAddr(tt.addr), Hostname: tt.hostname})
		name := got.User + "@" + got.Host
		if !ok {
			name = ""
		}
		if name != tt.want {
			t.Errorf("%s from %s (%s): got %q, want %q", tt.user, tt.addr, tt.hostname, name, tt.want)
		}
		if got.Plugin != "" {
			t.Errorf("%s from %s: got the later of two equal accounts", tt.user, tt.addr)
		}
	}
}

func FuzzMatchHost(f *testing.F) {
	f.Add("192.0.2.0/255.255.255.0", "192.0.2.1", "app.example.com")
	f.Add(`%a\%_%`, "::1", "")
	f.Fuzz(func(t *testing.T, pattern, ip, hostname string) {
		addr, err := netip.ParseAddr(ip)
		if err != nil {
			return
		}
		got := MatchHost(pattern, addr, hostname)
		if !strings.ContainsAny(pattern, `%_\/`) && pattern != "" && !strings.EqualFold(pattern, "localhost") {
			plain := addr.Unmap().WithZone("").String()
			want := asciiEqual(pattern, plain) || !looksLikeAddress(hostname) && hostname != "" && asciiEqual(pattern, hostname)
			if got != want {
				t.Errorf("%q matches %s (%q): got %t, want %t", pattern, plain, hostname, got, want)
			}
		}
		Best([]Account{{Host: pattern}}, Client{Addr: addr, Hostname: hostname})
	})
}

func asciiEqual(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

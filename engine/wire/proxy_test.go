package wire

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"
)

func v2(command, family byte, rest string) string {
	return proxyV2 + string([]byte{command, family, byte(len(rest) >> 8), byte(len(rest))}) + rest
}

func TestProxyHeader(t *testing.T) {
	const v4 = "\xc0\x00\x02\x07\x0a\x00\x00\x01\x9c\x40\x0f\xa6"
	v6 := strings.Repeat("\x00", 10) + "\xff\xff\xc0\x00\x02\x07" + "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 12) + "\x9c\x40\x0f\xa6"
	tests := []struct {
		name, in     string
		source, dest string // "" when not valid
		fails        string
		rest         int
	}{
		{name: "v1", in: "PROXY TCP4 192.0.2.7 10.0.0.1 40000 4006\r\nrest", source: "192.0.2.7:40000", dest: "10.0.0.1:4006", rest: 4},
		{name: "v1-six", in: "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", source: "[2001:db8::1]:1", dest: "[::1]:65535"},
		{name: "v1-mapped", in: "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", source: "192.0.2.7:1", dest: "[::1]:2"},
		{name: "v1-unknown", in: "PROXY UNKNOWN\r\n"},
		{name: "v1-unknown-and-more", in: "PROXY UNKNOWN ffff:: :: 1 2\r\nx", rest: 1},
		{name: "v1-family", in: "PROXY TCP4 ::1 10.0.0.1 1 2\r\n", fails: "no address of TCP4"},
		{name: "v1-zone", in: "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", fails: "no address"},
		{name: "v1-port", in: "PROXY TCP4 192.0.2.7 10.0.0.1 65536 1\r\n", fails: "no port"},
		{name: "v1-fields", in: "PROXY TCP4 192.0.2.7\r\n", fails: "two addresses"},
		{name: "v1-udp", in: "PROXY UDP4 192.0.2.7 10.0.0.1 1 2\r\n", fails: "TCP4 or TCP6"},
		{name: "v1-endless", in: "PROXY TCP4 " + strings.Repeat("1", 200), fails: "does not end within 107"},
		{name: "v2", in: v2(0x21, 0x11, v4) + "rest", source: "192.0.2.7:40000", dest: "10.0.0.1:4006", rest: 4},
		{name: "v2-tlv", in: v2(0x21, 0x11, v4+"\x04\x00\x01x"), source: "192.0.2.7:40000", dest: "10.0.0.1:4006"},
		{name: "v2-six", in: v2(0x21, 0x21, v6), source: "192.0.2.7:40000", dest: "[2001:db8::]:4006"},
		{name: "v2-local", in: v2(0x20, 0, "")},
		{name: "v2-local-and-more", in: v2(0x20, 0x11, v4)},
		{name: "v2-unix", in: v2(0x21, 0x31, strings.Repeat("x", 216))},
		{name: "v2-short", in: v2(0x21, 0x11, v4[:8]), fails: "too few"},
		{name: "v2-version", in: v2(0x11, 0x11, v4), fails: "version 1, want 2"},
		{name: "v2-command", in: v2(0x22, 0x11, v4), fails: "command 2"},
		{name: "v2-long", in: v2(0x21, 0x11, strings.Repeat("x", 5000)), fails: "the limit is 4096"},
		{name: "no-header", in: "\x20\x00\x00\x01\x85\xa6\x3f\x20....", fails: "does not start"},
		{name: "half-signature", in: "\r\n\r\n\x00\r\nQUIX\n....", fails: "does not start"},
	}
	text := func(a netip.AddrPort) string {
		if !a.IsValid() {
			return ""
		}
		return a.String()
	}
	for _, tt := range tests {
		var h ProxyHeader
		n, err := h.Decode([]byte(tt.in))
		if tt.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.fails)
			}
			continue
		}
		if err != nil || n != len(tt.in)-tt.rest || text(h.Source) != tt.source || text(h.Destination) != tt.dest {
			t.Errorf("%s: got %v, %v, %d bytes, %v", tt.name, h.Source, h.Destination, n, err)
		}
		for i := range n { // no part of it is enough
			if n, err := h.Decode([]byte(tt.in[:i])); n != 0 || err != nil {
				t.Errorf("%s: the first %d bytes: got %d, %v", tt.name, i, n, err)
			}
		}
	}
}

// Ensure that reading a header takes nothing of what comes behind it, however
// the bytes come.
func TestReadProxyHeader(t *testing.T) {
	const packet = "\x05\x00\x00\x01hello"
	for _, header := range []string{
		"", "PROXY UNKNOWN\r\n", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", "PROXY TCP6 2001:db8::1234 2001:db8::1 40000 4006\r\n",
		v2(0x21, 0x11, "\xc0\x00\x02\x07\x0a\x00\x00\x01\x9c\x40\x0f\xa6"), v2(0x20, 0, ""),
	} {
		for _, step := range []int{1, 3, 1000} {
			client, server := net.Pipe()
			go func() { // ends when all is written
				for all := []byte(header + packet + "behind"); len(all) > 0; {
					n, err := client.Write(all[:min(step, len(all))])
					if err != nil {
						return
					}
					all = all[n:]
				}
			}()
			c := NewConn(server)
			var h ProxyHeader
			found, err := ReadProxyHeader(c, &h)
			if err != nil || found != (header != "") {
				t.Errorf("%q: got %t, %v", header, found, err)
			}
			if n := len(c.Unread()); header != "" && n > 0 {
				t.Errorf("%q: %d bytes more were read", header, n)
			}
			c.SetSequence(1)
			if got, err := c.ReadPacket(100); err != nil || string(got) != "hello" {
				t.Errorf("%q: then %q, %v", header, got, err)
			}
			if n := len(c.Unread()); n > 0 {
				t.Errorf("%q: %d bytes behind the packet were read", header, n)
			}
			_ = client.Close()
			_ = server.Close()
		}
	}
}

func TestProxyHeaderAppend(t *testing.T) {
	tests := []struct{ source, dest, want string }{
		{"192.0.2.7:1", "10.0.0.1:2", "PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n"},
		{"[::ffff:192.0.2.7]:1", "10.0.0.1:2", "PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n"},
		{"[2001:db8::1%eth0]:1", "[::1]:2", "PROXY TCP6 2001:db8::1 ::1 1 2\r\n"},
		{"192.0.2.7:1", "[::1]:2", "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"},
	}
	for _, tt := range tests {
		h := ProxyHeader{netip.MustParseAddrPort(tt.source), netip.MustParseAddrPort(tt.dest)}
		if got := string(h.Append(nil)); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if got := string((&ProxyHeader{}).Append(nil)); got != "PROXY UNKNOWN\r\n" {
		t.Errorf("got %q", got)
	}
}

func FuzzProxyHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.7 10.0.0.1 40000 4006\r\n"))
	f.Add([]byte("PROXY UNKNOWN\r\n"))
	f.Add([]byte(v2(0x21, 0x21, strings.Repeat("\x01", 36))))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h, again ProxyHeader
		before := bytes.Clone(b)
		n, err := h.Decode(b)
		if !bytes.Equal(before, b) || n > len(b) || n < 0 || err != nil && n != 0 {
			t.Fatalf("%d bytes of %d, %v", n, len(b), err)
		}
		if n == 0 {
			return
		}
		if !IsProxyHeader(b) {
			t.Errorf("%x is read, but is not like a header", b)
		}
		if h.Source.IsValid() != h.Destination.IsValid() {
			t.Errorf("one end of two in %x", b)
		}
		written := h.Append(nil)
		if m, err := again.Decode(written); err != nil || m != len(written) || again != h {
			t.Errorf("got %+v from %q, want %+v; %v", again, written, h, err)
		}
	})
}

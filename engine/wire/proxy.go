package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ProxyHeader is the header of the PROXY protocol, version 1 or 2, in which a
// proxy tells who its client is before anything else
// (haproxy.org/download/2.9/doc/proxy-protocol.txt).
type ProxyHeader struct {
	// Source and Destination are the two ends of the client's connection to
	// the proxy. They are not valid when the proxy does not say: it speaks for
	// itself, or its client has no IP address.
	Source, Destination netip.AddrPort
}

const (
	proxyV1 = "PROXY "
	proxyV2 = "\r\n\r\n\x00\r\nQUIT\n"
	// maxProxyV1 is how long a header of version 1 is at most, in bytes.
	maxProxyV1 = 107
	// maxProxyV2 is how long a header of version 2 may be here, in bytes: the
	// addresses and what else proxies like to tell.
	maxProxyV2 = 4096
)

// IsProxyHeader tells whether the first bytes from a client begin a header.
// The first packet of the protocol never looks like that. Four bytes suffice.
func IsProxyHeader(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	begins := func(signature string) bool {
		n := min(len(b), len(signature))
		return string(b[:n]) == signature[:n]
	}
	return begins(proxyV1) || begins(proxyV2)
}

// Decode reads a header from the beginning of b, and returns how long it is. It
// returns 0 when b ends before the header does.
func (h *ProxyHeader) Decode(b []byte) (n int, err error) {
	*h = ProxyHeader{}
	switch {
	case !IsProxyHeader(b) && len(b) >= 4:
		return 0, proxyError("it does not start like one")
	case len(b) < len(proxyV2):
		return 0, nil
	case strings.HasPrefix(string(b[:len(proxyV1)]), proxyV1):
		return h.decodeText(b)
	}
	return h.decodeBinary(b)
}

func proxyError(format string, args ...any) error {
	return malformed("PROXY protocol header", fmt.Errorf(format, args...))
}

// decodeText reads a header of version 1, which is a line.
func (h *ProxyHeader) decodeText(b []byte) (int, error) {
	end := bytes.Index(b[:min(len(b), maxProxyV1)], []byte("\r\n"))
	if end < 0 {
		if len(b) >= maxProxyV1 {
			return 0, proxyError("the line does not end within %d bytes", maxProxyV1)
		}
		return 0, nil
	}
	fields := strings.Split(string(b[len(proxyV1):end]), " ")
	if fields[0] == "UNKNOWN" {
		return end + 2, nil
	}
	if len(fields) != 5 || fields[0] != "TCP4" && fields[0] != "TCP6" {
		return 0, proxyError("want PROXY, TCP4 or TCP6, two addresses and two ports, or PROXY UNKNOWN")
	}
	var ends [2]netip.AddrPort
	for i := range ends {
		addr, err := netip.ParseAddr(fields[1+i])
		if err != nil || addr.Is4() != (fields[0] == "TCP4") || addr.Zone() != "" {
			return 0, proxyError("%.45q is no address of %s", fields[1+i], fields[0])
		}
		port, err := strconv.ParseUint(fields[3+i], 10, 16)
		if err != nil {
			return 0, proxyError("%.10q is no port", fields[3+i])
		}
		ends[i] = netip.AddrPortFrom(addr.Unmap(), uint16(port))
	}
	h.Source, h.Destination = ends[0], ends[1]
	return end + 2, nil
}

// decodeBinary reads a header of version 2. What stands behind the addresses is
// skipped.
func (h *ProxyHeader) decodeBinary(b []byte) (int, error) {
	const fixed = 16
	if len(b) < fixed {
		return 0, nil
	}
	if !bytes.HasPrefix(b, []byte(proxyV2)) {
		return 0, proxyError("it does not start like one")
	}
	command, family := b[12], b[13]
	length := fixed + int(binary.BigEndian.Uint16(b[14:]))
	switch {
	case command>>4 != 2:
		return 0, proxyError("version %d, want 2", command>>4)
	case command&0xf > 1:
		return 0, proxyError("command %d, want 0 or 1", command&0xf)
	case length > maxProxyV2:
		return 0, proxyError("%d bytes, the limit is %d", length, maxProxyV2)
	case len(b) < length:
		return 0, nil
	case command&0xf == 0: // the proxy speaks for itself
		return length, nil
	}
	size := 0
	switch family >> 4 {
	case 1:
		size = 4
	case 2:
		size = 16
	default: // no IP addresses
		return length, nil
	}
	r := reader{b: b[fixed:length]}
	source, _ := netip.AddrFromSlice(r.bytes(size))
	destination, _ := netip.AddrFromSlice(r.bytes(size))
	ports := r.bytes(4)
	if r.err != nil {
		return 0, proxyError("%d bytes are too few for its addresses", length)
	}
	h.Source = netip.AddrPortFrom(source.Unmap(), binary.BigEndian.Uint16(ports))
	h.Destination = netip.AddrPortFrom(destination.Unmap(), binary.BigEndian.Uint16(ports[2:]))
	return length, nil
}

// Append appends the header in version 1.
func (h *ProxyHeader) Append(dst []byte) []byte {
	source, destination := h.Source, h.Destination
	if !source.IsValid() || !destination.IsValid() {
		return append(dst, "PROXY UNKNOWN\r\n"...)
	}
	from, to, family := source.Addr().Unmap().WithZone(""), destination.Addr().Unmap().WithZone(""), "TCP4"
	if !from.Is4() || !to.Is4() {
		from, to, family = netip.AddrFrom16(from.As16()), netip.AddrFrom16(to.As16()), "TCP6"
	}
	return fmt.Appendf(dst, "PROXY %s %s %s %d %d\r\n", family, from, to, source.Port(), destination.Port())
}

// ReadProxyHeader reads a header from c, if the client begins with one, and tells
// whether it did. It consumes nothing when there is none, and takes no byte
// beyond it from the connection, unless ReadAhead has been called. The errors are
// those of ReadPacket and of Decode.
func ReadProxyHeader(c *Conn, h *ProxyHeader) (found bool, err error) {
	for {
		b := c.Unread()
		if len(b) >= 4 {
			if !IsProxyHeader(b) {
				return false, nil
			}
			n, err := h.Decode(b)
			if err != nil {
				return true, err
			}
			if n > 0 {
				c.Discard(n)
				return true, nil
			}
		}
		if err := fillExactly(c, proxyNeeds(b)); err != nil {
			return false, err
		}
	}
}

// proxyNeeds returns how many bytes may be read after b without taking any that
// do not belong to a header, or to a packet's header.
func proxyNeeds(b []byte) int {
	switch {
	case len(b) < 4:
		return 4 - len(b)
	case len(b) < len(proxyV2):
		return len(proxyV2) - len(b)
	case b[0] == proxyV1[0] && b[len(proxyV1)] == 'T' && b[len(b)-1] != '\r':
		return 2 + 2*max(0, 5-bytes.Count(b, []byte(" "))) // what is missing of five fields, and the end
	case b[0] == proxyV1[0]:
		return 1
	case len(b) < 16:
		return 16 - len(b)
	}
	return max(1, 16+int(binary.BigEndian.Uint16(b[14:]))-len(b))
}

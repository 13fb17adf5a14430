package engine

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"
)

// Ensure that cipher suites are known by both names, and that others are refused
// with what would be right.
func TestCipherSuites(t *testing.T) {
	for _, tt := range []struct {
		list string
		want []uint16
		err  string
	}{
		{"", nil, ""},
		{"ECDHE-RSA-AES128-GCM-SHA256", []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, ""},
		{"ecdhe-ecdsa-aes256-gcm-sha384:ECDHE-RSA-CHACHA20-POLY1305", []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}, ""},
		{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, ECDHE-RSA-AES256-SHA", []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA}, ""},
		{"HIGH:!aNULL", nil, "'HIGH' is not a cipher suite; name some of"},
		{"DES-CBC3-SHA", nil, "'DES-CBC3-SHA' is not safe; name some of"},
		{"AES128-SHA", nil, "is not safe"},
		{"TLS_AES_128_GCM_SHA256", nil, "belongs to TLSv1.3"},
	} {
		got, err := cipherSuites(tt.list)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %x, %v, want %x, %q", tt.list, got, err, tt.want, tt.err)
		}
	}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if name := openSSLName(suite.Name); strings.Contains(name, "_") || strings.Contains(name, "WITH") {
			t.Errorf("%s: got %q", suite.Name, name)
		}
	}
}

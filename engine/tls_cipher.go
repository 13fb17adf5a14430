package engine

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// cipherSuites reads a list of cipher suites for TLSv1.2, by the names that OpenSSL
// has for them or by those of the standard; nil, which is all that are safe, for an
// empty one. The order is of no importance.
func cipherSuites(list string) ([]uint16, error) {
	var suites []uint16
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(":, ", r) }) {
		id, err := cipherSuite(name)
		if err != nil {
			return nil, err
		}
		suites = append(suites, id)
	}
	return suites, nil
}

func cipherSuite(name string) (uint16, error) {
	var known []string
	for _, suite := range tls.CipherSuites() {
		if !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			if strings.EqualFold(name, suite.Name) {
				return 0, fmt.Errorf("'%s' belongs to TLSv1.3, whose cipher suites cannot be chosen: leave it out, or forbid TLSv1.3 by ssl_version=TLSv1.2", name)
			}
			continue
		}
		short := openSSLName(suite.Name)
		if strings.EqualFold(name, suite.Name) || strings.EqualFold(name, short) {
			return suite.ID, nil
		}
		known = append(known, short)
	}
	for _, suite := range tls.InsecureCipherSuites() {
		if strings.EqualFold(name, suite.Name) || strings.EqualFold(name, openSSLName(suite.Name)) {
			return 0, fmt.Errorf("'%s' is not safe; name some of %s", name, strings.Join(known, ":"))
		}
	}
	return 0, fmt.Errorf("'%s' is not a cipher suite; name some of %s", name, strings.Join(known, ":"))
}

// openSSLName is OpenSSL's name of a cipher suite.
func openSSLName(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "TLS_"), "RSA_WITH_")
	name = strings.ReplaceAll(name, "CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305")
	name = strings.NewReplacer("_WITH_", "-", "AES_128", "AES128", "AES_256", "AES256", "_CBC", "", "3DES_EDE", "DES_CBC3", "CHACHA20_POLY1305", "CHACHA20-POLY1305").Replace(name)
	return strings.ReplaceAll(name, "_", "-")
}

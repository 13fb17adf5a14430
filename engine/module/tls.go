package module

import "slices"

// tlsVersions are the values of ssl_version.
var tlsVersions = []string{
	"MAX", "TLSv10", "TLSv11", "TLSv12", "TLSv13",
	"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3",
}

// withTLS returns the parameters and those of TLS, which servers and listeners
// share.
func withTLS(parameters ...Parameter) []Parameter {
	return slices.Concat(parameters, []Parameter{
		{
			Name: "ssl", Type: Bool, Default: "false", Modifiable: true,
			Description: "Use TLS.",
		},
		{
			Name: "ssl_ca", Type: Path, Modifiable: true, Alias: []string{"ssl_ca_cert"},
			Description: "File with the certificate authorities that the other side is verified with. Empty means those of the system.",
		},
		{
			Name: "ssl_cert", Type: Path, Modifiable: true,
			Description: "File with the certificate that is shown to the other side, followed by its intermediate certificates.",
		},
		{
			Name: "ssl_key", Type: Path, Modifiable: true,
			Description: "File with the private key of ssl_cert.",
		},
		{
			Name: "ssl_verify_peer_certificate", Type: Bool, Default: "false", Modifiable: true,
			Description: "Refuse a peer whose certificate does not come from a known authority.",
		},
		{
			Name: "ssl_verify_peer_host", Type: Bool, Default: "false", Modifiable: true,
			Description: "Refuse a peer whose certificate is not for the address that it has.",
		},
		{
			Name: "ssl_version", Type: EnumMask, Default: "MAX", Enum: tlsVersions, Modifiable: true,
			Description: "TLS versions that may be used; MAX means all that are safe, which are TLSv1.2 and TLSv1.3.",
		},
		{
			Name: "ssl_cipher", Type: String, Modifiable: true,
			Description: "Cipher suites that may be used with TLSv1.2, by OpenSSL's names and with colons between them; empty for all that are safe. Those of TLSv1.3 cannot be chosen.",
		},
		{
			Name: "ssl_cert_verify_depth", Type: Count, Default: "9", Modifiable: true,
			Description: "Most authorities above a peer's certificate that are accepted.",
		},
	})
}

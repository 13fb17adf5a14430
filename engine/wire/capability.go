package wire

// Capability is a set of protocol capabilities. The low 32 bits are the ones
// that MySQL and MariaDB share, the high 32 bits MariaDB's own.
type Capability uint64

// The capabilities that MySQL and MariaDB share.
const (
	// ClientMySQL is set by MySQL and clear in MariaDB. Where both sides have
	// it clear, MariaDB's own capabilities are exchanged. MySQL documents it
	// as CLIENT_LONG_PASSWORD.
	ClientMySQL                      Capability = 1 << 0
	ClientFoundRows                  Capability = 1 << 1
	ClientLongFlag                   Capability = 1 << 2
	ClientConnectWithDB              Capability = 1 << 3
	ClientNoSchema                   Capability = 1 << 4
	ClientCompress                   Capability = 1 << 5
	ClientODBC                       Capability = 1 << 6
	ClientLocalFiles                 Capability = 1 << 7
	ClientIgnoreSpace                Capability = 1 << 8
	ClientProtocol41                 Capability = 1 << 9
	ClientInteractive                Capability = 1 << 10
	ClientSSL                        Capability = 1 << 11
	ClientIgnoreSigpipe              Capability = 1 << 12
	ClientTransactions               Capability = 1 << 13
	ClientReserved                   Capability = 1 << 14
	ClientSecureConnection           Capability = 1 << 15
	ClientMultiStatements            Capability = 1 << 16
	ClientMultiResults               Capability = 1 << 17
	ClientPSMultiResults             Capability = 1 << 18
	ClientPluginAuth                 Capability = 1 << 19
	ClientConnectAttrs               Capability = 1 << 20
	ClientPluginAuthLenencData       Capability = 1 << 21
	ClientCanHandleExpiredPasswords  Capability = 1 << 22
	ClientSessionTrack               Capability = 1 << 23
	ClientDeprecateEOF               Capability = 1 << 24
	ClientOptionalResultsetMetadata  Capability = 1 << 25
	ClientZstd                       Capability = 1 << 26
	ClientQueryAttributes            Capability = 1 << 27
	ClientMultiFactorAuthentication  Capability = 1 << 28
	ClientCapabilityExtension        Capability = 1 << 29
	ClientSSLVerifyServerCertificate Capability = 1 << 30
	ClientRememberOptions            Capability = 1 << 31
)

// MariaDB's own capabilities.
const (
	MariaDBProgress         Capability = 1 << 32
	MariaDBComMulti         Capability = 1 << 33 // withdrawn by MariaDB
	MariaDBStmtBulk         Capability = 1 << 34
	MariaDBExtendedMetadata Capability = 1 << 35
	MariaDBCacheMetadata    Capability = 1 << 36
	MariaDBBulkUnitResults  Capability = 1 << 37
)

// Has tells whether all of want are in c.
func (c Capability) Has(want Capability) bool { return c&want == want }

// Agreed returns what both sides have. MariaDB's own capabilities are agreed
// only where neither side says that it is MySQL.
func (c Capability) Agreed(other Capability) Capability {
	both := c & other
	if (c|other)&ClientMySQL != 0 {
		both &= 1<<32 - 1
	}
	return both
}

// Package wire is the MariaDB and MySQL client/server protocol: packets on a
// connection, one file for each message, and the shape of a server's reply. It
// knows no session, no account and no SQL.
//
// A message type has Decode, which reads the payload of one packet, and Append,
// which writes it. Strings that Decode returns are copies; byte slices point
// into the payload and live as long as it does. Messages whose layout depends
// on what the two sides agreed take the agreed [Capability].
//
// [Conn] frames packets on a net.Conn. [Response] follows a reply through its
// framed bytes, so that they can be passed on as they came.
//
// # Capabilities
//
// Protocol 4.1 is required of both sides. The protocol's layouts that appear
// only with ClientOptionalResultsetMetadata and ClientQueryAttributes are not
// understood by [Response]: they must not be offered to a client.
// ClientDeprecateEOF and the MariaDB capabilities are understood in both
// states. Compression lies beneath the packets: see [Compress]. The MariaDB capabilities are
// sent in bytes that MySQL reserves, and only where ClientMySQL is clear.
//
// # Concurrency
//
// The package starts no goroutine. A Conn belongs to one goroutine, with the
// exceptions that its methods name; all else is plain data.
//
// Sources: the protocol pages of the MariaDB Knowledge Base ("Clientserver
// Protocol") and of the MySQL Server Doxygen documentation.
package wire

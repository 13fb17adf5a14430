// Package auth proves who a client is, and proves the same to a database server
// in its place: the authentication plugins of MariaDB and MySQL, both sides of
// them, the choice of the account and what it may use, and the files that hold
// accounts. It exchanges no packets: a [Method] is given what the client said
// and tells what to answer, a [Proof] does the same towards a server.
//
// What a login leaves behind is a [Secret], with which the proxy logs in to the
// servers. A client that proves itself with mysql_native_password reveals
// SHA1(password) to whoever knows SHA1(SHA1(password)), which servers store;
// that is enough to log in with the same plugin elsewhere, and the password
// itself is never seen. One that uses ed25519 reveals nothing, so that it has to
// be asked for its password in another way, or be given other credentials.
//
// # Concurrency
//
// [Methods], [Cache] and [Secret] may be used by any goroutine. There are none
// of its own.
package auth

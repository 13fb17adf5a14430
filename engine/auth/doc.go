// Package auth proves who a client is, and proves the same to a database server
// in its place: the authentication plugins of MariaDB and MySQL, both sides of
// them, and the choice of the account. It exchanges no packets: a [Method] is
// given what the client said and tells what to answer.
//
// What a login leaves behind is a [Secret], with which the proxy logs in to the
// servers. A client that proves itself with mysql_native_password reveals
// SHA1(password) to whoever knows SHA1(SHA1(password)), which servers store;
// that is enough to log in with the same plugin elsewhere, and the password
// itself is never seen.
package auth

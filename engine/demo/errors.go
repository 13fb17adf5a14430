//go:build !nodemo

package demo

import (
	"errors"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
)

const erTableAccessDenied = 1142

// sqlErrors give errors that go-mysql-server reports as 1105 their MariaDB
// numbers.
var sqlErrors = []struct {
	text    string // that the message contains
	code    int
	state   string
	message string // "" keeps the message
}{
	{"set to read only mode", mysql.EROptionPreventsStatement, mysql.SSUnknownSQLState, "The MariaDB server is running with the --read-only option so it cannot execute this statement"},
	{"context canceled", mysql.ERQueryInterrupted, "70100", "Query execution was interrupted"},
	{"command denied to user", erTableAccessDenied, "42000", ""},
	{"Access denied for user", mysql.ERDBAccessDenied, "42000", ""},
	{"syntax error", mysql.ERParseError, "42000", ""},
}

// sqlError returns err as an error packet should carry it.
func sqlError(err error) error {
	if err == nil {
		return nil
	}
	var e *mysql.SQLError
	if !errors.As(err, &e) {
		e = sql.CastSQLError(err)
	}
	if e.Num != mysql.ERUnknownError {
		return e
	}
	for _, s := range sqlErrors {
		if !strings.Contains(e.Message, s.text) {
			continue
		}
		message := s.message
		if message == "" {
			message = e.Message
		}
		return &mysql.SQLError{Num: s.code, State: s.state, Message: message, Query: e.Query}
	}
	return e
}

package server

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/signalbox/signalbox/engine"
)

// problem is a refusal: a status and what is wrong, one sentence each.
type problem struct {
	status  int
	details []string
	header  http.Header // beside the usual ones
}

func (p *problem) Error() string {
	if len(p.details) == 0 {
		return http.StatusText(p.status)
	}
	return p.details[0]
}

func refuse(status int, format string, args ...any) *problem {
	return &problem{status: status, details: []string{fmt.Sprintf(format, args...)}}
}

// statusOf is the table from an engine error's Kind to a status.
var statusOf = map[engine.Kind]int{
	engine.NotFound:    http.StatusNotFound,
	engine.Invalid:     http.StatusBadRequest,
	engine.Conflict:    http.StatusConflict,
	engine.Forbidden:   http.StatusForbidden,
	engine.Unavailable: http.StatusServiceUnavailable,
	engine.Internal:    http.StatusInternalServerError,
}

// problemOf makes a problem of any error. What an internal error says is for
// the log and not for the client.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if kind := engine.KindOf(err); kind != engine.Internal {
		return &problem{status: statusOf[kind], details: []string{err.Error()}}
	}
	return refuse(http.StatusInternalServerError, "internal error: the log of the server says more")
}

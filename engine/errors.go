package engine

import (
	"errors"
	"fmt"
)

// Kind says what sort of thing went wrong. The administration server has one
// table from Kind to HTTP status.
type Kind string

// The kinds.
const (
	NotFound    Kind = "not found"
	Invalid     Kind = "invalid"
	Conflict    Kind = "conflict"
	Forbidden   Kind = "forbidden"
	Unavailable Kind = "unavailable"
	Internal    Kind = "internal"
)

// Side says on whose side an error arose.
type Side string

// The sides.
const (
	ClientSide Side = "client"
	ProxySide  Side = "proxy"
	ServerSide Side = "server"
)

// Error is an error with its Kind and Side.
type Error struct {
	Kind Kind
	Side Side
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the Kind of err, Internal when it has none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != "" {
		return e.Kind
	}
	return Internal
}

// SideOf returns the Side of err, ProxySide when it has none.
func SideOf(err error) Side {
	if e, ok := errors.AsType[*Error](err); ok && e.Side != "" {
		return e.Side
	}
	return ProxySide
}

// Errorf makes an Error of the proxy's own side.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Side: ProxySide, Err: fmt.Errorf(format, args...)}
}

func clientError(err error) error { return &Error{Kind: Unavailable, Side: ClientSide, Err: err} }

func serverError(err error) error { return &Error{Kind: Unavailable, Side: ServerSide, Err: err} }

package server

import (
	"net/http"
	"time"
)

// This file is where a plan meets what the engine can do for a job and for
// nobody else yet.

// tell says whether clients are told the reason.
func (p *plan) tell(told bool) error {
	if !told {
		return refuse(http.StatusBadRequest, "tell: this version tells the reason to every client")
	}
	return nil
}

// logFor has the log levels go off by themselves after d.
func (p *plan) logFor(time.Duration) error {
	return refuse(http.StatusBadRequest, "log_for: log levels of this version do not go off by themselves")
}

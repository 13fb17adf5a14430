package server

import "github.com/signalbox/signalbox/api"

// setThresholds says from when on sessions are worth a look.
func (a *Admin) setThresholds(api.Thresholds) {}

// Package modules lists the modules that the program has. The list is written
// out, so that what a build contains can be read here.
package modules

import (
	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/filter/hintfilter"
	"github.com/signalbox/signalbox/engine/filter/maxrows"
	"github.com/signalbox/signalbox/engine/filter/qlafilter"
	"github.com/signalbox/signalbox/engine/filter/regexfilter"
	"github.com/signalbox/signalbox/engine/monitor/mariadbmon"
	"github.com/signalbox/signalbox/engine/router/readconnroute"
	"github.com/signalbox/signalbox/engine/router/readwritesplit"
)

// All returns all modules.
func All() engine.Modules {
	return engine.Modules{
		Routers: []engine.RouterModule{
			readwritesplit.Module,
			readconnroute.Module,
		},
		Filters: []engine.FilterModule{
			hintfilter.Module,
			maxrows.Module,
			qlafilter.Module,
			regexfilter.Module,
		},
		Monitors: []engine.MonitorModule{
			mariadbmon.Module,
		},
	}
}

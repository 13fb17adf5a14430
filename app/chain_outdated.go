package app

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
)

// This file is about sessions that run an older chain than their service's
// default: how many there are, and how they get the new one.

// watchOutdated opens a view that counts them by service.
func watchOutdated(viewName string) {
	console.watch(api.Subscribe{View: viewName, Topic: api.TopicGroups, Filter: "chain:outdated", Group: "service"})
}

// outdatedOf returns how many sessions of a service run an older chain; false
// when the server does not tell.
func outdatedOf(viewName, service string) (n int, known bool) {
	v := console.store.View(viewName)
	if !v.Ready || v.Refused != "" {
		return 0, false
	}
	for _, g := range model.Rows[api.GroupAttributes](v) {
		if a := &g.Attributes; len(a.Values) > 0 && a.Values[0] == service {
			n += a.Sessions
		}
	}
	return n, true
}

// olderChainFilter selects the sessions of a service that run an older chain.
func olderChainFilter(service string) string { return "service:" + quoted(service) + " chain:outdated" }

// askRestartOutdated opens the dialog that restarts them.
func askRestartOutdated(ctx app.Context, viewName, service string) {
	n, known := outdatedOf(viewName, service)
	if known && n > 0 && console.mayAct() && !console.stale() {
		console.askBulk(ctx, bulk{Action: api.JobRestart, Filter: olderChainFilter(service), Total: n})
	}
}

// outdatedWords says how many sessions run an older chain.
func outdatedWords(n int) string {
	return lang.N(n, "{n} session on an older chain|{n} sessions on an older chain")
}

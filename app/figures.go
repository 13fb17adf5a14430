package app

import (
	"math"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/lang"
	"github.com/signalbox/signalbox/app/model"
	"github.com/signalbox/signalbox/app/ui"
)

// This file is about the rates of the program, its services and its servers.

// statsRow returns the row id of a view of statistics; false when the server does
// not tell them.
func statsRow(viewName, id string) (*api.StatsAttributes, bool) {
	r, ok := model.Row[api.StatsAttributes](console.store.View(viewName), id)
	if !ok {
		return nil, false
	}
	return &r.Attributes, true
}

// rateOf is how many statements a second something takes, "" when it is not
// known.
func rateOf(viewName, id string) string {
	if s, ok := statsRow(viewName, id); ok {
		return perSecond(s.Statements) + "/s"
	}
	return ""
}

// perSecond writes a rate: 0, 0.4, 12, 1 284.
func perSecond(rate float64) string {
	switch {
	case math.IsNaN(rate) || rate <= 0:
		return "0"
	case rate < 9.95:
		return lang.Decimal(max(rate, 0.1), 1)
	}
	return lang.Count(int64(math.Round(min(rate, 1e15))))
}

// latency writes how long statements take: 0.4 ms, 12 ms, 1.3 s.
func latency(seconds float64) string {
	switch ms := seconds * 1000; {
	case math.IsNaN(seconds) || ms <= 0:
		return "—"
	case ms < 9.95:
		return lang.T("{ms} ms", "ms", lang.Decimal(max(ms, 0.1), 1))
	case ms < 1000:
		return lang.T("{ms} ms", "ms", strconv.Itoa(int(math.Round(ms))))
	}
	return ui.Duration(time.Duration(min(seconds, 1e9) * float64(time.Second)))
}

// gapsFor puts a gap in the place of each zero: no statement has no duration.
func gapsFor(points []float64) []float64 {
	out := make([]float64, len(points))
	for i, p := range points {
		if out[i] = p; p <= 0 {
			out[i] = math.NaN()
		}
	}
	return out
}

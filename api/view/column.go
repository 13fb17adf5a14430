package view

import (
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// Value returns what s has for a key, for tables: a figure in the key's unit as
// a float64, anything else as a string, and nil when s has no such thing. Of
// several servers it is the one that works for s, filters are joined by |. The
// clocks of s are run on by lag. ok is false when there is no such key.
func Value(s *api.Session, name string, lag time.Duration) (value any, ok bool) {
	k := keyNamed(name)
	switch {
	case k == nil:
		return nil, false
	case k.Name == "client":
		return Client(s), true
	case k.texts == nil && k.figure == nil:
		return StateAfter(s, lag), true
	case k.texts == nil:
		if figure, has := k.figure(s, lag); has {
			return figure, true
		}
		return nil, true
	}
	var texts []string
	k.texts(s, func(text string) bool {
		if text != "" {
			texts = append(texts, text)
		}
		return len(texts) > 0 && k.Name != "filter"
	})
	if texts == nil {
		return nil, true
	}
	return strings.Join(texts, "|"), true
}

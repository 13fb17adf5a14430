package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// Fingerprint is a key of groups only: the text of the statement without its
// literals.
const Fingerprint = "fingerprint"

// The limits of a grouping.
const (
	maxGroupKeys = 4
	maxGroupsOf  = 64 // groups that one session may be in
)

// Grouping puts sessions together that have the same values of some keys. A
// session with several servers or filters is in a group of each.
type Grouping struct {
	keys []*key
}

// fingerprint stands for the text of Fingerprint among the keys of a Grouping.
var fingerprint = &key{Key: Key{Name: Fingerprint}, texts: one(func(s *api.Session) string { return s.Attributes.Activity.Statement })}

// ParseGrouping reads the names of one to four keys separated by commas, as in
// "user,service": any key but those with a figure only, or Fingerprint. The
// error is always a *SyntaxError.
func ParseGrouping(text string) (Grouping, error) {
	var g Grouping
	if len(text) > MaxLength {
		return g, &SyntaxError{MaxLength, fmt.Sprintf("a grouping has at most %d bytes", MaxLength)}
	}
	at := 0
	for part := range strings.SplitSeq(text, ",") {
		name := strings.TrimSpace(part)
		k := keyNamed(name)
		if strings.EqualFold(name, Fingerprint) {
			k = fingerprint
		}
		switch {
		case name == "":
			return Grouping{}, &SyntaxError{at, "a key is missing"}
		case k == nil:
			return Grouping{}, &SyntaxError{at, fmt.Sprintf("there is no key %q to group by", name)}
		case k.texts == nil && k.figure != nil:
			return Grouping{}, &SyntaxError{at, fmt.Sprintf("%s is a figure; sessions are grouped by texts", k.Name)}
		case slices.Contains(g.keys, k):
			return Grouping{}, &SyntaxError{at, fmt.Sprintf("%s is there twice", k.Name)}
		case len(g.keys) == maxGroupKeys:
			return Grouping{}, &SyntaxError{at, fmt.Sprintf("a grouping has at most %d keys", maxGroupKeys)}
		}
		g.keys = append(g.keys, k)
		at += len(part) + 1
	}
	return g, nil
}

// String returns the grouping as ParseGrouping reads it.
func (g Grouping) String() string {
	names := make([]string, len(g.keys))
	for i, k := range g.keys {
		names[i] = k.Name
	}
	return strings.Join(names, ",")
}

// Each calls yield with the values of each group that s is in, at least once.
// canonical makes the fingerprint of a statement. The slice is used again: yield
// must not keep it.
func (g Grouping) Each(s *api.Session, lag time.Duration, canonical func(string) string, yield func(values []string)) {
	values, left := make([]string, len(g.keys)), maxGroupsOf
	g.each(s, lag, canonical, values, 0, &left, yield)
}

func (g Grouping) each(s *api.Session, lag time.Duration, canonical func(string) string, values []string, at int, left *int, yield func([]string)) {
	if at == len(g.keys) {
		if *left > 0 {
			*left--
			yield(values)
		}
		return
	}
	k := g.keys[at]
	if k.many == nil {
		switch {
		case k.texts == nil:
			values[at] = StateAfter(s, lag)
		default:
			values[at] = ""
			k.texts(s, func(text string) bool { values[at] = text; return true })
			if k == fingerprint {
				values[at] = canonical(values[at])
			}
		}
		g.each(s, lag, canonical, values, at+1, left, yield)
		return
	}
	var texts []string
	k.many(s, func(text string) bool {
		if text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		return len(texts) == maxGroupsOf
	})
	if len(texts) == 0 {
		texts = []string{""}
	}
	for _, text := range texts {
		values[at] = text
		g.each(s, lag, canonical, values, at+1, left, yield)
	}
}

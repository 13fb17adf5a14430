package push

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/signalbox/signalbox/api"
	lang "github.com/signalbox/signalbox/api/view"
)

// The limits of what a client may ask.
const (
	maxMessage   = 4 << 10 // bytes of one message
	maxPerMinute = 300     // messages; a page of the console asks for up to ten views, and one may leaf through many
	maxViews     = 16      // views at one time
	maxName      = 64      // bytes of the name of a view
	defaultLimit = 100     // rows of a window that does not say
)

// parseSubscribe reads a message of a client. Its error is for a message that
// no client of ours sends.
func parseSubscribe(text []byte) (api.Subscribe, error) {
	var s api.Subscribe
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("not a message of the feed: %w", err)
	}
	if s.Type != api.SubscribeType && s.Type != api.UnsubscribeType {
		return s, fmt.Errorf("there is no message type %.40q; there are %s and %s", s.Type, api.SubscribeType, api.UnsubscribeType)
	}
	if s.View == "" || len(s.View) > maxName {
		return s, fmt.Errorf("the name of a view has 1 to %d bytes", maxName)
	}
	return s, nil
}

// parseQuery checks a subscription. Its error is a sentence for the person who
// typed the filter.
func parseQuery(s api.Subscribe) (query, error) {
	q := query{viewKey: viewKey{topic: s.Topic, limit: api.MaxWindow}, match: new(lang.Filter)}
	var err error
	switch s.Topic {
	case api.TopicSessions:
		if q.match, err = lang.Parse(s.Filter); err != nil {
			return q, fmt.Errorf("filter: %w", err)
		}
		if q.order, err = lang.ParseSort(s.Sort); err != nil {
			return q, fmt.Errorf("sort: %w", err)
		}
		if s.Group != "" {
			return q, fmt.Errorf("group is for the topic %s", api.TopicGroups)
		}
		q.filter, q.sort = q.match.String(), q.order.String()
		return q, q.setWindow(s)
	case api.TopicGroups:
		if q.match, err = lang.Parse(s.Filter); err != nil {
			return q, fmt.Errorf("filter: %w", err)
		}
		if q.grouping, err = lang.ParseGrouping(s.Group); err != nil {
			return q, fmt.Errorf("group: %w", err)
		}
		if s.Sort != "" || s.Offset != 0 {
			return q, fmt.Errorf("sort and offset are for the topic %s", api.TopicSessions)
		}
		q.filter, q.group = q.match.String(), q.grouping.String()
		return q, q.setWindow(s)
	case api.TopicJob:
		if s.ID == "" || len(s.ID) > maxName {
			return q, fmt.Errorf("the id of a job has 1 to %d bytes", maxName)
		}
		q.id = s.ID
	case api.TopicSession:
		n, err := strconv.ParseUint(s.ID, 10, 64)
		if err != nil {
			return q, fmt.Errorf("%.40q is not the id of a session", s.ID)
		}
		q.id = strconv.FormatUint(n, 10)
	case api.TopicPending:
		q.match, err = lang.Parse("state:" + lang.StatePending)
		if err != nil {
			return q, err
		}
	case api.TopicServices, api.TopicServers, api.TopicFilters, api.TopicListeners, api.TopicMonitors, api.TopicJobs, api.TopicStats:
	default:
		return q, fmt.Errorf("there is no topic %.40q", s.Topic)
	}
	if s.Filter != "" || s.Sort != "" || s.Offset != 0 || s.Limit != 0 || s.Group != "" {
		return q, fmt.Errorf("filter, sort, offset, limit and group are for the topics %s and %s", api.TopicSessions, api.TopicGroups)
	}
	return q, nil
}

func (q *query) setWindow(s api.Subscribe) error {
	if s.Offset < 0 || s.Limit < 0 || s.Limit > api.MaxWindow {
		return fmt.Errorf("a window begins at offset 0 or later and has at most %d rows", api.MaxWindow)
	}
	q.offset, q.limit = s.Offset, s.Limit
	switch {
	case q.limit > 0:
	case s.Topic == api.TopicGroups:
		q.limit = api.MaxWindow
	default:
		q.limit = defaultLimit
	}
	return nil
}

// allowance counts the messages of a client: maxPerMinute at once, and as many
// more each minute.
type allowance struct {
	used float64
	last time.Time
}

// take tells whether one more message is within the allowance at now.
func (a *allowance) take(now time.Time) bool {
	a.used = max(0, a.used-now.Sub(a.last).Minutes()*maxPerMinute) + 1
	a.last = now
	return a.used <= maxPerMinute
}

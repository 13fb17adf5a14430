package model_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/app/model"
)

func session(id, user string) json.RawMessage {
	raw, _ := json.Marshal(api.Session{ID: id, Type: "sessions", Attributes: api.SessionAttributes{User: user}})
	return raw
}

// Ensure a snapshot replaces all rows, and patches change, add and take away.
func TestApply(t *testing.T) {
	var s model.Store
	s.Open(api.Subscribe{View: "v", Topic: api.TopicSessions})
	users := func() []string {
		var list []string
		for _, r := range model.Rows[api.SessionAttributes](s.View("v")) {
			list = append(list, r.ID+" "+r.Attributes.User)
		}
		return list
	}
	for _, tt := range []struct {
		name  string
		frame api.Frame
		want  []string
		total int
	}{
		{"snapshot", api.Frame{Type: api.FrameSnapshot, View: "v", Total: 2, IDs: []string{"2", "1"}, Upserts: []json.RawMessage{session("1", "ann"), session("2", "bob")}}, []string{"2 bob", "1 ann"}, 2},
		{"change", api.Frame{Type: api.FramePatch, View: "v", Total: 2, Upserts: []json.RawMessage{session("1", "eve")}}, []string{"2 bob", "1 eve"}, 2},
		{"add", api.Frame{Type: api.FramePatch, View: "v", Total: 3, IDs: []string{"3", "2", "1"}, Upserts: []json.RawMessage{session("3", "joe")}}, []string{"3 joe", "2 bob", "1 eve"}, 3},
		{"remove", api.Frame{Type: api.FramePatch, View: "v", Total: 2, Removed: []string{"2"}}, []string{"3 joe", "1 eve"}, 2},
		{"other-view", api.Frame{Type: api.FrameSnapshot, View: "w"}, []string{"3 joe", "1 eve"}, 2},
		{"garbage", api.Frame{Type: api.FramePatch, View: "v", Total: 2, Upserts: []json.RawMessage{[]byte(`{"id":7}`)}}, []string{"3 joe", "1 eve"}, 2},
		{"empty", api.Frame{Type: api.FramePatch, View: "v", Removed: []string{"3", "1"}}, nil, 0},
		{"snapshot-again", api.Frame{Type: api.FrameSnapshot, View: "v", Total: 1, IDs: []string{"9"}, Upserts: []json.RawMessage{session("9", "kim")}}, []string{"9 kim"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.Apply(tt.frame)
			if diff := cmp.Diff(tt.want, users()); diff != "" {
				t.Error(diff)
			}
			if got := s.View("v").Total; got != tt.total {
				t.Errorf("got total %d, want %d", got, tt.total)
			}
		})
	}
}

// Ensure a refused view says why and keeps its rows.
func TestRefused(t *testing.T) {
	var s model.Store
	s.Open(api.Subscribe{View: "v", Topic: api.TopicSessions})
	s.Apply(api.Frame{Type: api.FrameError, View: "v", Detail: "no"})
	if got := s.View("v").Refused; got != "no" {
		t.Errorf("got %q", got)
	}
	s.Open(api.Subscribe{View: "v", Topic: api.TopicSessions, Filter: "user:ann"})
	if got := s.View("v"); got.Refused != "" || got.Ask.Filter != "user:ann" {
		t.Errorf("got %+v", got)
	}
}

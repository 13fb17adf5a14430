package server

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestAlterSession(t *testing.T) {
	chain := func(names ...string) string {
		var list []string
		for _, name := range names {
			list = append(list, fmt.Sprintf(`{"id":%q,"type":"filters"}`, name))
		}
		return `{"data":[` + strings.Join(list, ",") + `]}`
	}
	tests := []struct {
		name, path, body string
		status           int
		contains         string
		filters          []string
		logInfo          bool
	}{
		{"relationships", "", `{"data":{"type":"services","relationships":{"filters":` + chain("Second", "First") + `}}}`, 204, "", []string{"Second", "First"}, false},
		{"documented_shape", "", `{"data":{"attributes":{"relationships":{"filters":{"data":[{"id":"Spare"},{"id":"First"}]}}}}}`, 204, "", []string{"Spare", "First"}, false},
		{"relationship_itself", "/relationships/filters", chain("Spare"), 204, "", []string{"Spare"}, false},
		{"same_twice", "/relationships/filters", chain("First", "First"), 204, "", []string{"First", "First"}, false},
		{"none", "", `{"data":{"relationships":{"filters":{"data":[]}}}}`, 204, "", []string{}, false},
		{"null_changes_nothing", "", `{"data":{"relationships":{"filters":{"data":null}}}}`, 204, "", []string{"First", "Second"}, false},
		{"log_level", "", `{"data":{"attributes":{"parameters":{"log_info":true}}}}`, 204, "", []string{"First", "Second"}, true},
		{"log_level_for_a_time", "", `{"data":{"attributes":{"parameters":{"log_info":true},"log_for":"15m"}}}`, 204, "", []string{"First", "Second"}, true},
		{"both", "", `{"data":{"id":"1","attributes":{"parameters":{"log_info":true}},"relationships":{"filters":` + chain("Spare") + `}}}`, 204, "", []string{"Spare"}, true},
		{"both_shapes_agree", "", `{"data":{"attributes":{"relationships":{"filters":` + chain("Spare") + `}},"relationships":{"filters":` + chain("Spare") + `}}}`, 204, "", []string{"Spare"}, false},
		{"skip_sync", "?sync=false", `{"data":{"attributes":{"parameters":{"log_info":true}}}}`, 204, "", []string{"First", "Second"}, true},
		{"read_only_attributes_are_ignored", "", `{"data":{"id":"1","type":"sessions","attributes":{"user":"x","idle":3}}}`, 204, "", []string{"First", "Second"}, false},

		{"both_shapes_differ", "", `{"data":{"attributes":{"relationships":{"filters":` + chain("First") + `}},"relationships":{"filters":` + chain("Spare") + `}}}`, 400, "differ", []string{"First", "Second"}, false},
		{"unknown_filter", "", `{"data":{"relationships":{"filters":` + chain("nosuch") + `}}}`, 400, "Not a valid filter: nosuch", []string{"First", "Second"}, false},
		{"one_unknown_changes_nothing", "", `{"data":{"attributes":{"parameters":{"log_info":true}},"relationships":{"filters":` + chain("Spare", "nosuch") + `}}}`, 400, "nosuch", []string{"First", "Second"}, false},
		{"filter_that_refuses", "", `{"data":{"attributes":{"parameters":{"log_info":true}},"relationships":{"filters":` + chain("Spare", "Refuse") + `}}}`, 400, "Refuse", []string{"First", "Second"}, false},
		{"unknown_parameter", "", `{"data":{"attributes":{"parameters":{"log_info":true,"log_nosuch":true}}}}`, 400, "log_nosuch", []string{"First", "Second"}, false},
		{"text_for_bool", "", `{"data":{"attributes":{"parameters":{"log_info":"true"}}}}`, 400, "log_info must be true or false", []string{"First", "Second"}, false},
		{"number_for_bool", "", `{"data":{"attributes":{"parameters":{"log_info":1}}}}`, 400, "not 1", []string{"First", "Second"}, false},
		{"log_for_ever", "", `{"data":{"attributes":{"parameters":{"log_info":true},"log_for":"for ever"}}}`, 400, "is not a time", []string{"First", "Second"}, false},
		{"log_for_nothing", "", `{"data":{"attributes":{"log_for":"15m"}}}`, 400, "log_for needs parameters", []string{"First", "Second"}, false},
		{"no_body", "", ``, 400, "Missing request body", []string{"First", "Second"}, false},
		{"half_json", "", `{"data": `, 400, "Invalid JSON in request: ", []string{"First", "Second"}, false},
		{"no_data", "", `{}`, 400, "no 'data'", []string{"First", "Second"}, false},
		{"null_data", "", `{"data":null}`, 400, "no 'data'", []string{"First", "Second"}, false},
		{"no_data_in_relationship", "/relationships/filters", `{}`, 400, "no 'data'", []string{"First", "Second"}, false},
		{"array", "", `[1]`, 400, "Invalid JSON", []string{"First", "Second"}, false},
		{"text", "", `"x"`, 400, "Invalid JSON", []string{"First", "Second"}, false},
		{"filters_are_an_object", "", `{"data":{"relationships":{"filters":{"data":{"id":"First"}}}}}`, 400, "must be an array", []string{"First", "Second"}, false},
		{"filters_are_text", "", `{"data":{"relationships":{"filters":{"data":["First"]}}}}`, 400, "filter 1 must be an object", []string{"First", "Second"}, false},
		{"id_is_a_number", "", `{"data":{"relationships":{"filters":{"data":[{"id":5}]}}}}`, 400, "filter 1 must be an object", []string{"First", "Second"}, false},
		{"id_is_missing", "", `{"data":{"relationships":{"filters":{"data":[{"id":"First"},{}]}}}}`, 400, "filter 2 must be an object", []string{"First", "Second"}, false},
		{"endless_chain", "/relationships/filters", chain(strings.Split(strings.Repeat("First,", 100)+"First", ",")...), 400, "at most 64", []string{"First", "Second"}, false},
		{"another_session", "", `{"data":{"id":"2","attributes":{"parameters":{"log_info":true}}}}`, 409, "about session 2", []string{"First", "Second"}, false},
		{"large_body", "", `{"data":"` + strings.Repeat("x", maxBody) + `"}`, 413, "larger than", []string{"First", "Second"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				c := s.connect()
				s.wants(s.ask(adminUser, "PATCH", "/v1/sessions/1"+tt.path, tt.body), tt.status, tt.contains)
				got := s.session(c.ID)
				if diff := cmp.Diff(tt.filters, got.Relationships.IDs("filters")); diff != "" {
					t.Error(diff)
				}
				if got.Attributes.Parameters.LogInfo != tt.logInfo {
					t.Errorf("log_info is %v, want %v", got.Attributes.Parameters.LogInfo, tt.logInfo)
				}
			})
		})
	}
}

func TestSwapWaits(t *testing.T) {
	inSite(t, nil, func(s *site) {
		c := s.connect()
		_, _ = c.Query("BEGIN")
		s.wants(s.ask(adminUser, "PATCH", "/v1/sessions/1/relationships/filters", `{"data":[{"id":"Spare"}]}`), 204)
		s.wants(s.ask(adminUser, "POST", "/v1/sessions/1/restart", ""), 204)
		pending := s.session(c.ID).Attributes.Pending
		if pending.Filters == nil || !cmp.Equal(*pending.Filters, []string{"Spare"}) || !pending.Restart || pending.Waits != "transaction" {
			t.Errorf("pending is %+v", pending)
		}
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/restart", ""), 204)
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/restart", ""), 404, "no pending restart")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/kill", ""), 404, "no pending kill")
		s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/1/pending/lunch", ""), 404, "lunch is not a thing")
		_, _ = c.Query("COMMIT")
		synctest.Wait()
		got := s.session(c.ID)
		if diff := cmp.Diff([]string{"Spare"}, got.Relationships.IDs("filters")); diff != "" {
			t.Error(diff)
		}
		if body := s.wants(s.ask(adminUser, "GET", "/v1/sessions/1?fields[sessions]=pending&pretty=0", ""), 200); strings.Contains(body, "Spare") {
			t.Errorf("still pending: %s", body)
		}
	})
}

package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
)

// service returns a service as the API shows it.
func (s *site) service(name string) api.Service {
	s.t.Helper()
	body := s.wants(s.ask(adminUser, "GET", "/v1/services/"+name, ""), 200)
	r, err := api.DecodeOne[api.ServiceAttributes]([]byte(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func TestAlterService(t *testing.T) {
	const path, itself = "RW-Split-Router", "RW-Split-Router/relationships/filters"
	before := []string{"First", "Second"}
	relationships := func(text string) string { return `{"data":{"relationships":{` + text + `}}}` }
	attributes := func(text string) string { return `{"data":{"attributes":{` + text + `}}}` }
	tests := []struct {
		name, path, body string
		status           int
		contains         string
		filters          []string
	}{
		{"of_maxctrl", path, `{"data":{"id":"RW-Split-Router","type":"services","relationships":{"filters":{"data":[{"id":"Spare","type":"filters"},{"id":"First","type":"filters"}]}}}}`, 204, "", []string{"Spare", "First"}},
		{"itself", itself, `{"data":[{"id":"Spare","type":"filters"}]}`, 204, "", []string{"Spare"}},
		{"same_twice", itself, `{"data":[{"id":"First"},{"id":"First"}]}`, 204, "", []string{"First", "First"}},
		{"none", path, relationships(`"filters":{"data":[]}`), 204, "", nil},
		{"null", path, relationships(`"filters":{"data":null}`), 204, "", nil},
		{"itself_null", itself, `{"data":null}`, 204, "", nil},
		{"nothing", path, `{"data":{}}`, 204, "", before},
		{"others_as_they_are", path, relationships(`"servers":{"data":[{"id":"server2","type":"servers"},{"id":"server1","type":"servers"},{"id":"server1","type":"servers"}]},"listeners":{"data":[]},"services":{"data":[]},"filters":{"data":[{"id":"Spare"}]}`), 204, "", []string{"Spare"}},
		{"attributes_as_they_are", path, attributes(`"router":"readwritesplit","statistics":{"connections":77},"parameters":{"password":"*****","filters":"First|Second","max_connections":0}`), 204, "", before},

		{"unknown_filter", path, relationships(`"filters":{"data":[{"id":"Spare"},{"id":"nosuch"}]}`), 400, "'nosuch' is not a valid object of type 'filters'", before},
		{"itself_unknown_filter", itself, `{"data":[{"id":"server1","type":"servers"}]}`, 400, "'server1' is not a valid object of type 'filters'", before},
		{"other_servers", path, relationships(`"servers":{"data":[{"id":"server1"}]},"filters":{"data":[]}`), 400, "the servers of a service cannot be changed", before},
		{"null_servers", path, relationships(`"servers":{"data":null},"filters":{"data":[]}`), 400, "the servers of a service cannot be changed", before},
		{"a_monitor", path, relationships(`"monitors":{"data":[{"id":"Monitor"}]}`), 400, "the monitors of a service cannot be changed", before},
		{"unknown_relation", path, relationships(`"friends":{"data":[]},"filters":{"data":[]}`), 400, "is not a relationship of a service", before},
		{"changed_parameter", path, attributes(`"parameters":{"max_connections":5}`), 400, "max_connections cannot be changed while", before},
		{"changed_password", path, attributes(`"parameters":{"password":"x"}`), 400, "password cannot be changed while", before},
		{"filters_as_parameter", path, attributes(`"parameters":{"filters":"Spare"}`), 400, "changed as a relationship", before},
		{"unknown_parameter", path, attributes(`"parameters":{"nosuch":5}`), 400, "is not a parameter of this service", before},
		{"changed_state", path, attributes(`"state":"Stopped"`), 400, "state cannot be changed", before},
		{"unknown_attribute", path, attributes(`"max_connections":5`), 400, "is not an attribute of a service", before},
		{"parameters_are_a_list", path, attributes(`"parameters":[]`), 400, "parameters must be an object", before},
		{"one_bad_part_changes_nothing", path, `{"data":{"attributes":{"parameters":{"max_connections":5}},"relationships":{"filters":{"data":[]}}}}`, 400, "max_connections", before},
		{"relation_is_null", path, relationships(`"filters":null`), 400, `for none {\"data\": []}`, before},
		{"relation_without_data", path, relationships(`"filters":{}`), 400, `for none {\"data\": []}`, before},
		{"relation_is_a_list", path, relationships(`"filters":[]`), 400, `for none {\"data\": []}`, before},
		{"names", itself, `{"data":["First"]}`, 400, "filter 1 must be an object", before},
		{"endless", itself, `{"data":[` + strings.Repeat(`{"id":"First"},`, 64) + `{"id":"First"}]}`, 400, "at most 64", before},
		{"no_data", path, `{}`, 400, "no 'data'", before},
		{"no_data_itself", itself, `{}`, 400, "must be", before},
		{"no_body", itself, ``, 400, "Missing request body", before},
		{"another_service", path, `{"data":{"id":"Read-Connection-Router"}}`, 409, "about service Read-Connection-Router", before},
		{"unknown_service", "nosuch", `{"data":{}}`, 404, "nosuch is not a service", before},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				s.wants(s.ask(adminUser, "PATCH", "/v1/services/"+tt.path, tt.body), tt.status, tt.contains)
				got := s.service("RW-Split-Router")
				if diff := cmp.Diff(tt.filters, got.Relationships.IDs("filters")); diff != "" {
					t.Error(diff)
				}
				var shown any
				if len(tt.filters) > 0 {
					shown = strings.Join(tt.filters, "|")
				}
				if got.Attributes.Parameters["filters"] != shown {
					t.Errorf("the parameter is %v, want %v", got.Attributes.Parameters["filters"], shown)
				}
			})
		})
	}
}

// Ensure that a resource may come back as it was, whatever it holds.
func TestServiceComesBack(t *testing.T) {
	inSite(t, nil, func(s *site) {
		for _, name := range []string{"RW-Split-Router", "Read-Connection-Router"} {
			body := s.wants(s.ask(adminUser, "GET", "/v1/services/"+name, ""), 200)
			s.connect()
			s.wants(s.ask(adminUser, "PATCH", "/v1/services/"+name, body), 204)
		}
	})
}

// Ensure that running sessions keep their chain and say that it is an old one,
// that a restart gives them the new one, and that it can be seen who did what.
func TestServiceChain(t *testing.T) {
	inSite(t, nil, func(s *site) {
		old := s.connect()
		s.wants(s.ask(basicUser, "PATCH", "/v1/services/RW-Split-Router/relationships/filters", `{"data":[]}`), 403)
		s.wants(s.ask(adminUser, "PATCH", "/v1/services/RW-Split-Router/relationships/filters", `{"data":[{"id":"Spare"}]}`), 204)
		young := s.connect()
		expect := func(id uint32, outdated bool, names ...string) {
			t.Helper()
			got := s.session(id)
			if diff := cmp.Diff(names, got.Relationships.IDs("filters")); diff != "" || got.Attributes.ChainOutdated != outdated {
				t.Errorf("session %d: outdated %v, %s", id, got.Attributes.ChainOutdated, diff)
			}
		}
		expect(old.ID, true, "First", "Second")
		expect(young.ID, false, "Spare")
		s.wants(s.ask(adminUser, "POST", fmt.Sprintf("/v1/sessions/%d/restart", old.ID), ""), 204)
		synctest.Wait()
		expect(old.ID, false, "Spare")
		var audit struct {
			Data []struct {
				Attributes struct {
					Action string                     `json:"action"`
					Before struct{ Filters []string } `json:"before"`
					After  struct{ Filters []string } `json:"after"`
					Status int                        `json:"status"`
				} `json:"attributes"`
			} `json:"data"`
		}
		body := s.wants(s.ask(adminUser, "GET", "/v1/audit", ""), 200)
		if err := json.Unmarshal([]byte(body), &audit); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, r := range audit.Data {
			a := r.Attributes
			if a.Action == "service.alter" && a.Status == 204 {
				found = cmp.Equal(a.Before.Filters, []string{"First", "Second"}) && cmp.Equal(a.After.Filters, []string{"Spare"})
			}
		}
		if !found {
			t.Errorf("the audit log does not say what was and what is: %s", body)
		}
	})
}

func TestServiceIfMatch(t *testing.T) {
	inSite(t, nil, func(s *site) {
		path := "/v1/services/RW-Split-Router/relationships/filters"
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[]}`, "If-Match", `"Spare"`), 412, "not what they were")
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[{"id":"Spare"}]}`, "If-Match", `"First|Second"`), 204)
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[]}`, "If-Match", `"Spare"`), 204)
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[{"id":"First"}]}`, "If-Match", `""`), 204)
	})
}

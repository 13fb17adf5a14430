package server

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/signalbox/signalbox/api"
)

func TestAlterService(t *testing.T) {
	const path = "/v1/services/RW-Split-Router"
	list := func(names ...string) string {
		refs := make([]string, len(names))
		for i, name := range names {
			refs[i] = `{"id":"` + name + `","type":"filters"}`
		}
		return "[" + strings.Join(refs, ",") + "]"
	}
	body := func(data string) string { return `{"data":{"relationships":{"filters":{"data":` + data + `}}}}` }
	for _, tt := range []struct {
		name, path, body string
		status           int
		contains         string
		filters          []string
	}{
		{"relationships", "", body(list("Second", "Spare")), 204, "", []string{"Second", "Spare"}},
		{"relationship_itself", "/relationships/filters", `{"data":` + list("Spare") + `}`, 204, "", []string{"Spare"}},
		{"empty_clears", "", body("[]"), 204, "", nil},
		{"null_clears", "", body("null"), 204, "", nil},
		{"nothing", "", `{"data":{"id":"RW-Split-Router","attributes":{"state":"Started","parameters":{}}}}`, 204, "", []string{"First", "Second"}},

		{"unknown", "", body(list("First", "nosuch")), 400, "'nosuch' is not a valid object of type 'filters'", []string{"First", "Second"}},
		{"no_type", "", body(`[{"id":"First"}]`), 400, "element 1 must be an object", []string{"First", "Second"}},
		{"not_a_list", "", body(`"First"`), 400, "must be an array", []string{"First", "Second"}},
		{"parameter_changed", "", `{"data":{"attributes":{"parameters":{"max_connections":7}}}}`, 400, "max_connections cannot be changed", []string{"First", "Second"}},
		{"parameter_unknown", "", `{"data":{"attributes":{"parameters":{"colour":7}}}}`, 400, `colour\" is not a parameter of the service`, []string{"First", "Second"}},
		{"servers_changed", "", `{"data":{"relationships":{"servers":{"data":[{"id":"server1","type":"servers"}]}}}}`, 400, "cannot be changed", []string{"First", "Second"}},
		{"relation_is_null", "", `{"data":{"relationships":{"filters":null}}}`, 400, `for none {\"data\": []}`, []string{"First", "Second"}},
		{"relation_without_data", "", `{"data":{"relationships":{"filters":{}}}}`, 400, `for none {\"data\": []}`, []string{"First", "Second"}},
		{"relation_is_a_list", "", `{"data":{"relationships":{"filters":[]}}}`, 400, `for none {\"data\": []}`, []string{"First", "Second"}},
		{"unknown_relation", "", `{"data":{"relationships":{"filtres":{"data":[]}}}}`, 400, "is not a relationship of a service", []string{"First", "Second"}},
		{"listeners_come_along", "", `{"data":{"relationships":{"listeners":{"data":[]},"services":{"data":[]}}}}`, 204, "", []string{"First", "Second"}},
		{"state_changed", "", `{"data":{"attributes":{"state":"Stopped"}}}`, 400, "state cannot be changed", []string{"First", "Second"}},
		{"attribute_unknown", "", `{"data":{"attributes":{"max_connections":7}}}`, 400, "is not an attribute of a service", []string{"First", "Second"}},
		{"figures_have_moved_on", "", `{"data":{"attributes":{"connections":77,"statistics":{}}}}`, 204, "", []string{"First", "Second"}},
		{"filters_as_a_parameter", "", `{"data":{"attributes":{"parameters":{"filters":"Spare"}}}}`, 400, "changed as a relationship", []string{"First", "Second"}},
		{"another_service", "", `{"data":{"id":"Other"}}`, 409, "the path about service RW-Split-Router", []string{"First", "Second"}},
		{"no_data", "", `{}`, 400, "no 'data'", []string{"First", "Second"}},
		{"half_json", "", `{"data`, 400, "Invalid JSON", []string{"First", "Second"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inSite(t, nil, func(s *site) {
				s.wants(s.ask(adminUser, "PATCH", path+tt.path, tt.body), tt.status, tt.contains)
				info, err := s.engine.Service("RW-Split-Router")
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.filters, info.Filters, cmp.Transformer("", func(s []string) string { return strings.Join(s, "|") })); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Ensure a service may be sent back as it was read, and that sessions tell when
// their chain is no longer the default.
func TestAlterServiceRoundTrip(t *testing.T) {
	inSite(t, nil, func(s *site) {
		const path = "/v1/services/RW-Split-Router"
		c := s.connect()
		var document struct {
			Data api.Service `json:"data"`
		}
		if err := json.Unmarshal([]byte(s.wants(s.ask(adminUser, "GET", path, ""), 200)), &document); err != nil {
			t.Fatal(err)
		}
		document.Data.Relationships["filters"] = related("filters", "Spare")
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if s.session(c.ID).Attributes.ChainOutdated {
			t.Error("a new session's chain is outdated")
		}
		s.wants(s.ask(adminUser, "PATCH", path, string(text)), 204)
		if got := s.session(c.ID); !got.Attributes.ChainOutdated || len(got.Relationships.IDs("filters")) != 2 {
			t.Errorf("got %v, outdated %v", got.Relationships.IDs("filters"), got.Attributes.ChainOutdated)
		}
		s.wants(s.ask(adminUser, "POST", "/v1/sessions/1/restart", ""), 204)
		synctest.Wait()
		if got := s.session(c.ID); got.Attributes.ChainOutdated || strings.Join(got.Relationships.IDs("filters"), "|") != "Spare" {
			t.Errorf("after a restart: %v, outdated %v", got.Relationships.IDs("filters"), got.Attributes.ChainOutdated)
		}
		if got := s.session(s.connect().ID); strings.Join(got.Relationships.IDs("filters"), "|") != "Spare" {
			t.Errorf("a new session has %v", got.Relationships.IDs("filters"))
		}
		s.wants(s.ask(basicUser, "GET", "/v1/audit", ""), 200, "service.alter", `"Spare"`)
	})
}

// Ensure the parameters show the present chain, and not that of the configuration
// file.
func TestServiceParameters(t *testing.T) {
	inSite(t, nil, func(s *site) {
		const path = "/v1/services/RW-Split-Router"
		s.wants(s.ask(adminUser, "GET", path, ""), 200, `"filters": "First|Second"`)
		s.wants(s.ask(adminUser, "PATCH", path+"/relationships/filters", `{"data":[{"id":"Spare","type":"filters"}]}`), 204)
		s.wants(s.ask(adminUser, "GET", path, ""), 200, `"filters": "Spare"`)
		s.wants(s.ask(adminUser, "PATCH", path+"/relationships/filters", `{"data":[]}`), 204)
		s.wants(s.ask(adminUser, "GET", path, ""), 200, `"filters": null`)
	})
}

// Ensure that of two people who edit one chain the second one is told.
func TestServiceIfMatch(t *testing.T) {
	inSite(t, nil, func(s *site) {
		const path = "/v1/services/RW-Split-Router/relationships/filters"
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[]}`, "If-Match", `"Spare"`), 412, "not what they were")
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[{"id":"Spare","type":"filters"}]}`, "If-Match", `"First|Second"`), 204)
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[]}`, "If-Match", `"Spare"`), 204)
		s.wants(s.ask(adminUser, "PATCH", path, `{"data":[]}`, "If-Match", `""`), 204)
	})
}

// Ensure that a session whose chain has become an old one is not what it was.
func TestOutdatedChangesTheTag(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		before := s.ask(adminUser, "GET", "/v1/sessions/1", "").Header.Get("ETag")
		s.wants(s.ask(adminUser, "PATCH", "/v1/services/RW-Split-Router/relationships/filters", `{"data":[]}`), 204)
		s.wants(s.ask(adminUser, "GET", "/v1/sessions/1", "", "If-None-Match", before), 200, `"chain_outdated": true`)
	})
}

package server

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
)

func (s *site) preferences(who string) api.Preferences {
	s.t.Helper()
	var p api.Preferences
	if err := json.Unmarshal([]byte(s.wants(s.ask(who, "GET", "/v1/preferences", ""), 200)), &p); err != nil {
		s.t.Fatal(err)
	}
	return p
}

const sharedBody = `{"views":[{"name":"Slow","filter":"state:long","sort":"-in-state","columns":["id","in-state"]}],"thresholds":{"long_query":5,"long_transaction":0,"lag":2}}`

func TestPreferences(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "preferences.json")
	inSite(t, func(o *Options) {
		var err error
		if o.Preferences, err = OpenPreferences(path); err != nil {
			t.Fatal(err)
		}
	}, func(s *site) {
		if body := s.wants(s.ask(basicUser, "GET", "/v1/preferences?pretty=no", ""), 200, `"views":[]`); strings.Contains(body, "own") {
			t.Errorf("nothing is kept yet: %s", body)
		}
		s.wants(s.ask(basicUser, "PUT", "/v1/preferences", ` {"theme": "dark", "n": [1.50, {}]} `), 204)
		s.wants(s.ask(adminUser, "PUT", "/v1/preferences", `{"theme":"light"}`), 204)
		s.wants(s.ask(adminUser, "PUT", "/v1/preferences/shared", sharedBody), 204)

		got := s.preferences(basicUser)
		want := api.Preferences{
			Own: json.RawMessage(`{"theme":"dark","n":[1.50,{}]}`),
			Shared: api.SharedPreferences{
				Views:      []api.SavedView{{Name: "Slow", Filter: "state:long", Sort: "-in-state", Columns: []string{"id", "in-state"}}},
				Thresholds: api.Thresholds{LongQuery: 5, Lag: 2},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}

		records := s.options.Audit.newest()
		if len(records) != 1 || records[0].Action != "preferences.share" {
			t.Errorf("the audit log has %+v, want only what is shared", records)
		}

		again, err := OpenPreferences(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, again.of(basicUser)); diff != "" {
			t.Error(diff)
		}
		if own := string(again.of(adminUser).Own); own != `{"theme":"light"}` {
			t.Errorf("the other user has %s", own)
		}
	})
}

// TestPreferencesGoWithTheirUser: another user of the same name begins anew.
func TestPreferencesGoWithTheirUser(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.wants(s.ask(thirdUser, "PUT", "/v1/preferences", `{"a":1}`), 204)
		s.wants(s.ask(basicUser, "PUT", "/v1/preferences", `{"b":1}`), 204)
		s.wants(s.ask(adminUser, "DELETE", "/v1/users/inet/"+thirdUser, ""), 204)
		if own := s.options.Preferences.of(thirdUser).Own; own != nil {
			t.Errorf("%s is still kept", own)
		}
		if own := s.preferences(basicUser).Own; string(own) != `{"b":1}` {
			t.Errorf("the other one has %s", own)
		}
	})
}

func TestBadPreferences(t *testing.T) {
	views := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"name":"view %d"}`, i)
		}
		return `{"views":[` + strings.Join(all, ",") + `]}`
	}
	tests := []struct {
		name, path, body string
		status           int
		contains         string
	}{
		{"empty", "", "", 400, "Missing request body"},
		{"array", "", "[]", 400, "not a JSON object"},
		{"null", "", "null", 400, "not a JSON object"},
		{"two", "", "{} {}", 400, "preferences: "},
		{"broken", "", `{"a":`, 400, "preferences: "},
		{"large", "", `{"a":"` + strings.Repeat("x", api.MaxPreferences) + `"}`, 413, "larger than 65536 bytes"},
		{"deep", "", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), 400, "nested more than 32 deep"},
		{"very_deep", "", `{"a":` + strings.Repeat("[", 60000), 400, "preferences: "},
		{"shared_unknown_member", "/shared", `{"view":[]}`, 400, `unknown field`},
		{"no_name", "/shared", `{"views":[{"name":""}]}`, 400, "view 1: a name has"},
		{"long_name", "/shared", `{"views":[{"name":"` + strings.Repeat("n", 65) + `"}]}`, 400, "view 1: a name has"},
		{"name_of_two_lines", "/shared", `{"views":[{"name":"a\nb"}]}`, 400, "view 1: a name has"},
		{"spaced_name", "/shared", `{"views":[{"name":" a"}]}`, 400, "view 1: a name has"},
		{"twice", "/shared", `{"views":[{"name":"a"},{"name":"a"}]}`, 400, "stands there twice"},
		{"bad_filter", "/shared", `{"views":[{"name":"a"},{"name":"b","filter":"age:5"}]}`, 400, "view 2: filter: character 4"},
		{"bad_sort", "/shared", `{"views":[{"name":"a","sort":"colour"}]}`, 400, "view 1: sort: character 1"},
		{"bad_column", "/shared", `{"views":[{"name":"a","columns":["<b>"]}]}`, 400, "is not the name of a column"},
		{"many_views", "/shared", views(51), 400, "at most 50 views"},
		{"low_threshold", "/shared", `{"thresholds":{"lag":0.5}}`, 400, "lag=0.5 is not"},
		{"negative_threshold", "/shared", `{"thresholds":{"long_query":-1}}`, 400, "long_query=-1 is not"},
		{"high_threshold", "/shared", `{"thresholds":{"long_transaction":86401}}`, 400, "long_transaction=86401 is not"},
	}
	inSite(t, nil, func(s *site) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s.wants(s.ask(adminUser, "PUT", "/v1/preferences"+tt.path, tt.body), tt.status, tt.contains)
			})
		}
		if diff := cmp.Diff(api.Preferences{Shared: api.SharedPreferences{Views: []api.SavedView{}}}, s.preferences(adminUser)); diff != "" {
			t.Errorf("something was kept: %s", diff)
		}
		s.wants(s.ask(adminUser, "PUT", "/v1/preferences/shared", views(50)), 204)
		s.wants(s.ask(basicUser, "PUT", "/v1/preferences/shared", views(1)), 403)
	})
}

func TestManyPreferences(t *testing.T) {
	p, err := OpenPreferences("")
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxPreferenceUsers {
		if err := p.keep(fmt.Sprint(i), json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.keep("one more", json.RawMessage(`{}`)); err == nil || problemOf(err).status != 507 {
		t.Errorf("got %v, want 507", err)
	}
	if err := p.keep("0", json.RawMessage(`{"a":1}`)); err != nil || string(p.of("0").Own) != `{"a":1}` {
		t.Errorf("who is known already cannot change: %v", err)
	}
}

// TestPreferencesThatCannotBeWritten: what is shown is what is on the disk.
func TestPreferencesThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	p, err := OpenPreferences(filepath.Join(dir, "file", "preferences.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.keep("ann", json.RawMessage(`{}`)); err == nil || p.of("ann").Own != nil {
		t.Errorf("got %v and %s, want an error and nothing kept", err, p.of("ann").Own)
	}
}

func TestBadPreferencesFile(t *testing.T) {
	tests := []struct {
		name, text string
		good       bool
	}{
		{"no_json", "{", false},
		{"array", "[]", false},
		{"empty_object", "{}", true},
		{"wild_threshold", `{"shared":{"thresholds":{"lag":-5}}}`, true},
		{"wild_own", `{"users":{"ann":[]}}`, true},
		{"filter_of_another_version", `{"shared":{"views":[{"name":"a","filter":"colour:red"}]}}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "preferences.json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := OpenPreferences(path)
			if (err == nil) != tt.good || err != nil && !strings.Contains(err.Error(), path) {
				t.Fatalf("got %v", err)
			}
			if err == nil && (p.of("ann").Own != nil || p.of("ann").Shared.Thresholds != (api.Thresholds{})) {
				t.Errorf("got %+v", p.of("ann"))
			}
		})
	}
}

func FuzzPreferencesFile(f *testing.F) {
	f.Add([]byte(`{"shared":` + sharedBody + `,"users":{"ann":{"theme":"dark"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		kept, err := parsePreferences(text)
		if err != nil {
			return
		}
		if err := checkThresholds(kept.Shared.Thresholds); err != nil {
			t.Error(err)
		}
		for name, own := range kept.Users {
			if _, err := checkOwn(own); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

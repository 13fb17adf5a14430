package jsonapi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
)

// session returns a resource with a bit of everything.
func session(id int, user string, idle float64) api.Session {
	return api.Session{
		ID:   fmt.Sprint(id),
		Type: "sessions",
		Attributes: api.SessionAttributes{
			State: api.SessionStarted, User: user, Remote: "127.0.0.1", Port: 40000 + id, Idle: idle,
			Connected: "Sat, 21 Nov 2026 16:43:04 GMT", ConnectedAt: "2026-11-21T16:43:04.085Z",
			Connections: []api.SessionConnection{
				{Server: "server1", ConnectionID: 74, Primary: true},
				{Server: "server2", ConnectionID: 28},
			},
			Queries: []api.SessionQuery{{
				Command: "COM_QUERY", Statement: "select c from sbtest1 where id=1",
				Received: "2026-11-21T16:43:04.117", Completed: "2026-11-21T16:43:04.117",
				Responses: []api.QueryResponse{{Server: "server2"}},
			}},
			Log:        []string{"2026-11-21 16:43:04.120   info   : (1) Route query to replica: server2 <"},
			Parameters: api.SessionParameters{LogInfo: id%2 == 0},
			Memory: api.SessionMemory{
				Total: int64(id) * 100,
				ConnectionBuffers: api.ConnectionBuffers{
					Backends: map[string]api.BufferSizes{"server1": {Misc: 662, Total: 662}},
				},
			},
			Chain: []api.ChainLink{{ID: "qla", Module: "qlafilter"}},
		},
		Relationships: api.Relationships{
			"services": {Data: []api.Reference{{ID: "RW-Split-Router", Type: "services"}}},
			"filters":  {Data: []api.Reference{}},
		},
		Links: &api.Links{Self: fmt.Sprintf("http://h/v1/sessions/%d/", id)},
	}
}

func query(t testing.TB, text string) *Query {
	t.Helper()
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseQuery(values)
	if err != nil {
		t.Fatalf("ParseQuery(%q): %v", text, err)
	}
	return q
}

func ids(t testing.TB, document []byte) []string {
	t.Helper()
	rows, err := api.DecodeAll[map[string]any](document)
	if err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	ids := []string{}
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

func TestEncodeLooksLikeMaxScale(t *testing.T) {
	got := string(Encode(map[string]any{
		"z": []int{1, 2}, "a": map[string]any{}, "m": []string{}, "n": nil,
		"f": 1.8, "s": "a\"b\\c\n\x01é\xff<>",
	}, true))
	want := `{
    "a": {},
    "f": 1.8,
    "m": [],
    "n": null,
    "s": "a\"b\\c\n\u0001é` + "\ufffd" + `<>",
    "z": [
        1,
        2
    ]
}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEncodeAgreesWithEncodingJSON(t *testing.T) {
	for _, pretty := range []bool{true, false} {
		var got, want any
		s := session(7, "app", 1.5)
		if err := json.Unmarshal(Encode(s, pretty), &got); err != nil {
			t.Fatal(err)
		}
		standard, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(standard, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	raw := Encode(api.Document{Data: json.RawMessage(`{"b":1,"a":2}`)}, false)
	if got, want := string(raw), `{"data":{"a":2,"b":1}}`; got != want {
		t.Errorf("raw message: got %s, want %s", got, want)
	}
}

func TestFilter(t *testing.T) {
	rows := []api.Session{session(1, "app", 0), session(2, "bench", 5.2), session(60, "app", 12), session(101, "", 3)}
	tests := []struct {
		name, query string
		want        []string
	}{
		{"literal", `filter=/attributes/user="app"`, []string{"1", "60"}},
		{"without_slash", `filter=attributes/user="bench"`, []string{"2"}},
		{"no_such_pointer", `filter=/attributes/nosuch=1`, []string{}},
		{"left_out_when_empty", `filter=/attributes/user=ne("app")`, []string{"2"}},
		{"ids_are_numbers", `filter=id=and(ge(50),le(100))`, []string{"60"}},
		{"id_equals_number", `filter=id=60`, []string{"60"}},
		{"integer_and_real", `filter=/attributes/idle=gt(5)`, []string{"2", "60"}},
		{"real_and_integer", `filter=/attributes/port=lt(40002.5)`, []string{"1", "2"}},
		{"types_without_order", `filter=/attributes/user=le(5)`, []string{}},
		{"or", `filter=id=or(1,eq(101))`, []string{"1", "101"}},
		{"not_is_none_of", `filter=id=not(1,2,ge(100))`, []string{"60"}},
		{"bool", `filter=/attributes/parameters/log_info=true`, []string{"2", "60"}},
		{"null", `filter=/attributes/client/connection_attributes=null`, []string{"1", "2", "60", "101"}},
		{"array_element", `filter=/attributes/connections/1/server="server2"`, []string{"1", "2", "60", "101"}},
		{"whole_array", `filter=/attributes/log=[]`, []string{}},
		{"whole_object", `filter=/relationships/services/data/0={"id":"RW-Split-Router","type":"services"}`, []string{"1", "2", "60", "101"}},
		{"last_filter_counts", `filter=id=1&filter=id=2`, []string{"2"}},
		{"path", `filter[$.attributes.user]="app"`, []string{"1", "60"}},
		{"path_without_dollar", `filter[attributes.idle]=ge(5)`, []string{"2", "60"}},
		{"path_wildcard", `filter[$.attributes.connections[*].connection_id]=28`, []string{"1", "2", "60", "101"}},
		{"path_quoted", `filter[$['attributes']["user"]]="bench"`, []string{"2"}},
		{"path_indexes", `filter[attributes.connections[0,1].server]="server2"`, []string{"1", "2", "60", "101"}},
		{"path_dot_star", `filter[attributes.parameters.*]=true`, []string{"2", "60"}},
		{"paths_are_anded", `filter[attributes.user]="app"&filter[attributes.idle]=gt(1)`, []string{"60"}},
		{"string_order", `filter=/attributes/user=gt("azz")`, []string{"2"}},
		{"comma_in_string", `filter=/attributes/user=or("a,)b","app")`, []string{"1", "60"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := query(t, strings.ReplaceAll(tt.query, `"`, "%22"))
			got := ids(t, Many(q, rows, "http://h/v1/sessions/"))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadQuery(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"no_equals", `filter=attributes`, "has no ="},
		{"bare_word", `filter=/attributes/user=app`, "strings need double quotes"},
		{"unknown_function", `filter=id=near(1)`, `"near" is not one of`},
		{"open", `filter=id=and(1`, "and( is not closed"},
		{"two_values", `filter=id=gt(1,2)`, "gt takes one value"},
		{"order_of_array", `filter=id=gt([1])`, "gt compares with a number or a string"},
		{"rest", `filter=id=gt(1)x`, "after the end"},
		{"two_literals", `filter=id=1 2`, "not a JSON value"},
		{"deep", `filter=id=` + strings.Repeat("not(", 40) + "1" + strings.Repeat(")", 40), "nested deeper"},
		{"long", `filter=id="` + strings.Repeat("a", 5000) + `"`, "longer than 4096"},
		{"empty_pointer", `filter==1`, "names nothing"},
		{"path_dots", `filter[$..id]=1`, "name is missing"},
		{"path_bracket", `filter[$.a[1]=1`, "not closed"},
		{"path_index", `filter[$.a[x]]=1`, "is not an index"},
		{"path_quote", `filter[$['a]]=1`, "not closed"},
		{"path_steps", `filter[` + strings.Repeat("a.", 40) + `a]=1`, "more than 32 steps"},
		{"page_size_zero", `page[size]=0`, "is not a number from 1"},
		{"page_size_text", `page[size]=x`, "is not a number"},
		{"page_number_negative", `page[number]=-1&page[size]=2`, "is not a number from 0"},
		{"pretty", `pretty=maybe`, "is not one of true"},
		{"sort_empty", `sort=`, "names nothing"},
		{"sort_many", `sort=` + strings.Repeat("a,", 20) + "a", "more than 16"},
		{"fields_deep", `fields[sessions]=` + strings.Repeat("a/", 40), "deeper than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			_, err = ParseQuery(values)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestFields(t *testing.T) {
	tests := []struct{ name, query, want string }{
		{"attributes", "fields[sessions]=user,idle", `{"attributes":{"idle":2,"user":"app"},"id":"1","links":{"self":"http://h/v1/sessions/1/"},"type":"sessions"}`},
		{"nested", "fields[sessions]=memory/total,/parameters/log_info", `{"attributes":{"memory":{"total":100},"parameters":{"log_info":false}},"id":"1","links":{"self":"http://h/v1/sessions/1/"},"type":"sessions"}`},
		{"unknown_drops_out", "fields[sessions]=attributes/user,memory/nosuch", `{"id":"1","links":{"self":"http://h/v1/sessions/1/"},"type":"sessions"}`},
		{"relationships", "fields[sessions]=services/data", `{"id":"1","links":{"self":"http://h/v1/sessions/1/"},"relationships":{"services":{"data":[{"id":"RW-Split-Router","type":"services"}]}},"type":"sessions"}`},
		{"no_descent_into_arrays", "fields[sessions]=connections/server,port", `{"attributes":{"port":40001},"id":"1","links":{"self":"http://h/v1/sessions/1/"},"type":"sessions"}`},
		{"whole_wins", "fields[sessions]=memory/total,user&fields[sessions]=user", `{"attributes":{"memory":{"total":100},"user":"app"},"id":"1","links":{"self":"http://h/v1/sessions/1/"},"type":"sessions"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := query(t, tt.query+"&pretty=off")
			var got struct{ Data json.RawMessage }
			if err := json.Unmarshal(One(q, session(1, "app", 2), "http://h/v1/sessions/1/"), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got.Data)); diff != "" {
				t.Error(diff)
			}
		})
	}
	other := query(t, "fields[servers]=state")
	if got := string(One(other, session(1, "app", 2), "x")); !strings.Contains(got, `"memory"`) {
		t.Errorf("fields of another type pruned a session: %s", got)
	}
}

func TestPagesAndOrder(t *testing.T) {
	rows := []api.Session{session(9, "b", 1), session(10, "a", 3), session(2, "c", 2), session(3, "", 7)}
	tests := []struct {
		name, query string
		want        []string
		links       api.Links
		total       any
	}{
		{"unpaged", "", []string{"9", "10", "2", "3"}, api.Links{Self: "http://h/v1/sessions/"}, nil},
		{"sorted", "sort=-idle", []string{"3", "10", "2", "9"}, api.Links{Self: "http://h/v1/sessions/"}, nil},
		{"by_id_as_numbers", "sort=id", []string{"2", "3", "9", "10"}, api.Links{Self: "http://h/v1/sessions/"}, nil},
		{"absent_last", "sort=-user", []string{"2", "9", "10", "3"}, api.Links{Self: "http://h/v1/sessions/"}, nil},
		{"nested_and_second_key", "sort=services,-memory/total", []string{"10", "9", "3", "2"}, api.Links{Self: "http://h/v1/sessions/"}, nil},
		{"page", "page[size]=3&page[number]=1&sort=id&fields[sessions]=user", []string{"10"}, api.Links{
			Self:  "http://h/v1/sessions/?fields%5Bsessions%5D=user&page%5Bnumber%5D=1&page%5Bsize%5D=3&sort=id",
			First: "http://h/v1/sessions/?fields%5Bsessions%5D=user&page%5Bnumber%5D=0&page%5Bsize%5D=3&sort=id",
			Prev:  "http://h/v1/sessions/?fields%5Bsessions%5D=user&page%5Bnumber%5D=0&page%5Bsize%5D=3&sort=id",
			Last:  "http://h/v1/sessions/?fields%5Bsessions%5D=user&page%5Bnumber%5D=1&page%5Bsize%5D=3&sort=id",
		}, 4.0},
		{"page_of_filtered", "page[size]=1&filter=id=lt(9)", []string{"2"}, api.Links{
			Self:  "http://h/v1/sessions/?filter=id%3Dlt%289%29&page%5Bnumber%5D=0&page%5Bsize%5D=1",
			First: "http://h/v1/sessions/?filter=id%3Dlt%289%29&page%5Bnumber%5D=0&page%5Bsize%5D=1",
			Next:  "http://h/v1/sessions/?filter=id%3Dlt%289%29&page%5Bnumber%5D=1&page%5Bsize%5D=1",
			Last:  "http://h/v1/sessions/?filter=id%3Dlt%289%29&page%5Bnumber%5D=1&page%5Bsize%5D=1",
		}, 2.0},
		{"page_past_the_end", "page[size]=1000000&page[number]=1000000", []string{}, api.Links{
			Self:  "http://h/v1/sessions/?page%5Bnumber%5D=1000000&page%5Bsize%5D=1000000",
			First: "http://h/v1/sessions/?page%5Bnumber%5D=0&page%5Bsize%5D=1000000",
			Prev:  "http://h/v1/sessions/?page%5Bnumber%5D=0&page%5Bsize%5D=1000000",
			Last:  "http://h/v1/sessions/?page%5Bnumber%5D=0&page%5Bsize%5D=1000000",
		}, 4.0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			document := Many(query(t, tt.query), rows, "http://h/v1/sessions/")
			if diff := cmp.Diff(tt.want, ids(t, document)); diff != "" {
				t.Error(diff)
			}
			var got api.Document
			if err := json.Unmarshal(document, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.links, *got.Links); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.total, got.Meta["total"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	got := string(Errors(false, "a", "a", "b"))
	if want := `{"errors":[{"detail":"a"},{"detail":"b"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTags(t *testing.T) {
	tag := WeakTag("4711", "2")
	if tag == WeakTag("471", "12") {
		t.Error("parts run into one another")
	}
	tests := []struct {
		name, header string
		want         bool
	}{
		{"same", tag, true},
		{"strong_form", strings.TrimPrefix(tag, "W/"), true},
		{"in_a_list", `"x", ` + tag, true},
		{"star", "*", true},
		{"other", `W/"0"`, false},
		{"without_quotes", strings.Trim(strings.TrimPrefix(tag, "W/"), `"`), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := TagMatches(tt.header, "", tag); got != tt.want {
				t.Errorf("TagMatches(%s) = %v, want %v", tt.header, got, tt.want)
			}
		})
	}
}

func FuzzExpression(f *testing.F) {
	for _, seed := range []string{`"a"`, `and(ge(50),le(100))`, `not(1,[2,")"],{"a":null})`, `or(`, `eq(1`, `gt(1e309)`, `-0`, `((`} {
		f.Add(seed)
	}
	row := session(1, "app", 2)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseExpression(text); err != nil {
			return
		}
		values := url.Values{"filter": {"/attributes/idle=" + text}, "filter[$.attributes.*]": {text}}
		q, err := ParseQuery(values)
		if err != nil {
			t.Fatalf("parses alone but not in a query: %v", err)
		}
		Many(q, []api.Session{row}, "")
	})
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{`$.a.b`, `a[0,1]['x'].*`, `/a/b~1c`, `[`, `$`, `a[*][*][*]`, `['`} {
		f.Add(seed)
	}
	row := session(1, "app", 2)
	f.Fuzz(func(t *testing.T, text string) {
		for _, values := range []url.Values{
			{"filter[" + text + "]": {"ne(0)"}},
			{"filter": {text + "=1"}},
			{"fields[sessions]": {text}},
			{"sort": {text}},
		} {
			if q, err := ParseQuery(values); err == nil {
				if out := Many(q, []api.Session{row}, ""); !json.Valid(out) {
					t.Fatalf("%v gives no JSON: %s", values, out)
				}
			}
		}
	})
}

func FuzzEncodeString(f *testing.F) {
	f.Add("select '\xff\u2028\"\\'\x00")
	f.Fuzz(func(t *testing.T, s string) {
		var got, want string
		standard, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(standard, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(Encode(s, false), &got); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func BenchmarkFiveThousandSessions(b *testing.B) {
	rows := make([]api.Session, 5000)
	for i := range rows {
		rows[i] = session(i+1, "app", float64(i%100)/10)
		rows[i].Attributes.Log = make([]string, 20)
		for j := range rows[i].Attributes.Log {
			rows[i].Attributes.Log[j] = "2026-11-21 16:43:04.120   info   : (1) [readwritesplit] (RW-Split-Router); Route query to replica: server2 <"
		}
	}
	for _, text := range []string{"", "filter=/attributes/idle=gt(5)&sort=-idle,user&page[size]=100"} {
		b.Run("query="+text, func(b *testing.B) {
			q := query(b, text)
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(Many(q, rows, "http://h/v1/sessions/"))))
			}
		})
	}
}

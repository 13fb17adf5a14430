package server

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/engine/enginetest"
	"github.com/signalbox/signalbox/server/push"
)

// clients makes n client sessions, whose ids are 1 to n.
func (s *site) clients(n int) []*enginetest.Client {
	s.t.Helper()
	all := make([]*enginetest.Client, n)
	for i := range all {
		all[i] = s.connect()
	}
	return all
}

func (s *site) decodeJob(r *http.Response, status int) api.Job {
	s.t.Helper()
	made, err := api.DecodeOne[api.JobAttributes]([]byte(s.wants(r, status)))
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// start starts a job, which has not ended when it has to wait.
func (s *site) start(request string) string {
	s.t.Helper()
	r := s.ask(adminUser, "POST", "/v1/jobs", request)
	made := s.decodeJob(r, 202)
	if want := "http://example.com/v1/jobs/" + made.ID + "/"; r.Header.Get("Location") != want {
		s.t.Errorf("Location is %q, want %q", r.Header.Get("Location"), want)
	}
	return made.ID
}

func (s *site) job(id string) api.JobAttributes {
	s.t.Helper()
	synctest.Wait()
	return s.decodeJob(s.ask(basicUser, "GET", "/v1/jobs/"+id, ""), 200).Attributes
}

// results are the outcomes of a job as "id result".
func results(a api.JobAttributes) []string {
	all := []string{}
	for _, o := range a.Outcomes {
		all = append(all, o.ID+" "+o.Result)
	}
	return all
}

// live are the ids of the sessions that are there.
func (s *site) live() []string {
	all := []string{}
	for _, session := range s.engine.Sessions() {
		all = append(all, fmt.Sprint(session.ID()))
	}
	slices.Sort(all)
	return all
}

// records are the records of the audit log, oldest first, that are about jobs.
func (s *site) records() []AuditRecord {
	all := slices.DeleteFunc(s.options.Audit.newest(), func(r AuditRecord) bool { return !strings.HasPrefix(r.Action, "job.") })
	slices.Reverse(all)
	return all
}

func TestJobKillsThisExactList(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.clients(4)
		seen := s.session(2).Attributes.ConnectedAt
		id := s.start(`{"action":"kill","ids":["2","3","99","4"],"reason":"storm","seen":{"2":"` + string(seen) + `","4":"2001-01-01T00:00:00.000Z"}}`)
		a := s.job(id)
		if diff := cmp.Diff([]string{"2 done", "3 done", "99 gone", "4 replaced"}, results(a)); diff != "" {
			t.Error(diff)
		}
		if want := (api.JobCount{Done: 2, Gone: 2}); a.Counts != want || a.Total != 4 || a.State != api.JobDone || a.Finished == "" {
			t.Errorf("got %+v, want counts %+v of 4 and done", a, want)
		}
		if a.By != adminUser || a.Reason != "storm" || a.What != "kill now" || a.Mode != api.JobList {
			t.Errorf("the job says %+v", a)
		}
		if diff := cmp.Diff([]string{"1", "4"}, s.live()); diff != "" {
			t.Error(diff)
		}

		records := s.records()
		if len(records) != 2 {
			t.Fatalf("%d records, want one of the start and one of the end", len(records))
		}
		for i, action := range []string{"job.start", "job.end"} {
			r := records[i]
			if r.Action != action || r.Target != "jobs/"+id || r.Actor != adminUser || r.Reason != "storm" || r.Role != RoleAdmin {
				t.Errorf("record %d is %+v", i, r)
			}
		}
		if got := records[1].After.(map[string]any)["counts"]; got != a.Counts {
			t.Errorf("the audit log says %v, want %v", got, a.Counts)
		}
	})
}

func TestJobByFilter(t *testing.T) {
	inSite(t, nil, func(s *site) {
		all := s.clients(3)
		_, _ = all[1].Query("USE shop")
		id := s.start(`{"action":"kill","filter":" schema:shop ","ttl":"1m"}`)
		if a := s.job(id); a.Filter != "schema:shop" || a.What != "kill in 1 min" || a.Counts.Done != 1 {
			t.Errorf("got %+v", a)
		}
		if kill := s.session(2).Attributes.Pending.Kill; kill == nil || kill.By != adminUser {
			t.Errorf("session 2 has the pending kill %+v", kill)
		}
		if s.session(1).Attributes.Pending.Kill != nil || s.session(3).Attributes.Pending.Kill != nil {
			t.Error("sessions that do not match are to be killed")
		}
		if a := s.job(s.start(`{"action":"cancel-kill","filter":"id:*"}`)); a.Counts != (api.JobCount{Done: 1, Refused: 2}) {
			t.Errorf("got %+v", a.Counts)
		}
		time.Sleep(2 * time.Minute)
		if diff := cmp.Diff([]string{"1", "2", "3"}, s.live()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestSessionsKill: the path of the design is the same job.
func TestSessionsKill(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.clients(2)
		s.wants(s.ask(adminUser, "POST", "/v1/sessions/kill", `{"action":"restart","ids":["1"]}`), 400, "other actions are posted to jobs")
		s.wants(s.ask(adminUser, "POST", "/v1/sessions/kill", `{"ids":["1"]}`), 202, `"action": "kill"`)
		if diff := cmp.Diff([]string{"2"}, s.live()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestJobMatching: what comes to match later is handled too, and what no longer
// matches when its turn comes is left alone.
func TestJobMatching(t *testing.T) {
	inSite(t, nil, func(s *site) {
		all := s.clients(3)
		for _, c := range all {
			_, _ = c.Query("USE shop")
		}
		id := s.start(`{"action":"kill","filter":"schema:shop","mode":"matching","pace":1}`)
		_, _ = all[1].Query("USE other")
		late := s.connect()
		_, _ = late.Query("USE shop")
		if a := s.job(id); a.State != api.JobRunning || a.Counts.Done != 1 {
			t.Errorf("at its beginning: %+v", a)
		}
		time.Sleep(10 * time.Second)
		a := s.job(id)
		if diff := cmp.Diff([]string{"1 done", "3 done", "4 done"}, results(a)); diff != "" || a.State != api.JobDone || a.Total != 3 {
			t.Errorf("%+v: %s", a, diff)
		}
		if diff := cmp.Diff([]string{"2"}, s.live()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestJobMatchingHandlesEachOnce: sessions that go on matching do not keep a
// job from ending.
func TestJobMatchingHandlesEachOnce(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.clients(3)
		id := s.start(`{"action":"kill","filter":"id:*","mode":"matching","ttl":"1h"}`)
		time.Sleep(5 * matchAgain)
		a := s.job(id)
		if diff := cmp.Diff([]string{"1 done", "2 done", "3 done"}, results(a)); diff != "" || a.State != api.JobDone {
			t.Errorf("%+v: %s", a, diff)
		}
	})
}

// TestJobReplacedMeanwhile: between the making of a job and a session's turn
// another client may have got its id, as after a restart.
func TestJobReplacedMeanwhile(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		p, err := makePlan(api.JobRequest{Action: api.JobKill, IDs: []string{"1"}}, adminUser, s.engine)
		if err != nil {
			t.Fatal(err)
		}
		made, err := s.jobs.add(p, 1, &call{record: &AuditRecord{}, now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		s.jobs.run(made, []target{{id: 1, connected: "2001-01-01T00:00:00.000Z"}})
		if diff := cmp.Diff([]string{"1 replaced"}, results(s.job(made.id))); diff != "" || len(s.live()) != 1 {
			t.Errorf("%d sessions are left: %s", len(s.live()), diff)
		}
	})
}

// TestJobsEndWithTheServer: closing waits for all of them.
func TestJobsEndWithTheServer(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.clients(2)
		id := s.start(`{"action":"restart","ids":["1","2"],"pace":0.01}`)
		synctest.Wait()
		if err := s.Admin.Close(); err != nil {
			t.Fatal(err)
		}
		if a := s.jobs.find(id).resource(1).Attributes; a.State != api.JobStopped || a.Why != "the server stops" || a.Counts.Done != 1 {
			t.Errorf("got %+v", a)
		}
		if last := s.records()[1]; last.Action != "job.end" || last.Result != "stopped: the server stops" {
			t.Errorf("the audit log has %+v", last)
		}
		late, err := s.jobs.add(s.jobs.find(id).plan, 1, &call{record: &AuditRecord{}, now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		s.jobs.run(late, nil)
		if _, over := late.over(); !over {
			t.Error("a job begins after the end")
		}
	})
}

func TestJobPaceAndStop(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.clients(6)
		var told []push.Change
		defer s.herald.watch(func(c push.Change) {
			if c.Topic != api.TopicStats && c.Topic != api.TopicFilters { // come every second
				told = append(told, c)
			}
		})()
		id := s.start(`{"action":"kill","filter":"id:*","pace":2}`)
		time.Sleep(100 * time.Millisecond) // what comes is between two sessions
		for i, want := range []int{1, 2, 3} {
			if got := s.job(id).Counts.Done; got != want {
				t.Errorf("after %d halves of a second: %d are done, want %d", i, got, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
		s.wants(s.ask(adminUser, "DELETE", "/v1/jobs/"+id, ""), 204)
		time.Sleep(time.Minute)
		a := s.job(id)
		if a.State != api.JobStopped || a.Why != "by "+adminUser || a.Counts.Done != 4 || a.Total != 6 || len(s.live()) != 2 {
			t.Errorf("got %+v and %d sessions, want it stopped after four of six", a, len(s.live()))
		}
		s.wants(s.ask(adminUser, "DELETE", "/v1/jobs/"+id, ""), 204)
		s.wants(s.ask(adminUser, "DELETE", "/v1/jobs/nosuch", ""), 404, "nosuch is not a job")

		notable := 0
		for _, c := range told {
			if c.Topic != api.TopicJobs || c.ID != id {
				t.Errorf("told of %+v", c)
			}
			if c.Notable {
				notable++
			}
		}
		if len(told) != 6 || notable != 2 {
			t.Errorf("told %d times, %d notable; want four outcomes between two notable ends", len(told), notable)
		}
	})
}

func TestJobLimits(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.clients(12)
		a := s.job(s.start(`{"action":"kill","filter":"id:*","max":1}`))
		if a.State != api.JobDone || a.Counts.Done != 1 || a.Why != "the limit of 1 sessions is reached" {
			t.Errorf("a limit of one: %+v", a)
		}
		a = s.job(s.start(`{"action":"alter","filter":"id:*","filters":["Refuse"],"max_errors":20}`))
		if a.State != api.JobFailed || a.Counts.Failed != 10 || a.Why != "10 of 10 have failed, which is more than 20 %" {
			t.Errorf("all fail: %+v", a)
		}
		if !strings.Contains(a.Outcomes[0].Detail, "not today") {
			t.Errorf("an outcome does not say why: %+v", a.Outcomes[0])
		}
		if r := s.records(); r[len(r)-1].Status != 500 || !strings.HasPrefix(r[len(r)-1].Result, "failed: 10 of 10") {
			t.Errorf("the audit log has %+v", r[len(r)-1])
		}
		if a = s.job(s.start(`{"action":"alter","filter":"id:*","filters":["Refuse"],"max_errors":100}`)); a.State != api.JobDone || a.Counts.Failed != 11 {
			t.Errorf("all may fail: %+v", a)
		}
	})
}

func TestJobActions(t *testing.T) {
	inSite(t, nil, func(s *site) {
		all := s.clients(2)
		_, _ = all[1].Query("BEGIN")
		a := s.job(s.start(`{"action":"alter","filter":"id:*","parameters":{"log_info":true},"filters":["Second","First"]}`))
		if a.Counts.Done != 2 || a.What != "set log_info on, filters Second → First" {
			t.Errorf("alter: %+v", a)
		}
		for id := range 2 {
			got := s.session(uint32(id + 1))
			if !got.Attributes.Parameters.LogInfo {
				t.Errorf("session %d logs no info", id+1)
			}
			if waits := got.Attributes.Pending.Filters != nil; waits != (id == 1) {
				t.Errorf("session %d: filters are pending: %v", id+1, waits)
			}
		}
		if a := s.job(s.start(`{"action":"restart","ids":["2"]}`)); a.Counts.Done != 1 || !s.session(2).Attributes.Pending.Restart {
			t.Errorf("restart: %+v", a)
		}
		a = s.job(s.start(`{"action":"cancel-statement","ids":["1"]}`))
		if a.Counts != (api.JobCount{Refused: 1}) || a.Outcomes[0].Detail != "it runs no statement" {
			t.Errorf("cancel-statement: %+v", a)
		}
	})
}

// TestJobKeepsTheBusy: who is not idle in time may be kept.
func TestJobKeepsTheBusy(t *testing.T) {
	inSite(t, nil, func(s *site) {
		all := s.clients(2)
		_, _ = all[1].Query("BEGIN")
		synctest.Wait()
		a := s.job(s.start(`{"action":"kill","filter":"id:*","when":"idle","ttl":"1m","otherwise":"keep"}`))
		if a.What != "kill when idle within 1 min, else keep" || a.Counts.Done != 2 {
			t.Errorf("got %+v", a)
		}
		time.Sleep(2 * time.Minute)
		if diff := cmp.Diff([]string{"2"}, s.live()); diff != "" || s.session(2).Attributes.Pending.Kill != nil {
			t.Errorf("after its time: %s", diff)
		}
	})
}

// TestJobTellsNobody: the reason stays between operators, and log levels go off
// by themselves.
func TestJobTellsNobody(t *testing.T) {
	inSite(t, nil, func(s *site) {
		all := s.clients(2)
		a := s.job(s.start(`{"action":"alter","ids":["2"],"parameters":{"log_info":true},"log_for":"15m"}`))
		if until := s.session(2).Attributes.LogUntil; a.What != "set log_info on for 15 min" || until != apiTime(time.Now().Add(15*time.Minute)) {
			t.Errorf("got %q until %s", a.What, until)
		}
		time.Sleep(16 * time.Minute)
		if s.session(2).Attributes.Parameters.LogInfo {
			t.Error("the log level is still on")
		}
		a = s.job(s.start(`{"action":"kill","ids":["1"],"reason":"secret","tell":false}`))
		if a.What != "kill now without telling the client why" || a.Reason != "secret" {
			t.Errorf("got %+v", a)
		}
		s.start(`{"action":"kill","ids":["2"],"reason":"storm","tell":true}`)
		for i, want := range []bool{false, true} {
			if err := all[i].Conn.Fill(); err != nil {
				t.Fatal(err)
			}
			told := string(all[i].Conn.Unread())
			if !strings.Contains(told, "Connection was killed") || strings.Contains(told, "secret") || strings.Contains(told, "storm") != want {
				t.Errorf("client %d is told %q", i+1, told)
			}
		}
	})
}

func TestJobPreview(t *testing.T) {
	inSite(t, nil, func(s *site) {
		all := s.clients(3)
		_, _ = all[2].Query("BEGIN")
		_, _ = all[2].Query("INSERT INTO t VALUES (1)")
		other, err := enginetest.Connect(s.t.Context(), s.net, "127.0.0.1:4008", enginetest.ClientOptions{User: "other", Password: "other"})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = other.Query("BEGIN")
		a := s.decodeJob(s.ask(adminUser, "POST", "/v1/jobs", `{"action":"kill","filter":"id:*","dry_run":true,"when":"idle"}`), 200).Attributes
		want := []api.JobGroup{
			{Service: "RW-Split-Router", User: "app", Sessions: 3, Trx: 1, TrxWrites: 1},
			{Service: "Read-Connection-Router", User: "other", Sessions: 1, Trx: 1},
		}
		if diff := cmp.Diff(want, a.Groups); diff != "" || a.State != api.JobPreview || a.Total != 4 || a.What != "kill when idle" || a.Why != "" {
			t.Errorf("got %+v: %s", a, diff)
		}
		seen := map[string]api.Time{}
		for id := range uint32(4) {
			seen[fmt.Sprint(id+1)] = s.session(id + 1).Attributes.ConnectedAt
		}
		if diff := cmp.Diff(seen, a.Seen); diff != "" {
			t.Errorf("the exact list: %s", diff)
		}
		a = s.decodeJob(s.ask(adminUser, "POST", "/v1/jobs", `{"action":"cancel-statement","ids":["1","77"],"dry_run":true}`), 200).Attributes
		if a.Seen != nil {
			t.Errorf("who names sessions is told what they know: %v", a.Seen)
		}
		want = []api.JobGroup{{Service: "RW-Split-Router", User: "app", Sessions: 1, Excluded: 1}}
		if diff := cmp.Diff(want, a.Groups); diff != "" || a.Why != "2 of 2 would be left alone" || a.Counts != (api.JobCount{Gone: 1, Refused: 1}) {
			t.Errorf("got %+v: %s", a, diff)
		}
		if diff := cmp.Diff([]string{"1 refused", "77 gone"}, results(a)); diff != "" {
			t.Error(diff)
		}
		if len(s.live()) != 4 || s.session(1).Attributes.Pending.Kill != nil || len(s.jobs.newest()) != 0 {
			t.Error("a preview has done something")
		}
		if r := s.records(); len(r) != 2 || r[0].Action != "job.preview" {
			t.Errorf("the audit log has %+v", r)
		}
	})
}

// TestJobConfirmation: who means many sessions says how many.
func TestJobConfirmation(t *testing.T) {
	p := func(mode string, count int) *plan {
		return &plan{JobRequest: api.JobRequest{Mode: mode, Count: count}}
	}
	tests := []struct {
		name   string
		plan   *plan
		found  int
		status int
	}{
		{"few", p(api.JobList, 0), 50, 0},
		{"many", p(api.JobList, 0), 51, 400},
		{"right", p(api.JobList, 412), 412, 0},
		{"wrong", p(api.JobList, 412), 413, 409},
		{"few_but_wrong", p(api.JobList, 3), 2, 409},
		{"about_right", p(api.JobMatching, 412), 440, 0},
		{"about_right_below", p(api.JobMatching, 412), 380, 0},
		{"too_many", p(api.JobMatching, 412), 460, 409},
		{"too_few", p(api.JobMatching, 412), 300, 409},
		{"beyond", p(api.JobList, maxTargets+1), maxTargets + 1, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.plan.confirm(tt.found)
			if (err == nil) != (tt.status == 0) || err != nil && problemOf(err).status != tt.status {
				t.Errorf("got %v, want %d", err, tt.status)
			}
			if err != nil && !strings.Contains(err.Error(), fmt.Sprint(tt.found)) {
				t.Errorf("%q does not say how many there are", err)
			}
		})
	}
	inSite(t, nil, func(s *site) {
		s.clients(51)
		s.wants(s.ask(adminUser, "POST", "/v1/jobs", `{"action":"kill","filter":"id:*"}`), 400, "51 sessions match")
		s.wants(s.ask(adminUser, "POST", "/v1/jobs", `{"action":"kill","filter":"id:*","count":50}`), 409, "51 sessions match, not 50")
		if n := len(s.live()); n != 51 {
			t.Errorf("%d sessions are left, want all 51", n)
		}
		s.start(`{"action":"kill","filter":"id:*","count":51}`)
		synctest.Wait()
		if n := len(s.live()); n != 0 {
			t.Errorf("%d sessions are left, want none", n)
		}
	})
}

// TestBadJob is about requests that must do nothing.
func TestBadJob(t *testing.T) {
	tests := []struct{ name, body, contains string }{
		{"empty", "", "Missing request body"},
		{"no_json", "{", "Invalid JSON"},
		{"trailing", `{"action":"kill","ids":["1"]} {}`, "more behind"},
		{"unknown_member", `{"action":"kill","ids":["1"],"tll":"30s"}`, `unknown field "tll"`},
		{"no_action", `{"ids":["1"]}`, "action= is not one of kill"},
		{"unknown_action", `{"action":"<b>","ids":["1"]}`, "action=<b> is not one of"},
		{"no_sessions", `{"action":"kill"}`, "either a filter or ids"},
		{"empty_filter", `{"action":"kill","filter":"  "}`, "either a filter or ids"},
		{"empty_ids", `{"action":"kill","ids":[]}`, "either a filter or ids"},
		{"both", `{"action":"kill","filter":"app","ids":["1"]}`, "either a filter or ids"},
		{"bad_filter", `{"action":"kill","filter":"app (x"}`, "filter: character 5: this ( is not closed"},
		{"matching_ids", `{"action":"kill","ids":["1"],"mode":"matching"}`, "mode=matching needs a filter"},
		{"unknown_mode", `{"action":"kill","ids":["1"],"mode":"some"}`, "mode=some is not one of"},
		{"zero_id", `{"action":"kill","ids":["0"]}`, "is not the id of a session"},
		{"padded_id", `{"action":"kill","ids":["01"]}`, "is not the id of a session"},
		{"other_node", `{"action":"kill","ids":["n2.1"]}`, "is not the id of a session"},
		{"number", `{"action":"kill","ids":[1]}`, "Invalid JSON"},
		{"twice", `{"action":"kill","ids":["1","1"]}`, "session 1 stands there twice"},
		{"stranger_seen", `{"action":"kill","ids":["1"],"seen":{"2":"2026-11-21T12:00:00.000Z"}}`, "session 2 is in seen and not in ids"},
		{"bad_seen", `{"action":"kill","ids":["1"],"seen":{"1":"noon"}}`, "is not an instant"},
		{"seen_with_filter", `{"action":"kill","filter":"app","seen":{"1":"2026-11-21T12:00:00.000Z"}}`, "seen belongs to ids"},
		{"bad_ttl", `{"action":"kill","ids":["1"],"ttl":"soon"}`, "ttl=soon is not a time"},
		{"number_as_ttl", `{"action":"kill","ids":["1"],"ttl":30}`, "Invalid JSON"},
		{"bad_when", `{"action":"kill","ids":["1"],"when":"now"}`, "when=now is not one of"},
		{"bad_otherwise", `{"action":"kill","ids":["1"],"when":"idle","otherwise":"wait"}`, "otherwise=wait is not one of"},
		{"keep_without_idle", `{"action":"kill","ids":["1"],"otherwise":"keep"}`, "otherwise=keep belongs to when=idle"},
		{"otherwise_of_restart", `{"action":"restart","ids":["1"],"otherwise":"keep"}`, "belong to the action kill"},
		{"ttl_of_restart", `{"action":"restart","ids":["1"],"ttl":"30s"}`, "belong to the action kill"},
		{"filters_of_kill", `{"action":"kill","ids":["1"],"filters":[]}`, "belong to the action alter"},
		{"nothing_to_alter", `{"action":"alter","ids":["1"]}`, "needs parameters, filters or both"},
		{"unknown_parameter", `{"action":"alter","ids":["1"],"parameters":{"log_all":true}}`, `"log_all" is not a parameter`},
		{"parameter_no_boolean", `{"action":"alter","ids":["1"],"parameters":{"log_info":"on"}}`, "Invalid JSON"},
		{"unknown_filter", `{"action":"alter","ids":["1"],"parameters":{"log_info":true},"filters":["First","nosuch"]}`, "Not a valid filter: nosuch"},
		{"log_for_alone", `{"action":"alter","ids":["1"],"filters":[],"log_for":"15m"}`, "log_for needs parameters"},
		{"bad_log_for", `{"action":"alter","ids":["1"],"parameters":{"log_info":true},"log_for":"0"}`, "log_for=0 is not a time"},
		{"negative_pace", `{"action":"kill","ids":["1"],"pace":-1}`, "pace=-1 is not"},
		{"fast_pace", `{"action":"kill","ids":["1"],"pace":1001}`, "pace=1001 is not"},
		{"endless_pace", `{"action":"kill","ids":["1"],"pace":1e-300}`, "pace=1e-300 is not"},
		{"negative_max", `{"action":"kill","ids":["1"],"max":-1}`, "max=-1 is not"},
		{"huge_errors", `{"action":"kill","ids":["1"],"max_errors":101}`, "max_errors=101 is not"},
		{"negative_count", `{"action":"kill","ids":["1"],"count":-1}`, "count=-1 is not"},
	}
	inSite(t, nil, func(s *site) {
		s.connect()
		before := s.session(1)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				for _, dry := range []bool{false, true} {
					body := tt.body
					if dry {
						body = strings.Replace(body, `{"`, `{"dry_run":true,"`, 1)
					}
					var e api.Errors
					text := s.wants(s.ask(adminUser, "POST", "/v1/jobs", body), 400)
					if err := json.Unmarshal([]byte(text), &e); err != nil || !strings.Contains(e.Errors[0].Detail, tt.contains) {
						t.Errorf("dry run %v: got %s, want %q", dry, text, tt.contains)
					}
				}
			})
		}
		s.wants(s.ask(adminUser, "POST", "/v1/jobs", `{"ids":["`+strings.Repeat("1", maxJobBody)+`"]}`), 413, "larger than")
		if diff := cmp.Diff(before, s.session(1)); diff != "" || len(s.jobs.newest()) > 0 {
			t.Errorf("something has happened: %s", diff)
		}
	})
}

// TestJobLeavesLoginsAlone: a client that is logging in is listed, not touched.
func TestJobLeavesLoginsAlone(t *testing.T) {
	inSite(t, nil, func(s *site) {
		conn, err := s.net.Dial(s.t.Context(), "tcp", "127.0.0.1:4006")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		synctest.Wait()
		s.connect()
		for _, tt := range []struct {
			mode string
			want []string
		}{
			{api.JobList, []string{"1 refused", "2 done"}},
			{api.JobMatching, []string{}},
		} {
			id := s.start(`{"action":"kill","filter":"id:*","ttl":"1h","mode":"` + tt.mode + `","max":5}`)
			if tt.mode == api.JobMatching {
				s.wants(s.ask(adminUser, "DELETE", "/v1/sessions/2", ""), 204)
				time.Sleep(time.Second)
				if a := s.job(id); a.State != api.JobDone {
					t.Errorf("a job that may touch nobody does not end: %+v", a)
				}
				continue
			}
			if diff := cmp.Diff(tt.want, results(s.job(id))); diff != "" {
				t.Errorf("%s: %s", tt.mode, diff)
			}
		}
	})
}

func TestJobsAreForgotten(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		running := s.start(`{"action":"restart","ids":["1"]}`)
		first := s.jobs.find(running)
		for range maxJobs {
			s.start(`{"action":"restart","ids":["1"]}`)
			time.Sleep(s.jobs.starts.every)
		}
		all := s.jobs.newest()
		if len(all) != maxJobs || slices.Contains(all, first) {
			t.Errorf("%d jobs are kept, the first among them: %v", len(all), slices.Contains(all, first))
		}
		newest := all[0].id
		if got := s.wants(s.ask(basicUser, "GET", "/v1/jobs", ""), 200, `"id": "`+newest+`"`); strings.Contains(got, "outcomes") {
			t.Error("the list has outcomes")
		}
		time.Sleep(jobFor + time.Minute)
		s.wants(s.ask(basicUser, "GET", "/v1/jobs/"+newest, ""), 404, "forgotten a day after")
	})
}

// TestManyOutcomes: the newest are kept, in order.
func TestManyOutcomes(t *testing.T) {
	j := &job{plan: &plan{}}
	const more = 5
	for i := range api.JobOutcomes + more {
		j.note(target{id: uint64(i)}.outcome("", api.JobDone, ""))
	}
	r := j.resource(api.JobOutcomes)
	all := r.Attributes.Outcomes
	if len(all) != api.JobOutcomes || r.Attributes.Counts.Done != api.JobOutcomes+more {
		t.Fatalf("%d outcomes of %d are kept", len(all), r.Attributes.Counts.Done)
	}
	for i, o := range all {
		if o.ID != fmt.Sprint(i+more) {
			t.Fatalf("outcome %d is of %s, want %d", i, o.ID, i+more)
		}
	}
	if few := j.resource(2).Attributes.Outcomes; len(few) != 2 || few[1] != all[len(all)-1] {
		t.Errorf("the newest two are %v", few)
	}
}

func TestTooManyJobs(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.clients(2)
		for range maxRunning {
			s.start(`{"action":"restart","ids":["1","2"],"pace":0.01}`)
		}
		s.wants(s.ask(adminUser, "POST", "/v1/jobs", `{"action":"restart","ids":["1"]}`), 429, "16 jobs run already")
	}) // closing ends them
}

// TestJobTable: the outcomes as CSV, in which a spreadsheet sees no formula.
func TestJobTable(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		id := s.start(`{"action":"restart","ids":["1"],"reason":"a\nb"}`)
		synctest.Wait()
		s.jobs.find(id).note(api.JobOutcome{ID: "2", User: "=HYPERLINK(1)", Client: "@x", Result: api.JobFailed, Detail: "-1,\"\n"})
		r := s.ask(basicUser, "GET", "/v1/jobs/"+id+"?format=csv", "")
		if got := r.Header.Get("Content-Disposition"); got != `attachment; filename="job-`+id+`.csv"` || r.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("got the headers %v", r.Header)
		}
		comment, table, _ := strings.Cut(s.wants(r, 200), "\n")
		if !strings.HasPrefix(comment, "# job "+id+" by "+adminUser) || !strings.Contains(comment, "reason: a b") {
			t.Errorf("the first line is %q", comment)
		}
		rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{{"2", "'=HYPERLINK(1)", "'@x", "", "failed", "'-1,\"\n"}}
		if diff := cmp.Diff(want, rows[2:]); diff != "" || rows[1][0] != "1" || rows[1][4] != "done" {
			t.Errorf("%v: %s", rows, diff)
		}
		s.wants(s.ask(basicUser, "GET", "/v1/jobs/"+id+"?format=xml", ""), 400, "format=xml")
	})
}

// TestPushedJobs: the feed shows what REST shows.
func TestPushedJobs(t *testing.T) {
	inSite(t, nil, func(s *site) {
		s.connect()
		from := s.source()
		first, second := s.start(`{"action":"restart","ids":["1"]}`), s.start(`{"action":"restart","ids":["1"]}`)
		synctest.Wait()
		all := from.Objects(api.TopicJobs)
		if len(all) != 2 || all[0].ID != second || all[1].ID != first {
			t.Fatalf("got %+v, want the newest first", all)
		}
		got, ok := from.Job(first)
		if !ok || len(got.Resource.(api.Job).Attributes.Outcomes) != 1 {
			t.Errorf("got %+v, want one outcome", got)
		}
		if _, ok := from.Job("nosuch"); ok {
			t.Error("there is a job nosuch")
		}
	})
}

func FuzzJobRequest(f *testing.F) {
	f.Add(`{"action":"kill","filter":"user:a age>5m","ttl":"30","pace":0.5,"count":3}`)
	f.Add(`{"action":"alter","ids":["1","18446744073709551615"],"parameters":{"log_info":false},"seen":{"1":"2026-11-21T12:00:00Z"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var r api.JobRequest
		if json.Unmarshal([]byte(text), &r) != nil || r.Filters != nil {
			return
		}
		p, err := makePlan(r, adminUser, nil)
		if err != nil {
			if problemOf(err).status != http.StatusBadRequest {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		if (p.filter == nil) == (len(p.ids) == 0) || p.Pace != 0 && (p.Pace < leastPace || p.Pace > mostPace) || p.kill.TTL < 0 || p.what() == "" {
			t.Errorf("%s is accepted as %+v", text, p)
		}
	})
}

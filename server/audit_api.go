package server

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
)

// audits serves the audit log, which is ours.
type audits struct {
	audit   *Audit
	exports *quota
}

// all serves GET /v1/audit: the newest records that match q=, newest first. With
// format=ndjson it is all that there are, as they stand in the files.
func (a audits) all(c *call) (answer, error) {
	filter, err := parseAuditFilter(c.values.Get("q"), c.now)
	if err != nil {
		return answer{}, refuse(http.StatusBadRequest, "q: %v", err)
	}
	switch format := c.values.Get("format"); format {
	case "", "json":
	case formatNDJSON:
		return a.export(c, filter)
	default:
		return answer{}, refuse(http.StatusBadRequest, "format=%s is not one of json, ndjson", clip(format))
	}
	rows := []api.Resource[AuditRecord]{}
	for _, record := range a.audit.newest() {
		if filter.match(&record) {
			rows = append(rows, api.Resource[AuditRecord]{ID: strconv.FormatUint(record.ID, 10), Type: "audit", Attributes: record})
		}
	}
	return many(c, rows, c.link("audit")), nil
}

// verify serves GET /v1/audit/verify.
func (a audits) verify(c *call) (answer, error) {
	found, err := a.audit.check()
	if err != nil {
		return answer{}, err
	}
	return object(c, found), nil
}

func (a audits) export(c *call, filter auditFilter) (answer, error) {
	c.record.Action = "audit.export"
	c.record.After = map[string]any{"q": clip(c.values.Get("q"))}
	if err := a.exports.take(c); err != nil {
		return answer{}, err
	}
	parts, err := a.audit.parts()
	if err != nil {
		return answer{}, err
	}
	write := func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 32<<10)
		for _, part := range parts.list {
			for line := range auditLines(part) {
				if record, ok := parseAudit(line); ok && filter.match(&record) {
					_, _ = buffered.Write(append(line, '\n')) // an error stays until Flush
				}
			}
		}
		return buffered.Flush()
	}
	return answer{stream: write, done: parts.close, header: http.Header{
		"Content-Type":        {exportTypes[formatNDJSON]},
		"Content-Disposition": {`attachment; filename="audit-` + c.now.UTC().Format("20060102T150405Z") + `.ndjson"`},
		"Cache-Control":       {"no-store"},
	}}, nil
}

// auditFilter is a list of terms, all of which must hold. A term is a word that
// occurs in a record, or key:a,b, or either behind an exclamation mark. Of the
// keys actor, action, target and from the value is all of it, and * stands for
// anything; in result and reason it occurs. since: takes a time such as 15m or
// 2d, or a date.
type auditFilter []func(r *AuditRecord) bool

func (f auditFilter) match(r *AuditRecord) bool {
	for _, holds := range f {
		if !holds(r) {
			return false
		}
	}
	return true
}

const (
	maxAuditFilter = 1024 // bytes
	maxAuditTerms  = 32
)

// auditKeys are the texts that terms look at.
var auditKeys = map[string]func(r *AuditRecord) string{
	"actor":  func(r *AuditRecord) string { return r.Actor },
	"action": func(r *AuditRecord) string { return r.Action },
	"target": func(r *AuditRecord) string { return r.Target },
	"from":   func(r *AuditRecord) string { return r.IP },
	"result": auditResult,
	"reason": func(r *AuditRecord) string { return r.Reason },
}

// auditResult is a result with the word by which one asks for it.
func auditResult(r *AuditRecord) string {
	if r.Status >= http.StatusBadRequest {
		return fmt.Sprintf("refused %d %s", r.Status, r.Result)
	}
	return r.Result
}

func parseAuditFilter(text string, now time.Time) (auditFilter, error) {
	if len(text) > maxAuditFilter {
		return nil, fmt.Errorf("at most %d bytes", maxAuditFilter)
	}
	words := strings.Fields(text)
	if len(words) > maxAuditTerms {
		return nil, fmt.Errorf("at most %d terms", maxAuditTerms)
	}
	var filter auditFilter
	for _, word := range words {
		rest, negated := strings.CutPrefix(word, "!")
		holds, err := auditTerm(rest, now)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", word, err)
		}
		filter = append(filter, func(r *AuditRecord) bool { return holds(r) != negated })
	}
	return filter, nil
}

func auditTerm(word string, now time.Time) (func(r *AuditRecord) bool, error) {
	key, value, keyed := strings.Cut(word, ":")
	if !keyed {
		return func(r *AuditRecord) bool { return auditMentions(r, word) }, nil
	}
	if key == "since" {
		from, err := since(value, now)
		return func(r *AuditRecord) bool { return r.Time >= from }, err
	}
	get := auditKeys[key]
	if get == nil {
		return nil, fmt.Errorf("the keys are actor, action, target, from, result, reason and since")
	}
	if value == "" {
		return nil, fmt.Errorf("a value is missing")
	}
	values := strings.Split(value, ",")
	if key == "result" || key == "reason" {
		return func(r *AuditRecord) bool {
			return slices.ContainsFunc(values, func(v string) bool { return containsFold(get(r), v) })
		}, nil
	}
	for i, v := range values {
		values[i] = strings.ReplaceAll(regexp.QuoteMeta(v), `\*`, `.*`)
	}
	all, err := regexp.Compile(`(?is)^(?:` + strings.Join(values, "|") + `)$`)
	if err != nil {
		return nil, err
	}
	return func(r *AuditRecord) bool { return all.MatchString(get(r)) }, nil
}

func auditMentions(r *AuditRecord, word string) bool {
	for _, get := range auditKeys {
		if containsFold(get(r), word) {
			return true
		}
	}
	return false
}

func containsFold(text, word string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(word))
}

// since reads how long ago or when, as the text that records have.
func since(text string, now time.Time) (api.Time, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return apiTime(now.AddDate(0, 0, -int(n))), nil
		}
	}
	if ago, ok := parseTTL(text); ok {
		return apiTime(now.Add(-ago)), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return apiTime(at), nil
		}
	}
	return "", fmt.Errorf("a time is missing, such as since:15m, since:2d or since:2026-11-21")
}

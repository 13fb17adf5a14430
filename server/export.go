package server

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

// This file writes sessions as files for other programs. A row is made when it
// is written, so that an export of any size needs little memory.

// Formats of an export.
const (
	formatCSV    = "csv"
	formatNDJSON = "ndjson"
)

var exportTypes = map[string]string{
	formatCSV:    "text/csv; charset=utf-8",
	formatNDJSON: "application/x-ndjson",
}

// furtherColumns are the columns of an export beside package view's keys.
var furtherColumns = []struct {
	name  string
	value func(a *api.SessionAttributes) any
}{
	{"connected-at", func(a *api.SessionAttributes) any { return string(a.ConnectedAt) }},
	{"since-at", func(a *api.SessionAttributes) any { return string(a.Activity.SinceAt) }},
	{"trx-writes", func(a *api.SessionAttributes) any { return float64(a.Activity.TrxWrites) }},
	{"bytes-in", func(a *api.SessionAttributes) any { return float64(a.Activity.BytesIn) }},
	{"bytes-out", func(a *api.SessionAttributes) any { return float64(a.Activity.BytesOut) }},
	{"kill-at", func(a *api.SessionAttributes) any {
		if a.Pending.Kill == nil {
			return nil
		}
		return string(a.Pending.Kill.At)
	}},
}

// exportColumns are all columns in the order in which they are written.
func exportColumns() []string {
	var names []string
	for _, key := range view.Keys() {
		names = append(names, key.Name)
	}
	for _, c := range furtherColumns {
		names = append(names, c.name)
	}
	return names
}

// exportValue returns what a session has in a column: a string, a float64 or
// nil.
func exportValue(s *api.Session, column string) any {
	for _, c := range furtherColumns {
		if c.name == column {
			return c.value(&s.Attributes)
		}
	}
	value, _ := view.Value(s, column, 0)
	return value
}

// exportFormat returns what a request wants in place of JSON:API, "" for
// nothing else. Of what its Accept header names the first that there is counts.
func exportFormat(c *call) string {
	if c.values.Has("format") {
		if format := c.values.Get("format"); format != "json" {
			return format
		}
		return ""
	}
	for part := range strings.SplitSeq(c.Header.Get("Accept"), ",") {
		kind, _, _ := mime.ParseMediaType(part)
		switch kind {
		case "text/csv":
			return formatCSV
		case "application/x-ndjson":
			return formatNDJSON
		case "application/json", "application/vnd.api+json", "*/*":
			return ""
		}
	}
	return ""
}

// export serves GET /v1/sessions?format=csv and format=ndjson, with q=, sort=
// and columns=.
func (s sessions) export(c *call, wanted selection, format string) (answer, error) {
	kind, ok := exportTypes[format]
	if !ok {
		return answer{}, refuse(http.StatusBadRequest, "format=%s is not one of json, csv, ndjson; columns belong to the last two", clip(format))
	}
	for name := range c.values {
		if name, _, _ := strings.Cut(name, "["); slices.Contains([]string{"filter", "fields", "page", "rdns"}, name) {
			return answer{}, refuse(http.StatusBadRequest, "%s does not go with format=%s: q, sort and columns do", name, format)
		}
	}
	columns, err := columnsOf(c)
	if err != nil {
		return answer{}, err
	}
	list := wanted.find(s.engine, c.now)
	c.record.Action = "session.export"
	c.record.After = map[string]any{
		"format": format, "q": wanted.asked, "sort": wanted.order.String(), "columns": strings.Join(columns, ","), "sessions": len(list),
	}
	write := func(w io.Writer) error {
		return ndjson(w, columns, wanted.rows(list))
	}
	if format == formatCSV {
		comment := fmt.Sprintf("# sessions of %s at %s; q: %s; sort: %s", oneLine(c.Host), apiTime(c.now), oneLine(wanted.asked), wanted.order)
		if columns == nil {
			columns = exportColumns()
		}
		write = func(w io.Writer) error { return table(w, comment, columns, wanted.rows(list)) }
	}
	return answer{stream: write, header: http.Header{
		"Content-Type":        {kind},
		"Content-Disposition": {`attachment; filename="sessions-` + c.now.UTC().Format("20060102T150405Z") + "." + format + `"`},
		"Cache-Control":       {"no-store"},
		"Vary":                {"Accept"},
	}}, nil
}

// columnsOf reads columns=; nil is all.
func columnsOf(c *call) ([]string, error) {
	if !c.values.Has("columns") {
		return nil, nil
	}
	known := exportColumns()
	columns := strings.Split(c.values.Get("columns"), ",")
	for i, name := range columns {
		if !slices.Contains(known, name) {
			return nil, refuse(http.StatusBadRequest, "columns: %s is not one of %s", clip(name), strings.Join(known, ", "))
		}
		if slices.Contains(columns[:i], name) {
			return nil, refuse(http.StatusBadRequest, "columns: %s stands there twice", name)
		}
	}
	return columns, nil
}

// rows yields the sessions of a selection as they are when their turn comes.
// Those that no longer match are left out.
func (s selection) rows(list []found) func(yield func(*api.Session) bool) {
	return func(yield func(*api.Session) bool) {
		for _, session := range list {
			r := sessionResource(session.Info(), time.Now(), row)
			if !s.still(&r) {
				continue
			}
			if s.redact {
				redactSession(&r.Attributes)
			}
			if !yield(&r) {
				return
			}
		}
	}
}

// table writes rows as CSV below a comment.
func table(out io.Writer, comment string, columns []string, rows func(func(*api.Session) bool)) error {
	buffered := bufio.NewWriterSize(out, 32<<10)
	_, _ = buffered.WriteString(comment + "\n") // an error stays until Flush
	w := csv.NewWriter(buffered)
	_ = w.Write(columns)
	cells := make([]string, len(columns))
	for r := range rows {
		for i, column := range columns {
			cells[i] = cell(exportValue(r, column))
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return buffered.Flush()
}

func cell(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return plainCell(v)
	}
	return ""
}

// ndjson writes each row as one line of JSON: the columns or, without any, the
// whole resource.
func ndjson(out io.Writer, columns []string, rows func(func(*api.Session) bool)) error {
	buffered := bufio.NewWriterSize(out, 32<<10)
	e := json.NewEncoder(buffered)
	e.SetEscapeHTML(false)
	for r := range rows {
		var line any = r
		if columns != nil {
			values := make(map[string]any, len(columns))
			for _, column := range columns {
				values[column] = exportValue(r, column)
			}
			line = values
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// plainCell keeps spreadsheets from taking a text from outside for a formula.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

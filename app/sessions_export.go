package app

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox/signalbox/app/ui"
)

// export is sessions as they leave the console: those that match a filter, or
// some by their ids.
type export struct {
	filter, sort string
	ids          []string // that filter names, nil when it is another one
	columns      []*column
}

// path is the address of the sessions in a format: csv, ndjson or json, which is
// JSON:API. With visible only the columns of the table are in it.
func (e export) path(format string, visible bool) string {
	values := url.Values{}
	if e.filter != "" {
		values.Set("q", e.filter)
	}
	if e.sort != "" {
		values.Set("sort", e.sort)
	}
	if format != "json" {
		values.Set("format", format)
	}
	if visible {
		names := make([]string, len(e.columns))
		for i, c := range e.columns {
			names[i] = c.name
		}
		values.Set("columns", strings.Join(names, ","))
	}
	path := href("/v1/sessions")
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return path
}

// file is the name of the file, when the server does not give it one.
func (e export) file(format string) string {
	return "sessions-" + console.now().UTC().Truncate(time.Second).Format("20060102T150405Z") + "." + format
}

// maxctrl is the command of MaxCtrl that shows the sessions. It knows no
// filters: those of a filter are among all.
func (e export) maxctrl() string {
	if e.ids == nil {
		return maxctrl("list", "sessions")
	}
	lines := make([]string, len(e.ids))
	for i, id := range e.ids {
		lines[i] = maxctrl("show", "session", id)
	}
	return strings.Join(lines, "\n")
}

// curl is the command that reads the sessions.
func (e export) curl() string { return curl(strings.TrimPrefix(e.path("json", false), href("/v1"))) }

// maxctrl writes a command of MaxCtrl for this server, which asks for the
// password.
func maxctrl(words ...string) string {
	origin := ui.Origin()
	line := []string{"maxctrl"}
	if strings.HasPrefix(origin, "https://") {
		line = append(line, "--secure")
	}
	if _, host, ok := strings.Cut(origin, "://"); ok {
		if !strings.Contains(strings.TrimPrefix(host[strings.LastIndexByte(host, ']')+1:], "]"), ":") {
			port := 80
			if strings.HasPrefix(origin, "https://") {
				port = 443
			}
			host += ":" + strconv.Itoa(port)
		}
		line = append(line, "--hosts", shellQuote(host))
	}
	line = append(line, "-u", shellQuote(console.who.User), "-p", "''")
	for _, word := range words {
		line = append(line, shellQuote(word))
	}
	return strings.Join(line, " ")
}

// curl writes a command that reads a path of the API below /v1; it asks for the
// password.
func curl(path string) string {
	return "curl -u " + shellQuote(console.who.User) + " " + shellQuote(ui.Origin()+href("/v1"+path))
}

// shellQuote writes a text as one word of a POSIX shell. Control characters,
// which a terminal would obey when the word is pasted, are written as bash, ksh
// and zsh read them.
func shellQuote(text string) string {
	plain, control := text != "", false
	for _, r := range text {
		switch {
		case r < ' ' || r >= 0x7f && r < 0xa0:
			control = true
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_./:@%+,", r):
		default:
			plain = false
		}
	}
	switch {
	case control:
		var b strings.Builder
		b.WriteString("$'")
		for _, c := range []byte(text) {
			switch {
			case c == '\'' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ' || c >= 0x7f:
				b.WriteString(`\` + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
			default:
				b.WriteByte(c)
			}
		}
		return b.String() + "'"
	case plain:
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

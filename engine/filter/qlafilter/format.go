package qlafilter

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"
)

// column is one kind of data in a line: log_data's name of it, its title in the
// header, and how it is written.
type column struct {
	name  string
	title string
	value func(dst []byte, e *entry) []byte
}

// columns are all of them, in the order in which MaxScale writes them.
var columns = []column{
	{"service", "Service", func(dst []byte, e *entry) []byte { return append(dst, e.client.service...) }},
	{"session", "Session", func(dst []byte, e *entry) []byte { return strconv.AppendUint(dst, e.client.id, 10) }},
	{"date", "Date", func(dst []byte, e *entry) []byte { return e.begun.AppendFormat(dst, "2006-01-02 15:04:05") }},
	{"user", "User@Host", func(dst []byte, e *entry) []byte {
		return append(append(append(dst, e.client.user...), '@'), e.client.host...)
	}},
	{"query", "Query", func(dst []byte, e *entry) []byte { return append(dst, e.sql...) }},
	{"reply_time", "Reply_time", func(dst []byte, e *entry) []byte { return e.duration(dst, e.replied) }},
	{"total_reply_time", "Total_reply_time", func(dst []byte, e *entry) []byte { return e.duration(dst, e.ended) }},
	{"default_db", "Default_db", func(dst []byte, e *entry) []byte { return append(dst, e.client.database()...) }},
	{"num_rows", "Num_rows", func(dst []byte, e *entry) []byte { return strconv.AppendUint(dst, e.rows, 10) }},
	{"reply_size", "Reply_size", func(dst []byte, e *entry) []byte { return strconv.AppendUint(dst, e.size, 10) }},
	{"transaction", "Transaction", func(dst []byte, e *entry) []byte {
		if e.trx {
			return append(dst, '1')
		}
		return append(dst, '0')
	}},
	{"transaction_time", "Transaction_time", func(dst []byte, e *entry) []byte { return appendDuration(dst, e.trxTime, e.unit) }},
	{"num_warnings", "Num_warnings", func(dst []byte, e *entry) []byte { return strconv.AppendUint(dst, uint64(e.warnings), 10) }},
	{"error_msg", "Error_msg", func(dst []byte, e *entry) []byte { return append(dst, e.err...) }},
	{"server", "Server", func(dst []byte, e *entry) []byte { return append(dst, e.server...) }},
	{"command", "Command", func(dst []byte, e *entry) []byte { return append(dst, e.command...) }},
}

func columnNames() []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

// entry is what is known of one statement.
type entry struct {
	client   *client
	command  string
	sql      []byte
	unit     time.Duration
	begun    time.Time
	replied  time.Time // first batch of the reply; zero when there was none
	ended    time.Time // last batch of the reply; zero when there was none
	rows     uint64
	size     uint64 // of the reply in bytes
	warnings uint16
	err      string
	server   string
	trx      bool          // within a transaction
	trxTime  time.Duration // of the transaction that the statement ended
}

func (e *entry) duration(dst []byte, until time.Time) []byte {
	if until.IsZero() {
		return dst
	}
	return appendDuration(dst, until.Sub(e.begun), e.unit)
}

// appendDuration writes whole microseconds, or milliseconds with three decimals.
func appendDuration(dst []byte, d, unit time.Duration) []byte {
	if unit == time.Microsecond {
		return strconv.AppendInt(dst, d.Microseconds(), 10)
	}
	return strconv.AppendFloat(dst, float64(d.Microseconds())/1000, 'f', 3, 64)
}

// format is how lines are written.
type format struct {
	columns   []column
	separator string
	newline   string
	trx       bool // a column tells of transactions
}

func newFormat(names []string, separator, newline string) format {
	f := format{separator: separator, newline: newline}
	for _, c := range columns {
		if slices.Contains(names, c.name) {
			f.columns = append(f.columns, c)
			f.trx = f.trx || strings.HasPrefix(c.name, "transaction")
		}
	}
	return f
}

// header returns the line of titles.
func (f *format) header() []byte {
	titles := make([]string, len(f.columns))
	for i, c := range f.columns {
		titles[i] = c.title
	}
	return []byte(strings.Join(titles, f.separator) + "\n")
}

// line appends e as one line.
func (f *format) line(dst []byte, e *entry) []byte {
	for i, c := range f.columns {
		if i > 0 {
			dst = append(dst, f.separator...)
		}
		from := len(dst)
		dst = c.value(dst, e)
		dst = f.escape(dst, from)
	}
	return append(dst, '\n')
}

// escape makes one field of what stands behind from: line breaks are replaced,
// other control characters become question marks, and a field that has a quote
// or the separator in it is put in quotes.
func (f *format) escape(dst []byte, from int) []byte {
	field := dst[from:]
	control := bytes.ContainsFunc(field, func(r rune) bool { return r < ' ' || r == 0x7f })
	quote := bytes.IndexByte(field, '"') >= 0 || f.separator != "" && bytes.Contains(field, []byte(f.separator))
	if !control && !quote {
		return dst
	}
	field = bytes.Clone(field)
	dst = dst[:from]
	if quote {
		dst = append(dst, '"')
	}
	for i, c := range field {
		switch {
		case c == '\n' && i > 0 && field[i-1] == '\r':
		case c == '\n' || c == '\r':
			dst = append(dst, f.newline...)
		case c < ' ' && c != '\t' || c == 0x7f:
			dst = append(dst, '?')
		case c == '"':
			dst = append(dst, '"', '"')
		default:
			dst = append(dst, c)
		}
	}
	if quote {
		dst = append(dst, '"')
	}
	return dst
}

package view

// Line is a line of a log, as filters look at it.
type Line struct {
	Session string // id of the session that it is about, "" for none
	Level   string // one of Levels
	Module  string
	Message string
}

// Levels are the levels of lines, the gravest first.
func Levels() []string { return levels }

var levels = []string{"alert", "error", "warning", "notice", "info", "debug"}

// LogFilter is a parsed filter of lines of a log. It never changes. The zero
// value matches every line.
//
// The language is that of filters of sessions, with the keys session, level,
// module and message; a word without a key is in the message or the name of the
// module.
type LogFilter struct {
	expr  expr    // nil matches all
	finds []value // that a line has to have, or may have: what is worth marking
}

var logKeys = []*key{
	{Key: Key{Name: "session"}, line: func(l *Line) string { return l.Session }},
	{Key: Key{Name: "level"}, line: func(l *Line) string { return l.Level }, words: levels},
	{Key: Key{Name: "module"}, line: func(l *Line) string { return l.Module }},
	{Key: Key{Name: "message"}, line: func(l *Line) string { return l.Message }, inside: true},
}

// ParseLog reads a filter of lines. The error is always a *SyntaxError.
func ParseLog(text string) (*LogFilter, error) {
	e, err := parse(text, logKeys)
	if err != nil {
		return nil, err
	}
	return &LogFilter{expr: e, finds: finds(e)}, nil
}

// finds are the values of an expression that are looked for in messages, but for
// those that must not be there.
func finds(e expr) []value {
	var found []value
	switch e := e.(type) {
	case allOf:
		for _, one := range e {
			found = append(found, finds(one)...)
		}
	case anyOf:
		for _, one := range e {
			found = append(found, finds(one)...)
		}
	case anywhere:
		found = []value{e.value}
	case list:
		if e.key.inside && !e.not {
			found = e.values
		}
	}
	return found
}

// Match tells whether a line passes the filter.
func (f *LogFilter) Match(l *Line) bool { return f.expr == nil || f.expr.match(subject{line: l}, 0) }

// Empty tells whether the filter matches every line.
func (f *LogFilter) Empty() bool { return f.expr == nil }

// Find returns the first place in text, which is part of a line that matches,
// that the filter looks for; false when there is none. What is found is never
// empty.
func (f *LogFilter) Find(text string) (from, to int, ok bool) {
	for _, v := range f.finds {
		if a, b := v.find(text); a >= 0 && b > a && (!ok || a < from) {
			from, to, ok = a, b, true
		}
	}
	return from, to, ok
}

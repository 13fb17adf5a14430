package view

import (
	"errors"
	"testing"
)

var aLine = &Line{Session: "4711", Level: "warning", Module: "readwritesplit", Message: "Lost connection to server1: Connection reset"}

func TestLogFilter(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"", true},
		{"lost", true},
		{"LOST server1", true},
		{"server1 lost", true},
		{"found", false},
		{"!found", true},
		{"!lost", false},
		{`"Lost connection"`, true},
		{`"lost connection"`, false},
		{"readwrite", true},
		{"/server[0-9]/", true},
		{"/server[2-9]/", false},
		{"level:warning", true},
		{"level:error,WARNING", true},
		{"level:!info,debug", true},
		{"level:error", false},
		{"session:4711", true},
		{"session:47*", true},
		{"session:471", false},
		{"module:readwritesplit", true},
		{"module:readwrite", false},
		{"message:reset", true},
		{"message:readwrite", false},
		{`message:"Connection reset"`, true},
		{"message:/^Lost/", true},
		{"message:!reset", false},
		{"level:error | session:4711 lost", true},
		{"level:error (session:4711 | lost)", false},
		{"!(level:error | level:info)", true},
	} {
		f, err := ParseLog(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if got := f.Match(aLine); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
		if f.Empty() != (tt.text == "") {
			t.Errorf("%q: empty is %v", tt.text, f.Empty())
		}
	}
}

// TestLogFilterErrors: the error points at the character that is wrong.
func TestLogFilterErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"user:app", "character 1: there is no key user; a text that looks like one goes into quotes"},
		{"a level:loud", "character 9: there is no such level; there are alert, error, warning, notice, info, debug"},
		{"level:err*", "character 7: there is no such level; there are alert, error, warning, notice, info, debug"},
		{"session>5", "character 8: session has no figure to compare; write session:value"},
		{"message:", "character 9: a value is missing"},
		{"a (b", "character 3: this ( is not closed"},
		{`"a`, "character 1: this quote is not closed"},
	} {
		_, err := ParseLog(tt.text)
		bad, ok := errors.AsType[*SyntaxError](err)
		if !ok || bad.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.text, err, tt.want)
		}
	}
}

// TestLogFilterFind: what is looked for is found, and not what must not be there.
func TestLogFilterFind(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"lost", "Lost"},
		{"server1 lost", "Lost"},
		{"connection", "connection"},
		{`"Connection"`, "Connection"},
		{"message:reset", "reset"},
		{"message:!reset server1", "server1"},
		{"!lost reset", "reset"},
		{"!lost", ""},
		{"level:warning", ""},
		{"/s[a-z]+r\\d/", "server1"},
		{"/x*/", ""},
		{"reset | lost", "Lost"},
	} {
		f, err := ParseLog(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		from, to, ok := f.Find(aLine.Message)
		if got := aLine.Message[from:to]; got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q: got %q, %v, want %q", tt.text, got, ok, tt.want)
		}
	}
}

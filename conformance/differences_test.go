package conformance

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// difference is a line of a transcript that may be another through the proxy.
type difference struct {
	suite, way string // patterns, as path.Match has them
	line       *regexp.Regexp
	seen       bool
}

// readDifferences reads differences.txt: a line has suite, way and a regular
// expression for a line of the transcript; the comment above it says why.
func readDifferences(t *testing.T) []*difference {
	t.Helper()
	text, err := os.ReadFile("differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []*difference
	explained := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch fields := strings.Fields(line); {
		case line == "":
			explained = false
		case line[0] == '#':
			explained = true
		case len(fields) < 3 || !explained:
			t.Fatalf("differences.txt: %q: want a comment above it, and suite, way and expression", line)
		default:
			list = append(list, &difference{suite: fields[0], way: fields[1], line: regexp.MustCompile(strings.Join(fields[2:], " "))})
		}
	}
	return list
}

func (d *difference) explains(suite, way, line string) bool {
	is := func(pattern, name string) bool { ok, _ := path.Match(pattern, name); return ok }
	return is(d.suite, suite) && is(d.way, way) && d.line.MatchString(line)
}

// maxTold is how many differences of a suite are told.
const maxTold = 40

// compare tells where got, of a way through the proxy, is not want. What a
// line is about stands before its first ": "; lines about the same are compared
// in their order.
func compare(t *testing.T, s suite, way string, want, got []string, known []*difference) {
	t.Helper()
	told := 0
	lost := map[string]bool{} // sequences that have differed
	tell := func(line, format string, arguments ...any) {
		for _, d := range known {
			if d.explains(s.name, way, line) {
				d.seen = true
				return
			}
		}
		if sequence, _, in := strings.Cut(line, ", "); s.sequences && in {
			if lost[sequence] {
				return
			}
			lost[sequence] = true
		}
		if told++; told <= maxTold {
			t.Errorf(format, arguments...)
		}
	}
	directly, through := byTopic(want), byTopic(got)
	for _, line := range want {
		topic, _, _ := strings.Cut(line, ": ")
		w, g := directly[topic], through[topic]
		delete(directly, topic)
		delete(through, topic)
		for i := range max(len(w), len(g)) {
			switch {
			case i >= len(g):
				tell(w[i], "missing: %.1000s", w[i])
			case i >= len(w):
				tell(g[i], "not there directly: %.1000s", g[i])
			case w[i] != g[i]:
				tell(g[i], "got  %.1000s\nwant %.1000s", g[i], w[i])
			}
		}
	}
	for _, lines := range through {
		for _, line := range lines {
			tell(line, "not there directly: %.1000s", line)
		}
	}
	if told > maxTold {
		t.Errorf("and %d more", told-maxTold)
	}
}

func byTopic(lines []string) map[string][]string {
	topics := map[string][]string{}
	for _, line := range lines {
		topic, _, _ := strings.Cut(line, ": ")
		topics[topic] = append(topics[topic], line)
	}
	return topics
}

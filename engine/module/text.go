package module

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parse turns text into a value of the parameter's type. Empty text means the
// default. It also returns what the user should be warned of, if anything.
func (p *Parameter) parse(text string) (value any, warning string, _ *ParameterError) {
	if text == "" {
		text = p.Default
	}
	value, warning, problem, want := p.parseText(text)
	if problem != "" {
		return value, "", &ParameterError{Parameter: p.Name, Value: p.shown(text), Problem: problem, Want: want}
	}
	return value, warning, nil
}

func (p *Parameter) parseText(text string) (value any, warning, problem, want string) {
	switch p.Type {
	case Bool:
		b, ok := parseBool(text)
		if !ok {
			return false, "", quote(text) + " is not a boolean", "true or false"
		}
		return b, "", "", ""
	case Int, Count:
		if slices.Contains(p.Enum, text) {
			return int64(0), "", "", ""
		}
		n, err := strconv.ParseInt(zeroIfEmpty(text), 10, 64)
		if err != nil {
			return int64(0), "", quote(text) + " is not a number", "a whole number" + p.limits(plainNumber)
		}
		if !p.within(n) {
			return int64(0), "", text + " is out of range", "a whole number" + p.limits(plainNumber)
		}
		return n, "", "", ""
	case Size:
		n, ok := parseSize(zeroIfEmpty(text))
		if !ok {
			return int64(0), "", quote(text) + " is not a size", "bytes, such as 65536, 64Ki or 16Mi"
		}
		if !p.within(n) {
			return int64(0), "", text + " is out of range", "a size" + p.limits(plainNumber)
		}
		return n, "", "", ""
	case Duration:
		return p.parseDuration(text)
	case Regex:
		return parseRegex(text)
	case Enum:
		word, problem, want := p.checkEnum(text)
		return word, "", problem, want
	case EnumMask, EnumList:
		list := SplitList(text, ",")
		for i, item := range list {
			if list[i], problem, want = p.checkEnum(item); problem != "" {
				return []string(nil), "", problem, want
			}
		}
		return list, "", "", ""
	case ServerList, TargetList, StringList:
		return p.parseList(text, ",")
	case FilterList:
		return p.parseList(text, "|")
	}
	return text, "", "", ""
}

func quote(text string) string {
	if len(text) > 80 {
		text = text[:80] + "…"
	}
	return "'" + strings.ToValidUTF8(text, "?") + "'"
}

func zeroIfEmpty(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

func parseBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, true
	case "false", "no", "off", "0", "":
		return false, true
	}
	return false, false
}

// within reports whether n is inside the parameter's limits.
func (p *Parameter) within(n int64) bool { return n >= p.Min && (p.Max == 0 || n <= p.Max) }

// limits words the parameter's limits, the numbers as format writes them.
func (p *Parameter) limits(format func(int64) string) string {
	if p.Max == 0 {
		return ", at least " + format(p.Min)
	}
	return " from " + format(p.Min) + " to " + format(p.Max)
}

func plainNumber(n int64) string { return strconv.FormatInt(n, 10) }

func milliseconds(n int64) string { return plainNumber(n) + "ms" }

// units of sizes, longest suffix first. Suffixes count in any case, as in
// MaxScale.
var units = []struct {
	suffix string
	factor int64
}{
	{"ki", 1 << 10},
	{"mi", 1 << 20},
	{"gi", 1 << 30},
	{"ti", 1 << 40},
	{"k", 1e3},
	{"m", 1e6},
	{"g", 1e9},
	{"t", 1e12},
}

func parseSize(text string) (bytes int64, ok bool) {
	digits, factor := strings.ToLower(text), int64(1)
	for _, u := range units {
		if rest, found := strings.CutSuffix(digits, u.suffix); found {
			digits, factor = rest, u.factor
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return 0, false
	}
	return n * factor, true
}

func (p *Parameter) parseDuration(text string) (value any, warning, problem, want string) {
	unit := p.Unit
	if unit == 0 {
		unit = time.Second
	}
	d, plain, ok := parseDuration(zeroIfEmpty(text), unit)
	switch {
	case !ok:
		return d, "", quote(text) + " is not a duration", "a number with a unit, such as 500ms, 10s, 5m or 1h"
	case !p.within(d.Milliseconds()):
		return time.Duration(0), "", text + " is out of range", "a duration" + p.limits(milliseconds)
	case plain && d != 0:
		warning = fmt.Sprintf("a duration without a unit is deprecated; %s is read as %s", text, formatDuration(d))
	}
	return d, warning, "", ""
}

// parseDuration reads a number and one of the units h, m, min, s and ms, in
// any case. A plain number is in units of unit.
func parseDuration(text string, unit time.Duration) (d time.Duration, plain, ok bool) {
	digits := strings.TrimRight(text, "hminsHMINS")
	switch strings.ToLower(text[len(digits):]) {
	case "h":
		unit = time.Hour
	case "m", "min":
		unit = time.Minute
	case "s":
		unit = time.Second
	case "ms":
		unit = time.Millisecond
	case "":
		plain = true
	default:
		return 0, false, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > int64(math.MaxInt64/unit) || n < int64(math.MinInt64/unit) {
		return 0, false, false
	}
	return time.Duration(n) * unit, plain, true
}

// formatDuration is MaxScale's way to show a duration.
func formatDuration(d time.Duration) string { return milliseconds(d.Milliseconds()) }

// parseRegex reads a regular expression between slashes. The syntax is RE2's.
// MaxScale: PCRE2, with look-around and back-references.
func parseRegex(text string) (value any, warning, problem, want string) {
	if text == "" {
		return (*regexp.Regexp)(nil), "", "", ""
	}
	pattern, slashed := text, false
	if len(text) >= 2 && text[0] == '/' && text[len(text)-1] == '/' {
		pattern, slashed = text[1:len(text)-1], true
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		problem, want = explainRegex(err)
		return (*regexp.Regexp)(nil), "", problem, want
	}
	if !slashed {
		warning = "a regular expression without slashes is deprecated; write /" + pattern + "/"
	}
	return re, warning, "", ""
}

func explainRegex(err error) (problem, want string) {
	e, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return err.Error(), ""
	}
	problem = fmt.Sprintf("is not a regular expression: %s: %s", e.Code, quote(e.Expr))
	switch {
	case e.Code == syntax.ErrInvalidNamedCapture && strings.ContainsAny(e.Expr[:min(4, len(e.Expr))], "=!"),
		e.Code == syntax.ErrInvalidPerlOp,
		e.Code == syntax.ErrInvalidEscape,
		e.Code == syntax.ErrInvalidRepeatOp:
		return problem, "the syntax is RE2's, without PCRE's look-around, back-references, possessive quantifiers and atomic groups"
	}
	return problem, "check the expression; the syntax is RE2's"
}

// checkEnum returns the declared word that is text in any case.
func (p *Parameter) checkEnum(text string) (word, problem, want string) {
	for _, word := range p.Enum {
		if strings.EqualFold(word, text) {
			return word, "", ""
		}
	}
	want = "one of " + strings.Join(p.Enum, ", ")
	if near := Nearest(text, p.Enum); near != "" {
		want += fmt.Sprintf(" (did you mean '%s'?)", near)
	}
	return "", quote(text) + " is not one of its values", want
}

// SplitList splits text and drops the space around the items and empty items.
func SplitList(text, separator string) []string {
	var list []string
	for item := range strings.SplitSeq(text, separator) {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

func (p *Parameter) parseList(text, separator string) (value any, warning, problem, want string) {
	list := SplitList(text, separator)
	for i, item := range list {
		if p.Type != StringList && slices.Contains(list[:i], item) {
			return []string(nil), "", quote(item) + " is named twice", "each name once"
		}
	}
	return list, "", "", ""
}

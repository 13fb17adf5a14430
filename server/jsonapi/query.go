package jsonapi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Query is what a request asks of its document beside the path.
type Query struct {
	Pretty bool

	values  url.Values
	fields  map[string]fieldset // by type
	filters []filter            // all must keep a row
	order   []key
	paged   bool
	size    int
	number  int
}

// Limits of a query string.
const (
	maxFilters  = 32
	maxSortKeys = 16
	maxPageSize = 1 << 20
)

// ParseQuery reads the parameters that every GET understands: pretty,
// fields[TYPE], filter, filter[JSONPATH], sort, page[size] and page[number].
// Others are left alone.
func ParseQuery(values url.Values) (*Query, error) {
	q := &Query{Pretty: true, values: values}
	for name := range values {
		if err := q.parameter(name, values[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if !q.paged {
		q.number = 0
	}
	return q, nil
}

// Unsorted leaves rows in the order in which they come, whatever sort says.
func (q *Query) Unsorted() { q.order = nil }

func (q *Query) parameter(name string, values []string) (err error) {
	last := values[len(values)-1]
	inside, bracketed := bracketed(name)
	switch {
	case name == "pretty":
		q.Pretty, err = ParseBool(last)
	case name == "filter":
		// Only the last one counts, as in MaxScale.
		var f filter
		if f, err = parseFilter(last); err == nil {
			err = q.add(f)
		}
	case name == "sort":
		q.order, err = parseOrder(last)
	case !bracketed:
	case strings.HasPrefix(name, "fields["):
		err = q.parseFields(inside, values)
	case strings.HasPrefix(name, "filter["):
		err = q.parsePathFilters(inside, values)
	case name == "page[size]":
		q.size, err = pageNumber(last, 1)
		q.paged = true
	case name == "page[number]":
		q.number, err = pageNumber(last, 0)
	}
	return err
}

// bracketed returns what stands between the brackets of "name[inside]".
func bracketed(name string) (string, bool) {
	_, inside, ok := strings.Cut(name, "[")
	inside, closed := strings.CutSuffix(inside, "]")
	return inside, ok && closed
}

func (q *Query) add(f filter) error {
	if len(q.filters) == maxFilters {
		return fmt.Errorf("more than %d filters", maxFilters)
	}
	q.filters = append(q.filters, f)
	return nil
}

func (q *Query) parseFields(kind string, values []string) error {
	if q.fields == nil {
		q.fields = map[string]fieldset{}
	}
	kept := fieldset{}
	q.fields[kind] = kept
	for _, v := range values {
		if err := kept.parse(v); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) parsePathFilters(text string, values []string) error {
	p, err := parseJSONPath(text)
	if err != nil {
		return fmt.Errorf("the path %q: %w", text, err)
	}
	for _, v := range values {
		m, err := parseExpression(v)
		if err != nil {
			return err
		}
		if err := q.add(filter{p, m}); err != nil {
			return err
		}
	}
	return nil
}

func pageNumber(text string, least int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > maxPageSize {
		return 0, fmt.Errorf("%q is not a number from %d to %d", text, least, maxPageSize)
	}
	return n, nil
}

// ParseBool reads MaxScale's booleans: true, yes, on, 1, false, no, off, 0 in
// any case.
func ParseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is not one of true, yes, on, 1, false, no, off, 0", text)
}

// Package jsonapi renders JSON:API documents the way MaxScale does (sorted
// keys, four spaces) and applies what a request asks of them: sparse
// fieldsets, row filters, order and pages. It also compares entity tags. It is
// pure: no network, no clock, no engine; what it works on are plain Go values
// with encoding/json tags.
//
// Everything that comes out of a query string is hostile: each parser limits
// the length and the depth of what it accepts and answers with an error that
// names the parameter.
package jsonapi

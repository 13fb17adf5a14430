// Package client is how the console speaks to the server: calls of the REST
// API, and the live socket that push views come from. It has one API for two
// builds: in the browser it uses the browser's own fetch and WebSocket, on the
// host, where it is used by tests, net/http and gorilla.
//
// # Concurrency
//
// A Client may be used by many goroutines. A call blocks until it is answered,
// so in a browser it must not be made by an event handler itself.
//
// The callbacks of a Socket are called one after the other, in the order of
// what they tell, by goroutines of the socket, never by the browser's event
// loop. They may call the socket; while one runs, the others wait.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/signalbox/signalbox/app/lang"
)

// Client makes calls to one server.
type Client struct {
	base   string
	bearer atomic.Pointer[string] // access token, nil or "" for the browser's cookies
	*transport
}

// New returns a client of the server at base. In a browser that is the path
// that the console is served below, such as "/console" or "", on the page's
// own host; elsewhere it is a URL such as "http://127.0.0.1:8989".
func New(base string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), transport: newTransport()}
}

// request and response are what a transport sends and gets.
type request struct {
	method, url string
	header      map[string]string
	body        []byte // nil: none
}

type response struct {
	status int
	body   []byte
}

// errNotSent is in the error of a transport when the request has certainly not
// reached a server.
var errNotSent = errors.New("not sent")

// Error is a call that did not do what it was to do.
type Error struct {
	Status int    // of the answer; 0 when there was none
	Detail string // sentences fit for the screen
}

func (e *Error) Error() string { return e.Detail }

// Do makes one call. The path begins with "/v1/"; a body that is not nil is
// sent as JSON. The error is an *Error unless the status is below 400.
func (c *Client) Do(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	return c.call(ctx, request{method: method, url: path}, body)
}

// DoIf is Do for a change of what has the entity tag ifMatch, which is in quotes;
// the status is 412 when it has another one by now. With "" it is Do.
func (c *Client) DoIf(ctx context.Context, method, path, ifMatch string, body any) (status int, answer []byte, err error) {
	r := request{method: method, url: path}
	if ifMatch != "" {
		r.header = map[string]string{"If-Match": ifMatch}
	}
	return c.call(ctx, r, body)
}

func (c *Client) call(ctx context.Context, r request, body any) (int, []byte, error) {
	r.url = c.base + r.url
	if r.header == nil {
		r.header = make(map[string]string)
	}
	r.header["Accept"] = "application/json"
	r.header["X-Requested-With"] = "XMLHttpRequest" // a 401 without the browser's own dialog
	if token := c.token(); token != "" {
		r.header["Authorization"] = "Bearer " + token
	}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, &Error{Detail: lang.T("The request could not be written: {err}. Nothing was done.", "err", err.Error())}
		}
		r.body, r.header["Content-Type"] = text, "application/json"
	}
	answer, err := c.fetch(ctx, r)
	if err != nil {
		return 0, nil, &Error{Detail: unanswered(r.method, err)}
	}
	if answer.status >= 400 {
		return answer.status, answer.body, &Error{answer.status, refused(r.method, answer)}
	}
	return answer.status, answer.body, nil
}

// changes tells whether a method asks for a change.
func changes(method string) bool { return method != "GET" && method != "HEAD" && method != "OPTIONS" }

func unknownOutcome() string {
	return lang.T("It is not known whether it was done: look before you try again.")
}

// unanswered says what the lack of an answer means.
func unanswered(method string, err error) string {
	switch {
	case errors.Is(err, errNotSent):
		return lang.T("The server cannot be reached. Nothing was done. Try again.")
	case !changes(method):
		return lang.T("The server did not answer. Try again.")
	}
	return lang.T("The server did not answer.") + " " + unknownOutcome()
}

// Refused is what a call has got that was not made here, as by a link.
func Refused(status int, answer string) *Error {
	if status == 0 {
		return &Error{Detail: unanswered("GET", nil)}
	}
	return &Error{status, refused("GET", response{status, []byte(answer)})}
}

// refused says why the server did not do it: in its own words, or when the
// answer is another program's, with its status.
func refused(method string, answer response) string {
	var body struct {
		Errors []struct {
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	if json.Unmarshal(answer.body, &body) == nil {
		var details []string
		for _, e := range body.Errors {
			if e.Detail != "" {
				details = append(details, e.Detail)
			}
		}
		if len(details) > 0 {
			return strings.Join(details, "; ")
		}
	}
	if answer.status >= 500 && changes(method) {
		return lang.T("The server answered with status {status}.", "status", strconv.Itoa(answer.status)) + " " + unknownOutcome()
	}
	return lang.T("The server answered with status {status}.", "status", strconv.Itoa(answer.status))
}

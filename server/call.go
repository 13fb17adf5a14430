package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// call is one request to the API on its way through a handler.
type call struct {
	*http.Request
	principal Principal
	login     string       // names the login of a cookie; "" for any other
	cookie    bool         // the principal was found by a cookie
	locked    *view.Filter // that every session passes which the caller sees
	query     *jsonapi.Query
	values    url.Values // of the query string
	malformed error      // what is wrong with the query string
	base      string     // what links begin with: "http://host/prefix/v1"
	now       time.Time
	record    *AuditRecord // what the audit log will say
	intend    func()       // has it say beforehand what is about to be destroyed
	secure    bool         // over TLS, or to a loopback address
	tls       bool
}

// answer is what a handler makes of a call. The zero answer is a 204.
type answer struct {
	status int // 0: 200 with a body, 204 without
	body   []byte
	tag    string // entity tag of a GET; "" for one over the body
	header http.Header
	stream func(w io.Writer) error // writes the body in place of body; nil for none
	done   func()                  // called when nothing of it is needed any more; nil for nothing
	then   func()                  // called once the audit log has the call; nil for nothing
}

// code is the status of the answer.
func (a answer) code() int {
	switch {
	case a.status != 0:
		return a.status
	case len(a.body) > 0 || a.stream != nil:
		return http.StatusOK
	}
	return http.StatusNoContent
}

// handler does the work of one route.
type handler func(c *call) (answer, error)

// maxBody is how many bytes a request's body may have.
const maxBody = 1 << 20

// link returns the address of a path below the base, in MaxScale's form: with
// a slash at the end.
func (c *call) link(parts ...string) string {
	link := c.base
	for _, part := range parts {
		link += "/" + url.PathEscape(part)
	}
	return link + "/"
}

// address returns the client's address.
func (c *call) address() netip.Addr { return addressOf(c.Request) }

func addressOf(r *http.Request) netip.Addr {
	ap, _ := netip.ParseAddrPort(r.RemoteAddr)
	return ap.Addr().Unmap()
}

// decode reads the body into v.
func (c *call) decode(v any) error {
	text, err := c.read(maxBody)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return refuse(http.StatusBadRequest, "Invalid JSON in request: %v", err)
	}
	return nil
}

// decodeStrictly reads a body of at most limit bytes into v, and refuses what v
// has no place for: a member that is misspelt must not be as good as none.
func (c *call) decodeStrictly(v any, limit int64) error {
	text, err := c.read(limit)
	if err != nil {
		return err
	}
	if err := decodeStrictly(text, v); err != nil {
		return refuse(http.StatusBadRequest, "Invalid JSON in request: %s", jsonError(err))
	}
	return nil
}

// decodeStrictly reads the one JSON value that text is into v, and refuses what
// v has no place for.
func decodeStrictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, more := d.Token(); more != io.EOF {
		return errors.New("there is more behind the object")
	}
	return nil
}

// jsonError is what is said of an error of decodeStrictly.
func jsonError(err error) string { return clip(strings.TrimPrefix(err.Error(), "json: ")) }

// read reads a body of at most limit bytes.
func (c *call) read(limit int64) ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, limit))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, refuse(http.StatusRequestEntityTooLarge, "the request body is larger than %d bytes", limit)
		}
		return nil, refuse(http.StatusBadRequest, "the request body cannot be read: %v", err)
	}
	if len(text) == 0 {
		return nil, refuse(http.StatusBadRequest, "Missing request body")
	}
	return text, nil
}

// one answers with a document that holds one resource.
func one[A any](c *call, resource api.Resource[A], self string) answer {
	return answer{body: jsonapi.One(c.query, resource, self)}
}

// many answers with a document that holds those of rows that the query asks
// for.
func many[A any](c *call, rows []api.Resource[A], self string) answer {
	return answer{body: jsonapi.Many(c.query, rows, self)}
}

// object answers with any JSON object.
func object(c *call, v any) answer {
	return answer{body: jsonapi.Encode(v, c.query.Pretty), header: http.Header{"Cache-Control": {"no-store"}}}
}

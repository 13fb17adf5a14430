package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// call is one request to the API on its way through a handler.
type call struct {
	*http.Request
	principal Principal
	login     string // names the login of a cookie; "" for any other
	cookie    bool   // the principal was found by a cookie
	query     *jsonapi.Query
	values    url.Values // of the query string
	malformed error      // what is wrong with the query string
	base      string     // what links begin with: "http://host/prefix/v1"
	now       time.Time
	record    *AuditRecord // what the audit log will say
	secure    bool         // over TLS, or to a loopback address
	tls       bool
}

// answer is what a handler makes of a call. The zero answer is a 204.
type answer struct {
	status int // 0: 200 with a body, 204 without
	body   []byte
	tag    string // entity tag of a GET; "" for one over the body
	header http.Header
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
	text, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return refuse(http.StatusRequestEntityTooLarge, "the request body is larger than %d bytes", maxBody)
		}
		return refuse(http.StatusBadRequest, "the request body cannot be read: %v", err)
	}
	if len(text) == 0 {
		return refuse(http.StatusBadRequest, "Missing request body")
	}
	if err := json.Unmarshal(text, v); err != nil {
		return refuse(http.StatusBadRequest, "Invalid JSON in request: %v", err)
	}
	return nil
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

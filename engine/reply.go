package engine

import (
	"iter"

	"github.com/signalbox/signalbox/engine/wire"
)

// Reply is one batch of a reply on its way to the client: as many packets, or
// as large a part of one, as came in together. It is valid during ClientReply
// only.
type Reply struct {
	Server   string // that it came from, "" for the proxy itself
	Data     []byte // packets with their headers
	Complete bool   // the last batch of the reply

	before wire.Place // where Data begins
	after  *wire.Response
	own    bool // made or changed by the proxy: its sequence ids are to be set
}

// Response returns what is known of the reply after this batch: rows so far,
// the error, the server's status.
func (r *Reply) Response() *wire.Response { return r.after }

// Packets walks the packets of the batch with what each of them is.
func (r *Reply) Packets() iter.Seq[wire.Part] { return r.before.Parts(r.Data) }

// OKReply is the whole answer to a command that the proxy has carried out
// itself.
func OKReply(status wire.Status) *Reply {
	ok := wire.OK{Status: status}
	return ownReply(ok.Append(nil, 0), &wire.Response{Kind: wire.RespOK, Complete: true, Status: status})
}

// ErrorReply is the whole answer to a command that the proxy refuses.
func ErrorReply(e *wire.Error) *Reply {
	return ownReply(e.Append(nil), &wire.Response{Kind: wire.RespError, Complete: true, Err: e})
}

func ownReply(payload []byte, after *wire.Response) *Reply {
	return &Reply{Data: frame(nil, payload), Complete: true, after: after, own: true}
}

// NewReply puts data in the place of like's batch. The sequence ids in data do
// not matter: the session's client writer counts them anew.
func NewReply(data []byte, complete bool, like *Reply) *Reply {
	return &Reply{Server: like.Server, Data: data, Complete: complete, before: like.before, after: like.after, own: true}
}

// frame appends payload as one packet with sequence id 0. The payload must be
// shorter than 16 MB - 1, which every packet that the proxy makes itself is.
func frame(dst, payload []byte) []byte {
	n := len(payload)
	dst = append(dst, byte(n), byte(n>>8), byte(n>>16), 0)
	return append(dst, payload...)
}

package enginetest

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// Client is a client of the protocol that a test drives step by step.
type Client struct {
	Conn     *wire.Conn
	ID       uint32             // from the greeting
	Greeting wire.Handshake     // as it came
	State    []wire.StateChange // from the answer to the last login
	caps     wire.Capability
	reply    wire.Response
}

// Result is what a statement has given.
type Result struct {
	Rows     int
	Bytes    int
	Affected uint64
	Value    string // first column of the first row
	Status   wire.Status
	ID       uint32 // of a prepared statement
}

// ClientOptions say who connects and how.
type ClientOptions struct {
	User, Password, Database string
	Caps                     wire.Capability // in place of the usual ones
	Attributes               []wire.Attribute
	Header                   string // of the PROXY protocol, sent first
}

// Connect logs in to address on n.
func Connect(ctx context.Context, n Transport, address string, o ClientOptions) (*Client, error) {
	nc, err := n.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return ConnectOver(nc, o)
}

// ConnectOver logs in over nc. The client is there, and not logged in, when that
// fails.
func ConnectOver(nc net.Conn, o ClientOptions) (*Client, error) {
	c := &Client{Conn: wire.NewConn(nc)}
	return c, c.login(o)
}

func (c *Client) login(o ClientOptions) error {
	if o.Header != "" {
		if err := c.Conn.Write([]byte(o.Header)); err != nil {
			return err
		}
	}
	packet, err := c.Conn.ReadPacket(1 << 20)
	if err != nil {
		return err
	}
	var greeting wire.Handshake
	if packet[0] == 0xff {
		return packetError(packet)
	}
	if err := greeting.Decode(packet); err != nil {
		return err
	}
	c.ID, c.Greeting = greeting.ConnectionID, greeting
	want := o.Caps
	if want == 0 {
		want = wire.ClientProtocol41 | wire.ClientSecureConnection | wire.ClientPluginAuth | wire.ClientMultiResults |
			wire.ClientDeprecateEOF | wire.ClientTransactions | wire.ClientConnectAttrs
	}
	if o.Database != "" {
		want |= wire.ClientConnectWithDB
	}
	c.caps = want.Agreed(greeting.Capabilities)
	response := wire.HandshakeResponse{
		Capabilities: c.caps, MaxPacket: 1 << 24, Collation: 45, User: o.User, Database: o.Database,
		Plugin: auth.NativePassword, Auth: auth.NativeScramble(o.Password, greeting.Salt[:]), Attributes: o.Attributes,
	}
	if err := c.send(response.Append(nil)); err != nil {
		return err
	}
	welcome, err := c.prove(o.Password)
	if err != nil {
		return err
	}
	c.State = slices.Collect(welcome.State.All())
	if how := c.caps & wire.Compression; how != 0 {
		return wire.Compress(c.Conn, how, 0)
	}
	return nil
}

// ChangeUser logs in as somebody else on the connection that stands.
func (c *Client) ChangeUser(o ClientOptions) error {
	change := wire.ChangeUser{User: o.User, Database: o.Database, Collation: 45, Plugin: auth.NativePassword, Attributes: o.Attributes}
	if err := c.Send(change.Append(nil, c.caps)); err != nil {
		return err
	}
	welcome, err := c.prove(o.Password)
	c.State = slices.Collect(welcome.State.All())
	return err
}

// prove answers what the server asks until it is content.
func (c *Client) prove(password string) (welcome wire.OK, err error) {
	proof := auth.SecretOf(password).Prove(false)
	for {
		packet, err := c.Conn.ReadPacket(1 << 20)
		if err != nil {
			return welcome, err
		}
		answer, send := []byte(nil), true
		switch packet[0] {
		case 0x00:
			return welcome, welcome.Decode(slices.Clone(packet), c.caps)
		case 0x01:
			answer, send, err = proof.Continue(packet[1:])
		case 0xfe:
			var request wire.AuthSwitch
			if err = request.Decode(packet); err == nil {
				answer, err = proof.Begin(request.Plugin, request.Data)
			}
		default:
			return welcome, packetError(packet)
		}
		if err != nil {
			return welcome, err
		}
		if send {
			if err := c.send(answer); err != nil {
				return welcome, err
			}
		}
	}
}

func packetError(packet []byte) error {
	var e wire.Error
	if err := e.Decode(packet); err != nil {
		return err
	}
	return &e
}

func (c *Client) send(payload []byte) error {
	if err := c.Conn.WritePacket(payload); err != nil {
		return err
	}
	return c.Conn.Flush()
}

// Query runs a statement and reads all of its reply. An error of the server is
// a *wire.Error.
func (c *Client) Query(sql string) (Result, error) {
	return c.Command(append([]byte{byte(wire.ComQuery)}, sql...))
}

// Prepare prepares a statement; the result has its id.
func (c *Client) Prepare(sql string) (Result, error) {
	return c.Command(append([]byte{byte(wire.ComStmtPrepare)}, sql...))
}

// Execute executes a prepared statement without parameters.
func (c *Client) Execute(id uint32) (Result, error) {
	payload := []byte{byte(wire.ComStmtExecute), 0, 0, 0, 0, 0, 1, 0, 0, 0}
	wire.SetStatementID(payload, id)
	return c.Command(payload)
}

// Command sends any command and reads all of its reply.
func (c *Client) Command(payload []byte) (Result, error) {
	if err := c.Send(payload); err != nil {
		return Result{}, err
	}
	return c.Receive(wire.Command(payload[0]))
}

// Send sends a command.
func (c *Client) Send(payload []byte) error {
	c.Conn.BeginCommand()
	return c.send(payload)
}

// Receive reads the reply to a command that was sent. It checks that sequence
// ids are consecutive.
func (c *Client) Receive(command wire.Command) (Result, error) {
	c.reply.Start(command, c.caps)
	var result Result
	sequence := byte(1)
	for !c.reply.Complete {
		before := c.reply.Place()
		n, err := c.reply.Consume(c.Conn.Unread())
		if err != nil {
			return result, err
		}
		for part := range before.Parts(c.Conn.Unread()[:n]) {
			if part.Header {
				if part.Data[3] != sequence {
					return result, fmt.Errorf("sequence id %d in place of %d", part.Data[3], sequence)
				}
				sequence++
			}
			if part.Kind == wire.PartRow {
				result.Bytes += len(part.Payload())
				if part.First && result.Value == "" {
					value, _ := wire.LenencBytes(part.Payload())
					result.Value = string(value)
				}
			}
		}
		c.Conn.Discard(n)
		if c.reply.Complete {
			break
		}
		if err := c.Conn.Fill(); err != nil {
			return result, err
		}
	}
	result.Rows, result.Affected = int(c.reply.Rows), c.reply.AffectedRows
	result.Status, result.ID = c.reply.Status, c.reply.StatementID
	if c.reply.Err != nil {
		return result, c.reply.Err
	}
	return result, nil
}

// Close says goodbye and closes the connection.
func (c *Client) Close() error {
	_ = c.Send([]byte{byte(wire.ComQuit)})
	return c.Conn.Close()
}

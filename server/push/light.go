package push

import "github.com/signalbox/signalbox/api"

// light is a session that encodes to its light form: what a row on a screen
// needs. It is a fraction of the whole, and what is at rest is left out.
type light api.Session

// lightSession is the light form. Its names are those of api.Session, as which
// it is read.
type lightSession struct {
	ID            string            `json:"id"`
	Type          string            `json:"type"`
	Attributes    lightAttributes   `json:"attributes"`
	Relationships api.Relationships `json:"relationships,omitempty"`
}

type lightAttributes struct {
	State            string                  `json:"state"`
	User             string                  `json:"user,omitempty"`
	Remote           string                  `json:"remote"`
	RemoteAddress    string                  `json:"remote_address,omitempty"`
	Port             int                     `json:"port"`
	ConnectedAt      api.Time                `json:"connected_at"`
	SecondsAlive     float64                 `json:"seconds_alive"`
	Idle             float64                 `json:"idle,omitempty"`
	Database         string                  `json:"database,omitempty"`
	Client           lightClient             `json:"client,omitzero"`
	Connections      []api.SessionConnection `json:"connections,omitempty"`
	Parameters       api.SessionParameters   `json:"parameters,omitzero"`
	Memory           lightMemory             `json:"memory,omitzero"`
	Pending          api.SessionPending      `json:"pending,omitzero"`
	LastRestartError string                  `json:"last_restart_error,omitempty"`
	Activity         lightActivity           `json:"activity"`
	ChainOutdated    bool                    `json:"chain_outdated,omitempty"`
	LogUntil         api.Time                `json:"log_until,omitempty"`
	lightEnd
}

type lightEnd struct {
	EndedAt   api.Time `json:"ended_at,omitempty"`
	EndReason string   `json:"end_reason,omitempty"`
	EndedBy   string   `json:"ended_by,omitempty"`
}

type lightClient struct {
	Cipher               string            `json:"cipher,omitempty"`
	ConnectionAttributes map[string]string `json:"connection_attributes,omitempty"`
}

func (c lightClient) IsZero() bool { return c.Cipher == "" && len(c.ConnectionAttributes) == 0 }

type lightMemory struct {
	Total int64 `json:"total,omitempty"`
}

type lightActivity struct {
	State          string   `json:"state"`
	InState        float64  `json:"in_state"`
	SinceAt        api.Time `json:"since_at"`
	Trx            bool     `json:"trx,omitempty"`
	TrxReadOnly    bool     `json:"trx_read_only,omitempty"`
	TrxSeconds     float64  `json:"trx_seconds,omitempty"`
	TrxSinceAt     api.Time `json:"trx_since_at,omitempty"`
	TrxWrites      uint64   `json:"trx_writes,omitempty"`
	Statement      string   `json:"statement,omitempty"`
	Server         string   `json:"server,omitempty"`
	BlockedBy      string   `json:"blocked_by,omitempty"`
	Blocks         int      `json:"blocks,omitempty"`
	Statements     uint64   `json:"statements,omitempty"`
	Errors         uint64   `json:"errors,omitempty"`
	BytesIn        uint64   `json:"bytes_in,omitempty"`
	BytesOut       uint64   `json:"bytes_out,omitempty"`
	BytesInPerSec  float64  `json:"bytes_in_per_sec,omitempty"`
	BytesOutPerSec float64  `json:"bytes_out_per_sec,omitempty"`
	LongAfter      float64  `json:"long_after,omitempty"`
}

// resource is the light form of s.
func (s *light) resource() lightSession {
	a, y := &s.Attributes, &s.Attributes.Activity
	l := lightAttributes{
		State: a.State, User: a.User, Remote: a.Remote, RemoteAddress: a.RemoteAddress, Port: a.Port,
		ConnectedAt: a.ConnectedAt, SecondsAlive: a.SecondsAlive, Idle: a.Idle, Database: a.Database,
		Client:      lightClient{a.Client.Cipher, a.Client.ConnectionAttributes},
		Connections: a.Connections, Parameters: a.Parameters, Memory: lightMemory{a.Memory.Total}, Pending: a.Pending,
		LastRestartError: a.LastRestartError, ChainOutdated: a.ChainOutdated, LogUntil: a.LogUntil,
		lightEnd: lightEnd{a.EndedAt, a.EndReason, a.EndedBy},
		Activity: lightActivity{
			State: y.State, InState: y.InState, SinceAt: y.SinceAt, Trx: y.Trx, TrxReadOnly: y.TrxReadOnly,
			TrxSeconds: y.TrxSeconds, TrxSinceAt: y.TrxSinceAt, TrxWrites: y.TrxWrites, Statement: y.Statement,
			Server: y.Server, BlockedBy: y.BlockedBy, Blocks: y.Blocks, Statements: y.Statements, Errors: y.Errors, BytesIn: y.BytesIn, BytesOut: y.BytesOut,
			BytesInPerSec: y.BytesInPerSec, BytesOutPerSec: y.BytesOutPerSec, LongAfter: y.LongAfter,
		},
	}
	return lightSession{s.ID, s.Type, l, s.Relationships}
}

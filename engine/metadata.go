package engine

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// This file tells clients of variables when they log in (connection_metadata),
// as a server does that tracks them: in the OK packet, to clients that agree to
// be told (ClientSessionTrack).

// pair is one item of connection_metadata.
type pair struct {
	name, value string
	auto        bool // the value is the server's
}

var variableName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// metadataOf reads connection_metadata of a listener.
func metadataOf(l *Listener) ([]pair, error) {
	var pairs []pair
	for _, item := range l.object.Values.List("connection_metadata") {
		name, value, found := strings.Cut(item, "=")
		p := pair{name: strings.TrimSpace(name), value: strings.TrimSpace(value)}
		switch p.auto = p.value == "auto"; {
		case !found || p.name == "":
			return nil, Errorf(Invalid, "listener %s: connection_metadata: '%s': want NAME=VALUE", l.object.Name, item)
		case p.auto && !variableName.MatchString(p.name):
			return nil, Errorf(Invalid, "listener %s: connection_metadata: '%s' is not a system variable", l.object.Name, p.name)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// The names whose value auto does not come from the server alone.
const (
	metadataVersion   = "maxscale"
	metadataMaxPacket = "max_allowed_packet"
)

// variables are the system variables of a service's servers that clients are
// told.
type variables struct {
	mu       sync.Mutex // guards what follows
	values   map[string]string
	charsets map[uint16]string // by the id of a collation
	read     time.Time         // or tried to be
}

const (
	// variablesInterval is how old variables may be that clients are told.
	variablesInterval = time.Minute
	// maxVariable is the longest value that clients are told, in bytes.
	maxVariable = 1024
)

// state returns what a client is told that has logged in at l with the
// collation charset.
//
// MaxScale: sends the global values of the character sets too. They are those of
// the client here, as a server has it: a client that believes what it is told
// would read its results wrongly.
func (v *variables) state(l *Listener, charset uint16) wire.SessionState {
	v.mu.Lock()
	defer v.mu.Unlock()
	var state wire.SessionState
	for _, p := range l.metadata {
		value := p.value
		if p.auto {
			value = v.values[strings.ToLower(p.name)]
			switch {
			case p.name == metadataVersion:
				value = l.engine.version
			case value == "":
			case p.name == metadataMaxPacket:
				value = strconv.Itoa(l.service.maxPacket() - 1)
			case strings.HasPrefix(p.name, "character_set_"):
				if name := v.charsets[charset]; name != "" {
					value = name
				}
			}
		}
		if value != "" {
			state = wire.AppendState(state, wire.StateChange{Type: wire.StateSystemVariable, Name: []byte(p.name), Value: []byte(value)})
		}
	}
	return state
}

// stale reports whether the variables are to be read again, and takes the caller
// for the one who does.
func (v *variables) stale(now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.read.IsZero() && now.Sub(v.read) < variablesInterval {
		return false
	}
	v.read = now
	return true
}

// readVariables reads what the listeners of s tell of its servers, from the
// primary or else from the first server that runs.
func readVariables(ctx context.Context, s *Service) error {
	var names []string
	for _, l := range s.engine.listeners.list {
		for _, p := range l.metadata {
			if l.service == s && p.auto && p.name != metadataVersion {
				names = append(names, "'"+strings.ToLower(p.name)+"'")
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	err := Errorf(Unavailable, "no server is running")
	for _, server := range s.byRank() {
		if !server.Usable() {
			continue
		}
		var values map[string]string
		var charsets map[uint16]string
		if values, charsets, err = askVariables(ctx, s, server, names); err == nil {
			s.variables.mu.Lock()
			s.variables.values, s.variables.charsets = values, charsets
			s.variables.mu.Unlock()
			return nil
		}
	}
	return fmt.Errorf("service %s: read variables for connection_metadata: %w", s.Name(), err)
}

func askVariables(ctx context.Context, s *Service, server *Server, names []string) (map[string]string, map[uint16]string, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := adminLogin(ctx, server, credentials{
		user: s.object.Values.String("user"), secret: auth.SecretOf(s.object.Values.String("password")),
		charset: defaultCharset, capabilities: adminCapabilities,
	})
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	release := obey(ctx, &conn.Conn)
	defer release()
	rows, err := resultRows(conn, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ("+strings.Join(names, ",")+")")
	if err != nil {
		return nil, nil, err
	}
	values := make(map[string]string)
	for _, row := range rows {
		if len(row) == 2 && len(row[1]) <= maxVariable {
			values[strings.ToLower(row[0])] = row[1]
		}
	}
	if rows, err = resultRows(conn, "SHOW COLLATION"); err != nil {
		return nil, nil, err
	}
	charsets := make(map[uint16]string)
	for _, row := range rows {
		if len(row) > 2 && len(row[1]) <= maxVariable { // its name, its character set, its id
			if id, err := strconv.ParseUint(row[2], 10, 16); err == nil {
				charsets[uint16(id)] = row[1]
			}
		}
	}
	return values, charsets, nil
}

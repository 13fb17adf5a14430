package wire

import (
	"iter"
)

// SessionState is the block of an OK packet in which the server tells what
// changed in its session, where ClientSessionTrack is agreed.
type SessionState []byte

// StateType is the type of a StateChange.
type StateType byte

// The types of a StateChange.
const (
	StateSystemVariable             StateType = 0
	StateSchema                     StateType = 1
	StateChanged                    StateType = 2
	StateGTIDs                      StateType = 3
	StateTransactionCharacteristics StateType = 4
	StateTransactionState           StateType = 5
)

// StateChange is one change in a server's session.
type StateChange struct {
	Type StateType
	Name []byte // of the system variable, else nil
	// Value is the variable's new value, the schema's name, the GTIDs, the
	// statements that restart the transaction (characteristics), or eight
	// characters such as "T_______" (transaction state). Of an unknown type
	// it is all that was sent.
	Value []byte
}

// All yields the changes in the order of the packet. They point into s. It ends
// at the first one that is malformed.
func (s SessionState) All() iter.Seq[StateChange] {
	return func(yield func(StateChange) bool) {
		_ = s.walk(yield)
	}
}

func (s SessionState) check() error {
	if len(s) == 0 {
		return nil
	}
	return s.walk(func(StateChange) bool { return true })
}

func (s SessionState) walk(yield func(StateChange) bool) error {
	r := reader{b: s}
	for len(r.b) > 0 {
		t := StateType(r.uint8())
		data := reader{b: r.lenencBytes()}
		if r.err != nil {
			return r.err
		}
		switch t {
		case StateSystemVariable:
			// MariaDB puts several variables in one entry.
			for len(data.b) > 0 {
				c := StateChange{Type: t, Name: data.lenencBytes(), Value: data.lenencBytes()}
				if data.err != nil {
					return data.err
				}
				if !yield(c) {
					return nil
				}
			}
			continue
		case StateGTIDs:
			data.uint8() // how they are written; 0 is the only way known
			data.b = data.lenencBytes()
		case StateChanged:
			// MariaDB sends the character alone, MySQL with its length.
			if len(data.b) > 1 {
				data.b = data.lenencBytes()
			}
		case StateSchema, StateTransactionCharacteristics, StateTransactionState:
			data.b = data.lenencBytes()
		}
		if data.err != nil {
			return data.err
		}
		if !yield(StateChange{Type: t, Value: data.b}) {
			return nil
		}
	}
	return nil
}

// AppendState appends one change to s, for servers that tell of it.
func AppendState(s SessionState, c StateChange) SessionState {
	var data []byte
	switch c.Type {
	case StateSystemVariable:
		data = AppendLenencString(AppendLenencString(nil, c.Name), c.Value)
	case StateGTIDs:
		data = AppendLenencString([]byte{0}, c.Value)
	case StateSchema, StateChanged, StateTransactionCharacteristics, StateTransactionState:
		data = AppendLenencString(nil, c.Value)
	default:
		data = c.Value
	}
	return AppendLenencString(append(s, byte(c.Type)), data)
}

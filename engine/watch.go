package engine

// ObjectKind is the kind of an object of the engine.
type ObjectKind string

// The kinds of objects.
const (
	SessionObject  ObjectKind = "sessions"
	ServiceObject  ObjectKind = "services"
	ServerObject   ObjectKind = "servers"
	ListenerObject ObjectKind = "listeners"
	FilterObject   ObjectKind = "filters"
	MonitorObject  ObjectKind = "monitors"
)

// Change says that an object is no longer what it was. It carries no data: who
// wants to know asks the engine for the object's Info.
type Change struct {
	Kind    ObjectKind
	ID      uint64 // of a session
	Name    string // of any other object
	Notable bool   // created, closed, pending or state changed; false for counters and clocks
}

// Watch calls fn for every Change until stop is called. fn is called from many
// goroutines at once, must not block and must not call back into the engine.
// After stop has returned, fn is not called any more.
func (e *Engine) Watch(fn func(Change)) (stop func()) { return e.watchers.add(fn) }

package engine

import (
	"context"
	"strings"
)

// Switch starts or stops a monitor, a listener or a service. It lasts until the
// program ends.
type Switch struct {
	Kind  ObjectKind // MonitorObject, ListenerObject or ServiceObject
	Name  string
	On    bool
	Force bool   // to stop a listener or service: sessions that came that way end
	By    string // who asked
}

// Do carries the switch out. What is so already stays so.
//
// A monitor that is stopped neither looks at its servers nor changes them: they
// keep the states that they have, which operators may change. A listener that is
// stopped takes no clients, and a service that is has all of its listeners
// stopped; sessions go on.
func (s Switch) Do(e *Engine) error {
	var err error
	switch s.Kind {
	case MonitorObject:
		err = s.monitor(e)
	case ListenerObject:
		err = s.listener(e)
	case ServiceObject:
		err = s.service(e)
	default:
		err = Errorf(Invalid, "only monitors, listeners and services are started and stopped")
	}
	if err != nil {
		return err
	}
	did := "was started"
	if !s.On {
		did = "was stopped"
	}
	e.logger.Log(context.Background(), LevelNotice, did, s.Word(), s.Name, "by", s.By)
	return nil
}

// Word is what one of the kind is called.
func (s Switch) Word() string { return strings.TrimSuffix(string(s.Kind), "s") }

func (s Switch) monitor(e *Engine) error {
	m, err := e.monitors.get(s.Name)
	if err != nil {
		return err
	}
	if err := m.desk.pause(!s.On); err != nil {
		return err
	}
	e.watchers.tell(Change{Kind: MonitorObject, Name: s.Name, Notable: true})
	return nil
}

func (s Switch) listener(e *Engine) error {
	l, err := e.listeners.get(s.Name)
	if err != nil {
		return err
	}
	if err := l.turn(s.On); err != nil {
		return err
	}
	s.end(e, func(session *Session) bool { return session.listener == l })
	return nil
}

func (s Switch) service(e *Engine) error {
	service, err := e.services.get(s.Name)
	if err != nil {
		return err
	}
	for _, l := range e.listeners.list {
		if l.service != service {
			continue
		}
		if err := l.turn(s.On); err != nil {
			return err
		}
	}
	if s.On {
		service.setState("Started")
		return nil
	}
	service.setState("Stopped")
	s.end(e, func(session *Session) bool { return session.service == service })
	return nil
}

// end ends the sessions that are meant, when the switch is forced off.
func (s Switch) end(e *Engine, meant func(*Session) bool) {
	if s.On || !s.Force {
		return
	}
	for _, session := range e.sessions.all() {
		if meant(session) {
			session.end(&killError{by: s.By, reason: s.Word() + " " + s.Name + " was stopped"})
		}
	}
}

// turn opens the listener's socket and takes clients, or closes it.
func (l *Listener) turn(on bool) error {
	l.mu.Lock()
	open := l.open != nil
	l.mu.Unlock()
	switch {
	case open == on:
	case !on:
		l.close()
	case l.engine.draining.Load():
		return Errorf(Unavailable, "listener %s: Signalbox is shutting down", l.object.Name)
	default:
		if err := l.start(); err != nil {
			return err
		}
		l.engine.wg.Go(l.serve)
	}
	return nil
}

package engine

import (
	"sync"
	"time"
)

// past is what the sessions of a service have been that are over.
type past struct {
	mu       sync.Mutex // guards what follows
	sessions int64
	lifetime time.Duration // of all of them
	longest  time.Duration
	commands int64 // that their histories had at the end
	most     int64
}

// add books a session that has ended.
func (p *past) add(lifetime time.Duration, commands int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions++
	p.lifetime += lifetime
	p.longest = max(p.longest, lifetime)
	p.commands += commands
	p.most = max(p.most, commands)
}

func (p *past) info() PastInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	info := PastInfo{MaxLifetime: p.longest, MaxHistory: p.most}
	if p.sessions > 0 {
		info.AvgLifetime = p.lifetime / time.Duration(p.sessions)
		info.AvgHistory = float64(p.commands) / float64(p.sessions)
	}
	return info
}

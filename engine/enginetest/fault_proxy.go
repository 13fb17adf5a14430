package enginetest

import (
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// FaultProxy stands between a client and a server on TCP, and does to their
// connections what a Fault says.
type FaultProxy struct {
	Port int // on 127.0.0.1

	target   string
	listener net.Listener
	closed   chan struct{}
	wg       sync.WaitGroup

	mu    sync.Mutex // guards what follows
	up    Fault
	down  Fault
	conns map[net.Conn]bool
}

// StartFaultProxy starts a proxy in front of target that breaks nothing yet. It
// ends with the test.
func StartFaultProxy(t testing.TB, target string) *FaultProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p := &FaultProxy{target: target, listener: l, closed: make(chan struct{}), conns: make(map[net.Conn]bool)}
	p.Port, _ = strconv.Atoi(port)
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Break has the connections that are opened from now on fail as up and down say.
func (p *FaultProxy) Break(up, down Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up, p.down = up, down
}

// Cut ends all connections, and from now on each at once that is opened.
func (p *FaultProxy) Cut() {
	p.Break(Fault{Ends: Reset}, Fault{Ends: Reset})
	p.end()
}

func (p *FaultProxy) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *FaultProxy) close() {
	close(p.closed)
	_ = p.listener.Close()
	p.end()
	p.wg.Wait()
}

func (p *FaultProxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		up, down := p.up, p.down
		p.mu.Unlock()
		p.wg.Go(func() { p.carry(server, client, up) })
		p.wg.Go(func() { p.carry(client, server, down) })
	}
}

// carry copies from one side to the other until the fault ends the connection.
func (p *FaultProxy) carry(to, from net.Conn, f Fault) {
	end := f.Ends
	defer func() {
		if end == Reset {
			for _, c := range []net.Conn{to, from} {
				_ = c.(*net.TCPConn).SetLinger(0)
			}
		}
		p.mu.Lock()
		delete(p.conns, to)
		delete(p.conns, from)
		p.mu.Unlock()
		_ = to.Close()
		_ = from.Close()
	}()
	buffer := make([]byte, 16<<10)
	for carried := 0; ; {
		most := len(buffer)
		if f.Ends != NoEnd {
			most = min(most, f.After-carried)
		}
		if most <= 0 {
			if f.Ends == Stall {
				<-p.closed
			}
			return
		}
		n, err := from.Read(buffer[:most])
		if f.slow() && n > 0 {
			wait := f.Latency
			if f.Rate > 0 {
				wait += time.Duration(n) * time.Second / time.Duration(f.Rate)
			}
			select {
			case <-time.After(wait):
			case <-p.closed:
			}
		}
		if n > 0 {
			if _, werr := to.Write(buffer[:n]); werr != nil {
				end = NoEnd
				return
			}
			carried += n
		}
		if err != nil {
			if err != io.EOF {
				end = NoEnd
			}
			return
		}
	}
}

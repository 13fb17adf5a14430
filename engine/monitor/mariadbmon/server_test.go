package mariadbmon

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/signalbox/signalbox/engine"
)

// answer is what a server answers to a statement: rows of columns, the first
// row being their names, or an error.
type answer struct {
	rows [][]string
	code uint16 // of an error, 0 for rows
}

// server is a database server that lets everyone in, unless login is an error,
// and knows a few statements by how they begin.
type server struct {
	login       uint16 // error of the log-in, 0 for none
	answers     map[string]answer
	connections atomic.Int64
}

// startServer serves until the test ends.
func startServer(t *testing.T, s *server) engine.MonitorTarget {
	t.Helper()
	return startListener(t, func(conn net.Conn) {
		s.connections.Add(1)
		s.serve(conn)
	})
}

// startListener runs serve for each connection until the test ends.
func startListener(t *testing.T, serve func(net.Conn)) engine.MonitorTarget {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return engine.MonitorTarget{Network: "tcp", Address: l.Addr().String()}
}

func (s *server) serve(conn net.Conn) {
	// HandshakeV10 of a server with CLIENT_PROTOCOL_41,
	// CLIENT_SECURE_CONNECTION and CLIENT_PLUGIN_AUTH.
	greeting := "\x0a5.5.5\x00\x01\x00\x00\x00" + "12345678" + "\x00" +
		"\x00\x82" + "\x2d" + "\x02\x00" + "\x08\x00" + "\x15" + strings.Repeat("\x00", 10) +
		"123456789012\x00" + "mysql_native_password\x00"
	write(conn, 0, greeting)
	r := bufio.NewReader(conn)
	sequence, _, err := read(r)
	if err != nil {
		return
	}
	if s.login != 0 {
		write(conn, sequence+1, errorPacket(s.login))
		return
	}
	write(conn, sequence+1, okPacket)
	for {
		_, command, err := read(r)
		if err != nil || len(command) == 0 || command[0] != 3 { // COM_QUERY
			return
		}
		s.reply(conn, command[1:])
	}
}

func (s *server) reply(conn net.Conn, statement string) {
	for begin, a := range s.answers {
		if !strings.HasPrefix(statement, begin) {
			continue
		}
		if a.code != 0 {
			write(conn, 1, errorPacket(a.code))
			return
		}
		columns := a.rows[0]
		packets := []string{string(rune(len(columns)))}
		for _, name := range columns {
			packets = append(packets, text("def", "", "", "", name, "")+"\x0c\x2d\x00\xff\x00\x00\x00\xfd\x00\x00\x00\x00\x00")
		}
		packets = append(packets, eofPacket)
		for _, row := range a.rows[1:] {
			packets = append(packets, text(row...))
		}
		for i, packet := range append(packets, eofPacket) {
			write(conn, byte(i+1), packet)
		}
		return
	}
	write(conn, 1, errorPacket(1064))
}

const (
	okPacket  = "\x00\x00\x00\x02\x00\x00\x00"
	eofPacket = "\xfe\x00\x00\x02\x00"
)

func errorPacket(code uint16) string {
	return "\xff" + string(binary.LittleEndian.AppendUint16(nil, code)) + "#42000refused"
}

// text writes length-encoded strings; NULL for a value of that name.
func text(values ...string) string {
	var b strings.Builder
	for _, value := range values {
		if value == "NULL" {
			b.WriteByte(0xfb)
			continue
		}
		b.WriteByte(byte(len(value)))
		b.WriteString(value)
	}
	return b.String()
}

func write(w io.Writer, sequence byte, packet string) {
	header := binary.LittleEndian.AppendUint32(nil, uint32(len(packet)))
	header[3] = sequence
	_, _ = io.WriteString(w, string(header)+packet)
}

func read(r *bufio.Reader) (sequence byte, packet string, err error) {
	header := make([]byte, 4)
	if _, err := io.ReadFull(r, header); err != nil {
		return 0, "", err
	}
	sequence, header[3] = header[3], 0
	body := make([]byte, binary.LittleEndian.Uint32(header))
	_, err = io.ReadFull(r, body)
	return sequence, string(body), err
}

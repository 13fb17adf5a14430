package enginetest

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/wire"
)

// Collation is the default collation of a Server, utf8mb4_unicode_ci.
const Collation = 224

// Server is a scripted database server on a Network. It logs clients in with
// mysql_native_password, ed25519 and caching_sha2_password, keeps transactions, autocommit and prepared statements,
// and understands these statements beside what Answer makes of others:
//
//	SLEEP n          one row after n seconds, or error 1317 when killed
//	ROWS n SIZE b    n rows of b bytes each
//	MULTI n SIZE b   n results of one row of b bytes each
//	ERROR            error 1064
//	HANGUP           closes the connection without an answer; also as a comment at the end
//	CURSOR           opens a cursor, when it is prepared
//	LOAD DATA LOCAL  asks the client for a file
//	SELECT GET_LOCK  1, also of RELEASE_LOCK; 0 of a lock named taken, NULL of none
//	HALF             closes the connection in the middle of a packet
//	KILL QUERY id    as a server does
type Server struct {
	Name     string
	Accounts []auth.Account
	Greeting string          // version
	Caps     wire.Capability // offered; all that make sense when 0
	// Answer answers a statement that the server does not know; nil means an OK
	// packet.
	Answer func(sql string) []byte
	// Canned are replies to whole commands. They are sent as they are, without an
	// allocation.
	Canned map[string][]byte
	// Delay is how long it takes for each statement, in ns.
	Delay atomic.Int64
	// Forgets says that Statements is not wanted.
	Forgets bool

	once  sync.Once
	takes *auth.Methods

	mu         sync.Mutex
	conns      map[uint32]*serverConn
	lastID     uint32
	logins     int
	statements []string
	listener   net.Listener
	wg         sync.WaitGroup
}

// serverConn is one client of a Server.
type serverConn struct {
	id       uint32
	server   *Server
	conn     *wire.Conn
	caps     wire.Capability
	user     string
	trx      bool
	off      bool // autocommit is off
	prepared map[uint32]string
	lastStmt uint32
	more     int         // results that follow the present one
	extra    wire.Status // of the next reply
	killed   chan struct{}
}

// NewServer makes a server with the accounts "service"/"service", with rights to
// everything, "app"/"app" and "other"/"other".
func NewServer(name string) *Server {
	s := &Server{Name: name, Greeting: "5.5.5-10.11.11-MariaDB-" + name}
	for _, user := range []string{"service", "app", "other"} {
		s.Accounts = append(s.Accounts, auth.Account{
			User: user, Host: "%", Plugin: auth.NativePassword, Hash: auth.HashOf(user).String(), Super: user == "service",
		})
	}
	return s
}

// SetAccounts changes the accounts while clients may be logging in.
func (s *Server) SetAccounts(list []auth.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Accounts = list
}

func (s *Server) accounts() []auth.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Accounts
}

// Serve takes clients of address on n until Close.
func (s *Server) Serve(n Transport, address string) error {
	l, err := n.Listen("tcp", address)
	if err != nil {
		return err
	}
	s.listener = l
	s.conns = make(map[uint32]*serverConn)
	s.wg.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() { s.serve(nc) })
		}
	})
	return nil
}

// Close closes the listener and all connections, and waits for their end.
func (s *Server) Close() {
	if s.listener == nil {
		return
	}
	_ = s.listener.Close()
	s.Disconnect()
	s.wg.Wait()
	s.listener = nil
}

// Disconnect closes all connections of clients.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.conn.Close()
		c.interrupt()
	}
	clear(s.conns)
}

// Say sends a packet to all clients that none of them has asked for. It must not
// be called while the server answers one.
func (s *Server) Say(payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.conn.SetSequence(0)
		c.send(payload)
	}
}

// Statements returns what was executed, in order, as "user: text".
func (s *Server) Statements() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.statements...)
}

// Logins returns how many clients have logged in, without those that have changed
// their user.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Connections returns how many clients are connected.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Server) capabilities() wire.Capability {
	if s.Caps != 0 {
		return s.Caps
	}
	return wire.ClientFoundRows | wire.ClientLongFlag | wire.ClientConnectWithDB | wire.ClientLocalFiles |
		wire.ClientProtocol41 | wire.ClientTransactions | wire.ClientSecureConnection | wire.ClientMultiStatements |
		wire.ClientMultiResults | wire.ClientPSMultiResults | wire.ClientPluginAuth | wire.ClientConnectAttrs |
		wire.ClientPluginAuthLenencData | wire.ClientSessionTrack | wire.ClientDeprecateEOF
}

func (s *Server) serve(nc net.Conn) {
	c := &serverConn{server: s, conn: wire.NewConn(nc), killed: make(chan struct{})}
	s.mu.Lock()
	s.lastID++
	c.id = s.lastID
	s.conns[c.id] = c
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, c.id)
		s.mu.Unlock()
		_ = nc.Close()
	}()
	if !c.login() {
		return
	}
	s.mu.Lock()
	s.logins++
	s.mu.Unlock()
	for {
		p, err := c.conn.ReadCommand(1 << 30)
		if err != nil || !c.command(p.Payload) {
			return
		}
	}
}

func (c *serverConn) send(payload []byte) bool {
	return c.conn.WritePacket(payload) == nil && c.conn.Flush() == nil
}

func (c *serverConn) status() wire.Status {
	status := wire.StatusAutocommit
	if c.off {
		status = 0
	}
	if c.trx {
		status |= wire.StatusInTrans
	}
	if c.more > 0 {
		status |= wire.StatusMoreResults
	}
	status |= c.extra
	c.extra = 0
	return status
}

func (c *serverConn) ok(affected uint64) bool {
	return c.send((&wire.OK{Status: c.status(), AffectedRows: affected}).Append(nil, c.caps))
}

func (c *serverConn) fail(code uint16, state, message string) bool {
	return c.send((&wire.Error{Code: code, State: state, Message: message}).Append(nil))
}

func (c *serverConn) command(payload []byte) bool {
	if reply, ok := c.server.Canned[string(payload)]; ok {
		return c.conn.Write(reply) == nil
	}
	switch wire.Command(payload[0]) {
	case wire.ComQuit:
		return false
	case wire.ComQuery:
		return c.query(string(payload[1:]))
	case wire.ComStmtPrepare:
		return c.prepare(string(payload[1:]))
	case wire.ComStmtExecute:
		id, _ := wire.StatementID(payload)
		sql, ok := c.prepared[id]
		if !ok {
			return c.fail(1243, "HY000", fmt.Sprintf("Unknown prepared statement handler (%d) given to EXECUTE", id))
		}
		if strings.HasPrefix(sql, "CURSOR") {
			c.note(sql)
			c.extra = wire.StatusCursorExists
			return c.result([]string{"value"}, nil)
		}
		if lockStatement.MatchString(sql) {
			return c.lock(sql, true)
		}
		return c.query(sql)
	case wire.ComStmtFetch:
		c.note("FETCH")
		c.extra = wire.StatusCursorExists | wire.StatusLastRowSent
		return c.conn.WritePacket(wire.AppendLenencString([]byte{0, 0}, c.server.Name)) == nil && c.end()
	case wire.ComStmtSendLongData:
		c.note("LONG DATA")
		return true
	case wire.ComStmtClose:
		id, _ := wire.StatementID(payload)
		delete(c.prepared, id)
		return true
	case wire.ComChangeUser:
		return c.changeUser(payload)
	case wire.ComResetConnection:
		c.trx, c.off, c.prepared = false, false, make(map[uint32]string)
	}
	c.note(fmt.Sprint(wire.Command(payload[0])) + " " + string(payload[1:]))
	return c.ok(0)
}

// changeUser asks for the proof with other salt.
func (c *serverConn) changeUser(payload []byte) bool {
	var m wire.ChangeUser
	salt := auth.NewSalt()
	if m.Decode(payload, c.caps) != nil {
		return false
	}
	request := wire.AuthSwitch{Plugin: auth.NativePassword, Data: append(salt[:], 0)}
	if !c.send(request.Append(nil)) {
		return false
	}
	answer, err := c.conn.ReadPacket(1 << 20)
	if err != nil {
		return false
	}
	c.user, c.trx, c.off, c.prepared = m.User, false, false, nil
	response := wire.HandshakeResponse{User: m.User, Plugin: auth.NativePassword, Auth: answer}
	if !c.proved(&response, salt) {
		return false
	}
	c.note(fmt.Sprintf("%s database '%s'", wire.ComChangeUser, m.Database))
	return true
}

func (c *serverConn) note(text string) {
	s := c.server
	if s.Forgets {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statements = append(s.statements, c.user+": "+strings.TrimSpace(text))
}

// prepare answers COM_STMT_PREPARE for a statement without parameters and
// columns. Ids begin above those of other servers, so that a proxy that mixes
// them up is found out.
func (c *serverConn) prepare(sql string) bool {
	c.note("PREPARE " + sql)
	if strings.HasPrefix(sql, "ERROR") {
		return c.fail(1064, "42000", "You have an error in your SQL syntax")
	}
	c.lastStmt++
	id := c.lastStmt + 100*uint32(len(c.server.Name))
	if c.prepared == nil {
		c.prepared = make(map[uint32]string)
	}
	c.prepared[id] = sql
	return c.send((&wire.PrepareOK{StatementID: id}).Append(nil))
}

var (
	leadingComments = regexp.MustCompile(`^(/\*\w*\*/)+`)
	sleepStatement  = regexp.MustCompile(`(?i)SLEEP\s*\(?([\d.]+)`)
	rowsStatement   = regexp.MustCompile(`(ROWS|MULTI) (\d+) SIZE (\d+)`)
	lockStatement   = regexp.MustCompile(`^SELECT (?:GET|RELEASE)_LOCK\('(\w+)`)
	killStatement   = regexp.MustCompile(`KILL (?:SOFT )?QUERY (\d+)`)
)

func (c *serverConn) query(sql string) bool {
	c.note(sql)
	if d := c.server.Delay.Load(); d > 0 {
		time.Sleep(time.Duration(d))
	}
	upper := strings.ToUpper(leadingComments.ReplaceAllString(sql, ""))
	switch {
	case strings.Contains(upper, "MYSQL.USER"):
		return c.users()
	case strings.HasPrefix(upper, "LOAD DATA LOCAL"):
		return c.file()
	case strings.HasPrefix(upper, "BEGIN"), strings.HasPrefix(upper, "START TRANSACTION"):
		c.trx = true
	case strings.HasPrefix(upper, "COMMIT"), strings.HasPrefix(upper, "ROLLBACK"):
		c.trx = false
	case strings.HasPrefix(upper, "SET AUTOCOMMIT"):
		c.off = strings.HasSuffix(upper, "0")
	case strings.HasPrefix(upper, "ERROR"):
		return c.fail(1064, "42000", "You have an error in your SQL syntax")
	case strings.HasPrefix(upper, "HANGUP"), strings.HasSuffix(upper, "-- HANGUP"):
		return false
	case strings.HasPrefix(upper, "HALF"):
		_ = c.conn.Write([]byte{200, 0, 0, 1, 1, 2, 3})
		return false
	case killStatement.MatchString(upper):
		return c.kill(killStatement.FindStringSubmatch(upper)[1])
	case sleepStatement.MatchString(upper):
		return c.sleep(sleepStatement.FindStringSubmatch(upper)[1])
	case rowsStatement.MatchString(upper):
		m := rowsStatement.FindStringSubmatch(upper)
		n, _ := strconv.Atoi(m[2])
		size, _ := strconv.Atoi(m[3])
		if m[1] == "ROWS" {
			return c.rows(n, size)
		}
		for c.more = n - 1; c.more > 0; c.more-- {
			if !c.rows(1, size) {
				return false
			}
		}
		return c.rows(1, size)
	case lockStatement.MatchString(sql):
		return c.lock(sql, false)
	case strings.HasPrefix(upper, "SELECT"):
		return c.rows(1, len(c.server.Name))
	}
	if c.server.Answer != nil {
		if answer := c.server.Answer(sql); answer != nil {
			return c.conn.Write(answer) == nil
		}
	}
	return c.ok(1)
}

// file asks the client for a file and takes note of its length.
func (c *serverConn) file() bool {
	if !c.send([]byte("\xfbx")) {
		return false
	}
	size := 0
	for {
		packet, err := c.conn.ReadPacket(1 << 24)
		if err != nil {
			return false
		}
		if len(packet) == 0 {
			c.note(fmt.Sprintf("file of %d bytes", size))
			return c.ok(1)
		}
		size += len(packet)
	}
}

func (c *serverConn) users() bool {
	accounts := c.server.accounts()
	rows := make([][]string, len(accounts))
	for i, a := range accounts {
		super := yesNo(a.Super)
		rows[i] = []string{a.User, a.Host, a.Plugin, a.Hash, super, "", "N", "Y", "", yesNo(a.Locked), yesNo(a.Expired)}
	}
	return c.result([]string{"User", "Host", "plugin", "auth", "Super_priv", "default_role", "is_role", "any", "ssl_type", "locked", "expired"}, rows)
}

func yesNo(yes bool) string {
	if yes {
		return "Y"
	}
	return "N"
}

func (c *serverConn) rows(n, size int) bool {
	value := c.server.Name
	if size != len(value) {
		value = strings.Repeat("x", size)
	}
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{value}
	}
	return c.result([]string{"value"}, rows)
}

// lock answers GET_LOCK and RELEASE_LOCK.
func (c *serverConn) lock(sql string, binary bool) bool {
	c.note(sql)
	text, number := []byte("\x011"), []byte{0, 0, 1, 0, 0, 0}
	switch lockStatement.FindStringSubmatch(sql)[1] {
	case "taken":
		text, number = []byte("\x010"), []byte{0, 0, 0, 0, 0, 0}
	case "none":
		text, number = []byte{0xfb}, []byte{0, 1 << 2}
	}
	if binary {
		return c.table([]string{"value"}, [][]byte{number})
	}
	return c.table([]string{"value"}, [][]byte{text})
}

// result sends a result of the text protocol.
func (c *serverConn) result(columns []string, rows [][]string) bool {
	packets := make([][]byte, len(rows))
	for i, row := range rows {
		for _, value := range row {
			packets[i] = wire.AppendLenencString(packets[i], value)
		}
	}
	return c.table(columns, packets)
}

// table sends a result with these rows.
func (c *serverConn) table(columns []string, rows [][]byte) bool {
	if c.conn.WritePacket(wire.AppendLenencInt(nil, uint64(len(columns)))) != nil {
		return false
	}
	for _, name := range columns {
		def := wire.Column{Catalog: "def", Name: name, Type: 0xfd, Charset: 45, Length: 255}
		if c.conn.WritePacket(def.Append(nil, c.caps)) != nil {
			return false
		}
	}
	if !c.caps.Has(wire.ClientDeprecateEOF) && c.conn.WritePacket((&wire.EOF{Status: c.status()}).Append(nil)) != nil {
		return false
	}
	for _, row := range rows {
		if c.conn.WritePacket(row) != nil {
			return false
		}
	}
	return c.end()
}

// end ends rows.
func (c *serverConn) end() bool {
	if c.caps.Has(wire.ClientDeprecateEOF) {
		return c.send((&wire.OK{End: true, Status: c.status()}).Append(nil, c.caps))
	}
	return c.send((&wire.EOF{Status: c.status()}).Append(nil))
}

func (c *serverConn) sleep(seconds string) bool {
	d, _ := strconv.ParseFloat(seconds, 64)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(d*float64(time.Second)))
	defer cancel()
	select {
	case <-ctx.Done():
		return c.rows(1, 1)
	case <-c.killed:
		c.server.mu.Lock()
		_, alive := c.server.conns[c.id]
		c.killed = make(chan struct{})
		c.server.mu.Unlock()
		return alive && c.fail(1317, "70100", "Query execution was interrupted")
	}
}

// interrupt ends what the connection sleeps in. It may be called again before
// that has woken up. The caller holds Server.mu.
func (c *serverConn) interrupt() {
	select {
	case <-c.killed:
	default:
		close(c.killed)
	}
}

func (c *serverConn) kill(id string) bool {
	n, _ := strconv.Atoi(id)
	c.server.mu.Lock()
	victim := c.server.conns[uint32(n)]
	if victim != nil {
		victim.interrupt()
	}
	c.server.mu.Unlock()
	if victim == nil {
		return c.fail(1094, "HY000", "Unknown thread id: "+id)
	}
	return c.ok(0)
}

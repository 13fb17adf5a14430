// Package classify says what an SQL statement does: whether it reads, writes,
// changes the session or a transaction, and hence which servers may execute
// it. It reads a statement once, from left to right, with its own lexer; it
// allocates nothing and builds no syntax tree. What it does not know goes to
// the primary, so a wrong guess costs speed and never data.
//
// The flags are a prediction made before the statement runs. The server's
// status flags (in transaction, autocommit) are the truth afterwards.
//
// Every function may be called from any goroutine.
package classify

// Op is what kind of statement it is, by its first word.
type Op uint8

// The kinds of statements.
const (
	OpUnknown Op = iota // also empty text
	OpSelect            // also VALUES, TABLE and parenthesised unions
	OpInsert
	OpReplace
	OpUpdate
	OpDelete
	OpLoad // LOAD DATA, LOAD XML
	OpCall
	OpDo
	OpHandler
	OpCreate
	OpAlter
	OpDrop
	OpRename
	OpTruncate
	OpBegin // BEGIN, START TRANSACTION, XA START
	OpCommit
	OpRollback
	OpSavepoint // SAVEPOINT, RELEASE SAVEPOINT, ROLLBACK TO
	OpSet
	OpUse
	OpPrepare
	OpExecute
	OpDeallocate
	OpShow
	OpExplain // EXPLAIN, DESCRIBE
	OpAnalyze // ANALYZE <statement>, which executes it
	OpKill
	OpLock
	OpUnlock
	OpFlush
	OpXA    // XA but for its START
	OpAdmin // GRANT, CHANGE MASTER, OPTIMIZE and all else that administers
)

// Flags are what a statement does. Of a multi-statement they are those of all
// its statements together.
type Flags uint32

// The flags.
const (
	Reads          Flags = 1 << iota // reads data or state
	Writes                           // changes data, accounts or the server
	SessionCommand                   // changes the session: every server of the session must execute it
	BeginTrx                         // opens a transaction
	ReadOnlyTrx                      // with BeginTrx: a read-only one; without: the next one, or all to come, will be
	EndTrx                           // ends a transaction: COMMIT, ROLLBACK
	AutocommitOn                     // SET autocommit=1
	AutocommitOff                    // SET autocommit=0
	MultiStatement                   // more than one statement
	TempTable                        // creates or drops a temporary table, see Statement.Table
	UsesUserVar                      // reads a user variable
	SetsUserVar                      // writes a user variable; if Target is not TargetAll, only one server has it then
	Locks                            // FOR UPDATE, GET_LOCK, LOCK TABLES
	LastInsertID                     // LAST_INSERT_ID(), @@identity
	FoundRows                        // FOUND_ROWS(), ROW_COUNT(), SHOW WARNINGS: about the previous statement
	PrimaryOnly                      // must run on the primary though it does not visibly write: functions not known to be harmless, sequences
	Kill                             // KILL, see ParseKill
	LoadLocal                        // LOAD DATA LOCAL: the server will ask the client for a file
	Isolation                        // sets the isolation level
	Serializable                     // with Isolation: to SERIALIZABLE
	Unknown                          // not understood, or broken off in the middle
	NextTrx                          // SET TRANSACTION without a scope: for the next transaction of one server
	TakesLock                        // GET_LOCK
	FreesLock                        // RELEASE_LOCK
	FreesLocks                       // RELEASE_ALL_LOCKS
)

// Target is where a statement may be executed, were it the first of its
// session: transactions and temporary tables are for the router to know.
type Target uint8

// The targets.
const (
	TargetPrimary Target = iota
	TargetReplica        // any server may answer
	TargetAll            // every server of the session; the primary's answer counts
	TargetLast           // the server that executed the previous statement
)

// String returns MaxScale's word for t.
func (t Target) String() string {
	switch t {
	case TargetReplica:
		return "TARGET_SLAVE"
	case TargetAll:
		return "TARGET_ALL"
	case TargetLast:
		return "TARGET_LAST_USED"
	}
	return "TARGET_MASTER"
}

// Statement is what Parse found. It refers to the parsed text and is valid as
// long as that is.
type Statement struct {
	Op    Op
	Flags Flags

	mode Mode
	name []byte // as written: of a prepared statement, a database, a temporary table
	body []byte // string literal after PREPARE … FROM
}

// Is reports whether the statement has any of the flags f.
func (s *Statement) Is(f Flags) bool { return s.Flags&f != 0 }

// Target returns where the statement may be executed.
func (s *Statement) Target() Target {
	const primary = Writes | Locks | LastInsertID | PrimaryOnly | MultiStatement | Unknown | Kill | NextTrx
	switch {
	case s.Is(primary):
		return TargetPrimary
	case s.Is(SessionCommand):
		return TargetAll
	case s.Is(FoundRows):
		return TargetLast
	case s.Is(BeginTrx) && s.Is(ReadOnlyTrx):
		return TargetReplica
	case s.Is(BeginTrx | EndTrx):
		return TargetPrimary
	case s.Is(Reads):
		return TargetReplica
	}
	return TargetPrimary
}

// Prepared returns the name in PREPARE name FROM 'body', EXECUTE name and
// DEALLOCATE PREPARE name, and the body where it is a literal; nil otherwise.
// Names are compared without regard to case.
func (s *Statement) Prepared() (name, body []byte) {
	switch s.Op {
	case OpPrepare, OpExecute, OpDeallocate:
		return unquoteName(s.name), unquoteString(s.body, s.mode)
	}
	return nil, nil
}

// Database returns the name in USE name, nil for other statements.
func (s *Statement) Database() []byte {
	if s.Op != OpUse {
		return nil
	}
	return unquoteName(s.name)
}

// Table returns the table's name, without its database, in CREATE TEMPORARY
// TABLE name (or SEQUENCE) and DROP TEMPORARY TABLE name (the first one), nil
// for other statements.
func (s *Statement) Table() []byte {
	if !s.Is(TempTable) {
		return nil
	}
	return unquoteName(s.name)
}

// Parse says what the statement sql does, read with the default sql_mode.
func Parse(sql []byte) Statement { return Mode(0).Parse(sql) }

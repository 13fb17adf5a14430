package classify

import "strings"

// word is what the parser knows of an unquoted word: a keyword, and what the
// word means before an opening parenthesis.
type word struct {
	key  keyword
	call call
}

// call is what a word before an opening parenthesis is.
type call uint8

const (
	callUnknown call = iota // possibly a stored function or a UDF
	callRead                // a built-in function that only reads, or no function: IN (, DECIMAL (
	callLastInsertID
	callFoundRows
	callLock // asks for locks
	callTakeLock
	callFreeLock
	callFreeLocks
	callSequence
)

type keyword uint8

const (
	keyNone keyword = iota
	keyAlter
	keyAnalyze
	keyAnd
	keyAs
	keyAutocommit
	keyBegin
	keyBinary
	keyBinlog
	keyCall
	keyChain
	keyChange
	keyCheck
	keyCommit
	keyConnection
	keyCount
	keyCreate
	keyCycle
	keyDeallocate
	keyDefault
	keyDelete
	keyDesc
	keyDescribe
	keyDo
	keyDrop
	keyDumpfile
	keyErrors
	keyExecute
	keyExists
	keyExplain
	keyExtended
	keyFlush
	keyFor
	keyFormat
	keyFrom
	keyGet
	keyGlobal
	keyGrant
	keyHandler
	keyHard
	keyHelp
	keyID
	keyIf
	keyImmediate
	keyIn
	keyInsert
	keyInto
	keyIsolation
	keyKill
	keyLoad
	keyLocal
	keyLock
	keyMaster
	keyNext
	keyNot
	keyOnly
	keyOr
	keyOutfile
	keyPartitions
	keyPassword
	keyPersist
	keyPersistOnly
	keyPrepare
	keyPrevious
	keyPurge
	keyQuery
	keyRead
	keyRecursive
	keyRelease
	keyRename
	keyReplace
	keyReset
	keyRestrict
	keyRevoke
	keyRollback
	keySavepoint
	keySelect
	keySerializable
	keySession
	keySet
	keyShare
	keyShow
	keySoft
	keyStart
	keyStatement
	keyTable
	keyTables
	keyTemporary
	keyTo
	keyTransaction
	keyTransactionIsolation
	keyTransactionReadOnly
	keyTruncate
	keyUnlock
	keyUpdate
	keyUse
	keyUser
	keyValue
	keyValues
	keyWarnings
	keyWith
	keyWork
	keyXA
)

var keywords = map[string]keyword{
	"alter":                 keyAlter,
	"analyze":               keyAnalyze,
	"and":                   keyAnd,
	"as":                    keyAs,
	"autocommit":            keyAutocommit,
	"begin":                 keyBegin,
	"binary":                keyBinary,
	"binlog":                keyBinlog,
	"call":                  keyCall,
	"chain":                 keyChain,
	"change":                keyChange,
	"check":                 keyCheck,
	"commit":                keyCommit,
	"connection":            keyConnection,
	"count":                 keyCount,
	"create":                keyCreate,
	"cycle":                 keyCycle,
	"deallocate":            keyDeallocate,
	"default":               keyDefault,
	"delete":                keyDelete,
	"desc":                  keyDesc,
	"describe":              keyDescribe,
	"do":                    keyDo,
	"drop":                  keyDrop,
	"dumpfile":              keyDumpfile,
	"errors":                keyErrors,
	"execute":               keyExecute,
	"exists":                keyExists,
	"explain":               keyExplain,
	"extended":              keyExtended,
	"flush":                 keyFlush,
	"for":                   keyFor,
	"format":                keyFormat,
	"from":                  keyFrom,
	"get":                   keyGet,
	"global":                keyGlobal,
	"grant":                 keyGrant,
	"handler":               keyHandler,
	"hard":                  keyHard,
	"help":                  keyHelp,
	"id":                    keyID,
	"if":                    keyIf,
	"immediate":             keyImmediate,
	"in":                    keyIn,
	"insert":                keyInsert,
	"into":                  keyInto,
	"isolation":             keyIsolation,
	"kill":                  keyKill,
	"load":                  keyLoad,
	"local":                 keyLocal,
	"lock":                  keyLock,
	"master":                keyMaster,
	"next":                  keyNext,
	"not":                   keyNot,
	"only":                  keyOnly,
	"or":                    keyOr,
	"outfile":               keyOutfile,
	"partitions":            keyPartitions,
	"password":              keyPassword,
	"persist":               keyPersist,
	"persist_only":          keyPersistOnly,
	"prepare":               keyPrepare,
	"previous":              keyPrevious,
	"purge":                 keyPurge,
	"query":                 keyQuery,
	"read":                  keyRead,
	"recursive":             keyRecursive,
	"release":               keyRelease,
	"rename":                keyRename,
	"replace":               keyReplace,
	"reset":                 keyReset,
	"restrict":              keyRestrict,
	"revoke":                keyRevoke,
	"rollback":              keyRollback,
	"savepoint":             keySavepoint,
	"select":                keySelect,
	"serializable":          keySerializable,
	"session":               keySession,
	"set":                   keySet,
	"share":                 keyShare,
	"show":                  keyShow,
	"soft":                  keySoft,
	"start":                 keyStart,
	"statement":             keyStatement,
	"table":                 keyTable,
	"tables":                keyTables,
	"temporary":             keyTemporary,
	"to":                    keyTo,
	"transaction":           keyTransaction,
	"transaction_isolation": keyTransactionIsolation,
	"transaction_read_only": keyTransactionReadOnly,
	"truncate":              keyTruncate,
	"tx_isolation":          keyTransactionIsolation,
	"tx_read_only":          keyTransactionReadOnly,
	"unlock":                keyUnlock,
	"update":                keyUpdate,
	"use":                   keyUse,
	"user":                  keyUser,
	"value":                 keyValue,
	"values":                keyValues,
	"warnings":              keyWarnings,
	"with":                  keyWith,
	"work":                  keyWork,
	"xa":                    keyXA,
}

const (
	hashSeed  = 2166136261 // FNV-1a
	hashPrime = 16777619
)

// wordTable is an open hash: index holds one more than a word's place in
// words, 0 where there is none. The index alone stays in the processor's
// cache, and most words that are looked up are not in the table.
type wordTable struct {
	index [2048]uint16
	words []wordEntry
}

type wordEntry struct {
	text string // lower case
	word word
}

var words = newWordTable()

func newWordTable() *wordTable {
	t := new(wordTable)
	for text, k := range keywords {
		t.place(text).key = k
	}
	for c, texts := range calls {
		for text := range strings.FieldsSeq(texts) {
			t.place(text).call = c
		}
	}
	return t
}

// place returns the word text, which it adds when it is new.
func (t *wordTable) place(text string) *word {
	i := hash([]byte(text)) % uint32(len(t.index))
	for t.index[i] != 0 {
		if e := &t.words[t.index[i]-1]; e.text == text {
			return &e.word
		}
		i = (i + 1) % uint32(len(t.index))
	}
	t.words = append(t.words, wordEntry{text: text})
	t.index[i] = uint16(len(t.words))
	return &t.words[len(t.words)-1].word
}

// hash returns the hash of b, equal for words that differ in case alone.
func hash(b []byte) uint32 {
	h := uint32(hashSeed)
	for _, c := range b {
		h = (h ^ uint32(c|0x20)) * hashPrime
	}
	return h
}

// find returns what is known of the word b.
func (t *wordTable) find(b []byte) word { return t.lookup(b, hash(b)) }

// lookup returns what is known of the word b, whose hash is h.
func (t *wordTable) lookup(b []byte, h uint32) word {
	for i := h % uint32(len(t.index)); t.index[i] != 0; i = (i + 1) % uint32(len(t.index)) {
		if e := &t.words[t.index[i]-1]; equalFold(b, e.text) {
			return e.word
		}
	}
	return word{}
}

// equalFold reports whether b is the lower-case ASCII text s in any case.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

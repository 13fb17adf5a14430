package classify

import "strings"

var opNames = [...]string{
	"unknown", "SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "CALL", "DO", "HANDLER",
	"CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT",
	"SET", "USE", "PREPARE", "EXECUTE", "DEALLOCATE", "SHOW", "EXPLAIN", "ANALYZE", "KILL",
	"LOCK", "UNLOCK", "FLUSH", "XA", "admin",
}

// String returns the statement's first word in its usual spelling.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return opNames[OpUnknown]
}

var flagNames = [...]string{
	"Reads", "Writes", "SessionCommand", "BeginTrx", "ReadOnlyTrx", "EndTrx", "AutocommitOn",
	"AutocommitOff", "MultiStatement", "TempTable", "UsesUserVar", "SetsUserVar", "Locks",
	"LastInsertID", "FoundRows", "PrimaryOnly", "Kill", "LoadLocal", "Isolation", "Serializable",
	"Unknown", "NextTrx", "TakesLock", "FreesLock", "FreesLocks",
}

// String returns the names of the flags with a | between them.
func (f Flags) String() string {
	var names []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// String returns the hint as it would stand in a comment after `maxscale`.
func (h Hint) String() string {
	var words []string
	switch h.Verb {
	case HintEnd:
		return "end"
	case HintPrepare:
		words = append(words, h.Name, "prepare")
	case HintBegin:
		if h.Name != "" {
			words = append(words, h.Name)
		}
		words = append(words, "begin")
	}
	switch h.Kind {
	case HintMaster:
		words = append(words, "route to master")
	case HintSlave:
		words = append(words, "route to slave")
	case HintServer:
		words = append(words, "route to server", h.Value)
	case HintLast:
		words = append(words, "route to last")
	case HintAll:
		words = append(words, "route to all")
	case HintParam:
		words = append(words, h.Param+"="+h.Value)
	}
	return strings.Join(words, " ")
}

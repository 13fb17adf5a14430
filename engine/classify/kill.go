package classify

import "strconv"

// KillStatement is a KILL statement.
type KillStatement struct {
	Soft    bool   // KILL SOFT; HARD is the default
	Query   bool   // KILL QUERY: the statement, not the connection
	QueryID bool   // with Query: ID is the id of a statement (KILL QUERY ID)
	ID      uint64 // of the session, 0 with User
	User    string // KILL USER: all sessions of the user
	Host    string // of 'user'@'host', "" when only the user was named
}

// ParseKill reads KILL [HARD | SOFT] [CONNECTION | QUERY [ID]] id and KILL …
// USER name. It reports false for everything else, also for a KILL whose id is
// an expression.
//
// Source: https://mariadb.com/kb/en/kill/
func ParseKill(sql []byte) (KillStatement, bool) {
	p := parser{lex: lexer{src: sql}}
	p.next()
	var k KillStatement
	if !p.accept(keyKill) {
		return k, false
	}
	if !p.accept(keyHard) {
		k.Soft = p.accept(keySoft)
	}
	if !p.accept(keyConnection) && p.accept(keyQuery) {
		k.Query = true
		k.QueryID = p.accept(keyID)
	}
	if p.accept(keyUser) {
		if k.QueryID || !p.account(&k) {
			return KillStatement{}, false
		}
	} else {
		id, err := strconv.ParseUint(string(p.text()), 10, 64)
		if err != nil {
			return KillStatement{}, false
		}
		k.ID = id
		p.next()
	}
	for p.is(';') {
		p.next()
	}
	if p.tok.kind != tokEnd || p.lex.broken {
		return KillStatement{}, false
	}
	return k, true
}

// account reads user or user@host.
func (p *parser) account(k *KillStatement) bool {
	switch p.tok.kind {
	case tokWord, tokName:
		k.User = string(unquoteName(p.text()))
	case tokString:
		k.User = string(unquoteString(p.text(), 0))
	default:
		return false
	}
	p.next()
	if p.tok.kind == tokVar { // @host
		host := p.text()[1:]
		if c := host[0]; c == '\'' || c == '"' {
			host = unquoteString(host, 0)
		}
		k.Host = string(unquoteName(host))
		p.next()
	}
	return true
}

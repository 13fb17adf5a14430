package conformance

// fuzzTables are what the sequences work on.
var fuzzTables = []string{
	"DO GET_LOCK('l', 60), GET_LOCK('m', 60), RELEASE_ALL_LOCKS()", "SET lock_wait_timeout = 60", // the sequence before may not have ended yet
	"SET GLOBAL innodb_lock_wait_timeout = 1", "SET GLOBAL lock_wait_timeout = 1", // a session that waits for itself is told soon
	"DROP TABLE IF EXISTS t, u", "DROP SEQUENCE IF EXISTS sq", "DROP PROCEDURE IF EXISTS p", "DROP PROCEDURE IF EXISTS q", "DROP FUNCTION IF EXISTS w",
	"CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(50), c DECIMAL(10,3), d DATETIME(3), e BLOB, f DOUBLE, g BIT(5)) CHARSET utf8mb4",
	"CREATE TABLE u (a INT AUTO_INCREMENT PRIMARY KEY, b TEXT)", "CREATE SEQUENCE sq",
	"INSERT INTO t SELECT seq, IF(seq % 5, CONCAT('b', seq), NULL), seq / 7, '2024-02-29 12:00:00.123' + INTERVAL seq DAY, REPEAT('e', seq * 9), SQRT(seq), seq % 32 FROM seq_1_to_40",
	"CREATE PROCEDURE p (x INT) BEGIN DECLARE v INT DEFAULT 0; DECLARE k CURSOR FOR SELECT a FROM t WHERE a > x ORDER BY a; DECLARE CONTINUE HANDLER FOR NOT FOUND SET v = -1; " +
		"SELECT x; OPEN k; FETCH k INTO v; SELECT v; SELECT a, b FROM t WHERE a < x ORDER BY a; END",
	"CREATE PROCEDURE q (IN x INT, OUT y INT) BEGIN INSERT INTO u (b) VALUES (x); SET y = x + 1; END",
	"CREATE FUNCTION w (x INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO u (b) VALUES (x); RETURN x; END",
}

// preparable are the statements that are prepared; {} and # are as in families.
var preparable = []string{
	"SELECT ? + a, b FROM t WHERE a < ? ORDER BY a", "SELECT * FROM t WHERE a = ?", "SELECT * FROM t ORDER BY a", "SELECT a, e FROM t WHERE a > ? ORDER BY a DESC LIMIT ?",
	"INSERT INTO u (b) VALUES (?)", "INSERT INTO u (a, b) VALUES (?, ?)", "REPLACE INTO u (a, b) VALUES (?, ?)", "UPDATE t SET b = ? WHERE a = ?", "DELETE FROM u WHERE a = ?",
	"INSERT INTO u (b) VALUES (?) RETURNING a, b", "SELECT 1, NULL, 'x'", "SELECT nothing", "SELECT 1; SELECT 2", "", "SELECT a FROM t WHERE a = ? {FOR UPDATE|LOCK IN SHARE MODE}",
	"CALL p(?)", "CALL q(?, @y)", "CALL q(?, ?)", "SET @p = ?", "SELECT @p, ?", "SELECT a INTO @p FROM t WHERE a = ?", "SELECT w(?)", "SELECT NEXTVAL(sq)", "SELECT LAST_INSERT_ID()",
	"BEGIN", "COMMIT", "START TRANSACTION READ ONLY", "SHOW TABLES", "SHOW WARNINGS", "USE {" + schema + "|mysql}", "SET time_zone = ?", "SELECT @@time_zone, DATABASE(), ?",
	"INSERT INTO tmp VALUES (?)", "SELECT COUNT(*) FROM tmp WHERE a = ?", "DO ?", "SELECT REPEAT('r', ?)", "TABLE t", "VALUES (1, ?), (2, 3)",
	"WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 20) SELECT n, ? FROM r",
}

// families are groups of statements. Of {one|another} one is taken, and # is a
// number. Every result has an order.
var families = [][]string{
	{"SELECT * FROM t WHERE a > # ORDER BY a LIMIT #"},
	{"SELECT {COUNT(*)|SUM(c)|MAX(d)|AVG(f)|BIT_OR(g)|GROUP_CONCAT(b ORDER BY a)|MIN(e)} FROM t{| WHERE b IS NULL| WHERE a % 3 = 1}"},
	{"SELECT t.a, u.b FROM t LEFT JOIN u ON t.a = u.a WHERE t.a < # ORDER BY t.a", "SELECT a FROM t WHERE a < 5 UNION SELECT a FROM u WHERE a < # ORDER BY a"},
	{"INSERT INTO u (b) VALUES ('{x|größe|}'){|, ('y'), (NULL)}", "INSERT INTO u (b) VALUES ('r') RETURNING a", "INSERT IGNORE INTO u VALUES (#, 'z')", "INSERT INTO u (b) SELECT b FROM t WHERE a = #"},
	{"UPDATE t SET b = '{x|z}' WHERE a {<|=|>} #", "UPDATE t SET c = c + 1 WHERE a = # {|LIMIT 1}"},
	{"DELETE FROM u WHERE a < #", "TRUNCATE TABLE u", "DELETE FROM u WHERE a = # RETURNING b"},
	{
		"{BEGIN|START TRANSACTION|START TRANSACTION READ ONLY|START TRANSACTION READ WRITE|START TRANSACTION WITH CONSISTENT SNAPSHOT}", "{COMMIT|ROLLBACK}{|| WORK| AND CHAIN| AND NO CHAIN NO RELEASE}",
		"SAVEPOINT s", "{ROLLBACK TO|RELEASE SAVEPOINT} s", "SET autocommit = {0|1|ON|DEFAULT}", "SET {|SESSION }TRANSACTION {READ ONLY|READ WRITE|ISOLATION LEVEL SERIALIZABLE|ISOLATION LEVEL READ COMMITTED}",
	},
	{"{COMMIT|ROLLBACK}"},
	{"SET @{x|y} = {1|'text'|NULL|1.5|(SELECT MAX(a) FROM t)}", "SET @x = #, @y = @x", "SELECT a, b INTO @x, @y FROM t WHERE a = #"},
	{"SELECT @x, @y{|, @x + 1|, @x := 7}", "SELECT a FROM t WHERE a = @x"},
	{"SELECT nothing", "SELEC 1", "INSERT INTO t (a) VALUES (1)", "SELECT * FROM nowhere", "DROP TABLE nowhere", "CALL nothing()", "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mine'", "KILL 99999999"},
	{"{SELECT 1/0|SELECT CAST('x' AS INT)|SELECT 'a' + 1}{|; SHOW WARNINGS}", "INSERT IGNORE INTO t (a) VALUES (1); SHOW WARNINGS", "DROP TABLE IF EXISTS nowhere"},
	{
		"SELECT 1; SELECT 2, 3", "SELECT 1; UPDATE t SET c = c WHERE a = 1; SELECT 2", "SELECT 1; SELECT nothing; SELECT 3", "SET @x = 3; SELECT @x", "BEGIN; INSERT INTO u (b) VALUES ('m'); COMMIT",
		"BEGIN; SELECT MAX(a) FROM u", "SELECT COUNT(*) FROM u; CALL p(3); SELECT LAST_INSERT_ID()", "USE {mysql|" + schema + "}; SELECT DATABASE()", "COMMIT; SELECT 5",
	},
	{"CALL p(#)", "CALL q(#, @y)", "CALL q(#, @y); SELECT @y", "SELECT w(#)", "SELECT a, w(a) FROM t WHERE a < 3 ORDER BY a"},
	{
		"CREATE {|OR REPLACE }TEMPORARY TABLE {|IF NOT EXISTS }tmp (a INT)", "INSERT INTO tmp VALUES (1), (2)", "SELECT COUNT(*) FROM tmp", "SELECT COUNT(*) FROM t WHERE a IN (SELECT a FROM tmp)",
		"DROP {|TEMPORARY }TABLE IF EXISTS tmp", "CREATE TEMPORARY TABLE tmp SELECT a FROM t WHERE a < #", "ALTER TABLE tmp ADD b INT", "INSERT INTO tmp (a) SELECT a FROM t WHERE a < #",
	},
	{"SHOW WARNINGS", "SHOW COUNT(*) WARNINGS", "SELECT ROW_COUNT()", "SELECT LAST_INSERT_ID()", "SELECT @@identity", "SELECT @@warning_count, @@error_count", "SHOW ERRORS"},
	{"SELECT SQL_CALC_FOUND_ROWS a FROM t WHERE a > # ORDER BY a LIMIT 2; SELECT FOUND_ROWS()"},
	{
		"SET NAMES {utf8mb4|latin1|utf8mb4 COLLATE utf8mb4_bin}", "SET time_zone = {'+03:00'|'SYSTEM'|'nowhere'}", "SET sql_mode = {''|'ANSI_QUOTES'|DEFAULT|'NO_BACKSLASH_ESCAPES'}",
		"SET SESSION sort_buffer_size = {65536|DEFAULT}", "SET CHARACTER SET {utf8mb4|DEFAULT}", "SET STATEMENT max_statement_time = 10 FOR SELECT #", "SET @@session.div_precision_increment = {2|DEFAULT}, @x = #",
		"SET session_track_schema = {0|1}, session_track_state_change = {0|1}", "SET session_track_system_variables = {'time_zone,sql_mode'|'autocommit,sort_buffer_size'|DEFAULT}", "SET session_track_transaction_info = {STATE|OFF}",
	},
	{"SELECT @@sql_mode, @@time_zone, @@character_set_client, @@autocommit, FROM_UNIXTIME(0), DATABASE()", "SELECT @@in_transaction, @@tx_isolation, @@tx_read_only", "SELECT @@collation_connection, 1/3"},
	{
		"PREPARE s FROM 'SELECT ? + 1, a FROM t WHERE a < 3 ORDER BY a'", "PREPARE s FROM 'INSERT INTO u (b) VALUES (?)'", "PREPARE s FROM '{SET @y = ?|USE mysql|USE test}'", "EXECUTE s", "EXECUTE s USING @x", "EXECUTE s USING {#|'lit'}",
		"DEALLOCATE PREPARE s", "EXECUTE IMMEDIATE '{SELECT 5|SELECT nothing|INSERT INTO u (b) VALUES (7)|CREATE TEMPORARY TABLE tmp (a INT)}'", "EXECUTE IMMEDIATE 'SELECT ?' USING @x",
	},
	{"SELECT REPEAT('r', {0|250|251|65535|65536|300000}), REPEAT('s', {1|70000})"},
	{"SELECT a FROM t WHERE a < 5 ORDER BY a {FOR UPDATE|LOCK IN SHARE MODE|}", "SELECT a FROM t WHERE a = # FOR UPDATE {NOWAIT|SKIP LOCKED|WAIT 1}"},
	{
		"USE " + schema, "USE mysql", "SHOW TABLES", "DESCRIBE t", "SHOW CREATE TABLE t", "EXPLAIN SELECT a FROM t WHERE a = 1", "DO 1", "", ";", "/* nothing */", "SELECT 'a' 'b' -- comment",
		"SHOW COLUMNS FROM u", "SHOW CREATE PROCEDURE p", "/*M!100100 SELECT 5 */", "/*!50000 SET @x = 8 */", "# comment\nSELECT 6", "(SELECT 1)", "TABLE u", "VALUES (1), (2)",
	},
	{"WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < #) SELECT n, n * n FROM r"},
	{"LOAD DATA LOCAL INFILE 'rows' {|IGNORE |REPLACE }INTO TABLE t (a, b)", "LOAD DATA LOCAL INFILE 'rows' INTO TABLE u (@z, b) SET a = @z + #"},
	{"LOCK TABLES t {READ|WRITE}", "LOCK TABLES t READ, u WRITE", "UNLOCK TABLES", "UNLOCK TABLES", "SELECT COUNT(*) FROM u"},
	{"SELECT GET_LOCK('{l|m}', 0)", "SELECT RELEASE_LOCK('{l|m}')", "SELECT IS_FREE_LOCK('l'), IS_USED_LOCK('m') IS NULL", "SELECT RELEASE_ALL_LOCKS()"},
	{"HANDLER t OPEN", "HANDLER t READ {FIRST|NEXT LIMIT 2}", "HANDLER t READ `PRIMARY` = (#)", "HANDLER t CLOSE"},
	{"SELECT NEXTVAL(sq)", "SELECT LASTVAL(sq)", "SELECT NEXT VALUE FOR sq, PREVIOUS VALUE FOR sq"},
	{"XA {START|BEGIN} 'x'", "XA END 'x'", "XA {COMMIT|ROLLBACK} 'x'", "XA COMMIT 'x' ONE PHASE"},
	{"BEGIN NOT ATOMIC SELECT #; SET @x = #; END", "BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT 'caught'; SELECT * FROM nowhere; END", "IF # > 20 THEN SELECT 1; ELSE SELECT 2; END IF"},
	{"ANALYZE TABLE u", "CHECK TABLE t", "OPTIMIZE TABLE nowhere", "CHECKSUM TABLE t", "FLUSH TABLES t", "ALTER TABLE u {COMMENT 'x'|ADD IF NOT EXISTS z INT|DROP IF EXISTS z}", "CREATE OR REPLACE VIEW v AS SELECT a FROM t", "SELECT COUNT(*) FROM v"},
}

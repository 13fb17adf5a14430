"""A day's work of PyMySQL."""
import datetime
import decimal
import hashlib
import sys
import tempfile
import threading
import time

import pymysql
from pymysql.constants import CLIENT, FIELD_TYPE  # noqa: F401

host, port, user, password, schema = sys.argv[1:6]
ACCOUNT = dict(host=host, port=int(port), user=user, password=password)
OPTIONS = dict(ACCOUNT, database=schema, client_flag=CLIENT.MULTI_STATEMENTS, local_infile=True, charset="utf8mb4")

COLUMNS = """i INT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, b BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(30,10), da DATE, ti TIME(6),
  dt DATETIME(6), y YEAR, c CHAR(10), v VARCHAR(200), vb VARBINARY(100), tx MEDIUMTEXT, bl LONGBLOB, e ENUM('x','y'), st SET('p','q'), bt BIT(9), j JSON"""
ROWS = [
    (1, -128, 65535, 18446744073709551615, 1.5, 1e300, decimal.Decimal("12345678901234567890.0123456789"), datetime.date(2024, 2, 29),
     datetime.timedelta(hours=-838, minutes=-59), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999), 2155, "char", "größe 漢字 😀", b"\xfe\x00\xfb",
     "x" * 70000, bytes(300), "y", "p,q", b"\x01\xff", '{"a":[1,2,null]}'),
    (2,) + (None,) * 19,
]


def text(value):
    if isinstance(value, (bytes, str)) and len(value) > 200:
        data = value if isinstance(value, bytes) else value.encode()
        return "%d bytes, %s" % (len(data), hashlib.sha1(data).hexdigest())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(text(v) for v in value) + "]"
    return repr(value)


def attempt(name, function):
    try:
        line = text(function())
    except pymysql.MySQLError as e:
        line = "error %s %r" % (type(e).__name__, e.args)
    print("%s: %s" % (name, line.replace("\n", " ")), flush=True)


def connect(**changes):
    return pymysql.connect(**dict(OPTIONS, **changes))


def all_results(cursor):
    results = [(cursor.rowcount, cursor.lastrowid, cursor.description, cursor.fetchall())]
    while cursor.nextset():
        results.append((cursor.rowcount, cursor.description, cursor.fetchall()))
    return results


def query(sql, values=None, on=None):
    with (on or c).cursor() as cursor:
        cursor.execute(sql, values)
        return all_results(cursor)


def once(function, **changes):
    other = connect(**changes)
    try:
        return function(other)
    finally:
        other.close()


attempt("no database", lambda: once(lambda o: query("SELECT DATABASE()", on=o), database=None))
attempt("wrong password", lambda: connect(password="wrong"))
attempt("no password", lambda: connect(password=""))
attempt("no such user", lambda: connect(user="nobody"))
attempt("no such database", lambda: connect(database="nowhere"))
for charset in ["utf8mb4", "latin1", "utf8", "cp1251", "sjis"]:
    attempt("charset " + charset, lambda: once(lambda o: query("SELECT @@character_set_client, @@collation_connection, HEX('a'), CHARSET('x')", on=o), charset=charset))
attempt("init command", lambda: once(lambda o: query("SELECT @a, @@sql_mode", on=o), init_command="SET @a = 5", sql_mode="ANSI_QUOTES"))
c = connect()
attempt("server", lambda: [c.get_server_info(), c.get_proto_info(), c.character_set_name(), c.thread_id() > 0])
attempt("create", lambda: query("CREATE TABLE t (%s)" % COLUMNS))
for row in ROWS:
    attempt("insert %d" % row[0], lambda: query("INSERT INTO t VALUES (" + ",".join(["%s"] * 20) + ")", row))
attempt("commit", lambda: c.commit())
attempt("rows", lambda: query("SELECT * FROM t ORDER BY i"))
attempt("many", lambda: c.cursor().executemany("INSERT INTO t (i, v) VALUES (%s, %s)", [(100 + n, "v%d" % n) for n in range(500)]))
attempt("17 MB", lambda: (query("INSERT INTO t (i, bl) VALUES (17, %s)", (b"abc" * (6 << 20),)), query("SELECT bl, LENGTH(bl) FROM t WHERE i = 17")))
for length in [(1 << 24) - 8, (1 << 24) - 5, (1 << 24) - 4, (1 << 24) - 1, 1 << 24, (1 << 25) - 5, (1 << 25) - 1]:
    attempt("row of %d" % length, lambda: query("SELECT REPEAT('r', %s)", (length,)))
attempt("multi", lambda: query("SELECT 1 a; UPDATE t SET t = 5 WHERE i = 2; SELECT 2 b, 3 c"))
attempt("multi error", lambda: query("SELECT 1; SELECT nothing; SELECT 3"))
attempt("after multi error", lambda: query("SELECT 4"))
attempt("procedure", lambda: query("CREATE PROCEDURE p (IN a INT, OUT b INT, INOUT c VARCHAR(20)) BEGIN SELECT a, c; SET b = a * 2, c = CONCAT(c, '!'); SELECT i FROM t WHERE i < 4 ORDER BY i; END"))


def call():
    with c.cursor() as cursor:
        cursor.callproc("p", (21, 0, "hello"))
        results = all_results(cursor)
        cursor.execute("SELECT @_p_0, @_p_1, @_p_2")
        return results, cursor.fetchall()


attempt("call", call)
attempt("text prepare", lambda: [query("PREPARE st FROM 'SELECT ? + ?, ''x'''"), query("SET @a = 4, @b = 5"), query("EXECUTE st USING @a, @b"), query("DEALLOCATE PREPARE st")])
attempt("text prepare gone", lambda: query("EXECUTE st USING @a, @b"))
attempt("execute immediate", lambda: query("EXECUTE IMMEDIATE 'SELECT ? x' USING 7"))


def transaction():
    c.begin()
    inside = query("INSERT INTO t (i) VALUES (50)"), query("SELECT COUNT(*) FROM t WHERE i = 50")
    query("SAVEPOINT s")
    query("INSERT INTO t (i) VALUES (51)")
    query("ROLLBACK TO SAVEPOINT s")
    inside += (query("SELECT COUNT(*) FROM t WHERE i IN (50, 51)"),)
    c.rollback()
    return inside, query("SELECT COUNT(*) FROM t WHERE i = 50")


attempt("transaction", transaction)
attempt("read only transaction", lambda: [query("START TRANSACTION READ ONLY"), query("SELECT COUNT(*) FROM t"), query("COMMIT")])
attempt("write in read only", lambda: [query("START TRANSACTION READ ONLY"), query("INSERT INTO t (i) VALUES (60)")])
attempt("rollback", lambda: c.rollback())
attempt("autocommit", lambda: [c.get_autocommit(), c.autocommit(True), c.get_autocommit(), query("SELECT @@autocommit")])
for sql in ["SELEC 1", "SELECT * FROM nothing", "INSERT INTO t (i) VALUES (1)", "SELECT nothing FROM t", "USE nowhere",
            "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'größe', MYSQL_ERRNO = 5000", "SELECT 1/0", "SELECT CAST('x' AS INT)", "DO 1", "",
            "DROP TABLE IF EXISTS nothing", "GET DIAGNOSTICS @n = NUMBER", "KILL 99999999", "SHOW GRANTS FOR nobody"]:
    attempt("error %s" % sql, lambda: query(sql))
    attempt("warnings %s" % sql, lambda: query("SHOW WARNINGS"))
with tempfile.NamedTemporaryFile("w") as rows:
    rows.write("".join("%d\tline %d\n" % (1000 + n, n) for n in range(20000)))
    rows.flush()
    # The statement must not have the name in it, because the file's name differs in each run.
    attempt("local file", lambda: query("LOAD DATA LOCAL INFILE '%s' INTO TABLE t (i, v)" % rows.name))
attempt("local rows", lambda: query("SELECT COUNT(*), MAX(v) FROM t WHERE i >= 1000"))
attempt("no local file", lambda: query("LOAD DATA LOCAL INFILE '/nowhere/rows' INTO TABLE t (i, v)"))


def unbuffered():
    with c.cursor(pymysql.cursors.SSDictCursor) as cursor:
        cursor.execute("SELECT i, v FROM t WHERE i >= 1000 ORDER BY i")
        first = cursor.fetchmany(5)
        return first, sum(row["i"] for row in cursor.fetchall_unbuffered())


attempt("unbuffered", unbuffered)
attempt("unbuffered left", lambda: [query("SELECT i FROM t LIMIT 3", on=c)])
attempt("select db", lambda: [c.select_db("app"), query("SELECT DATABASE()"), c.select_db(schema)])
attempt("ping", lambda: c.ping())
attempt("time zone", lambda: [query("SET time_zone = '-03:30'"), query("SELECT FROM_UNIXTIME(1700000000), @@time_zone"), query("SET time_zone = 'SYSTEM'")])
attempt("found rows", lambda: [query("SELECT SQL_CALC_FOUND_ROWS i FROM t WHERE i >= 1000 ORDER BY i LIMIT 3"), query("SELECT FOUND_ROWS()")])
attempt("row count", lambda: [query("UPDATE t SET t = 9 WHERE i < 3"), query("SELECT ROW_COUNT()")])
attempt("variables", lambda: [query("SET @x = 1, @y := 'z'"), query("SELECT @x, @y, @x := @x + 1"), query("SELECT @x")])
attempt("lock", lambda: [query("SELECT GET_LOCK('l', 1)"), query("SELECT IS_FREE_LOCK('l'), IS_USED_LOCK('l') IS NULL"), query("SELECT RELEASE_LOCK('l')")])
attempt("lock tables", lambda: [query("SET lock_wait_timeout = 2"), query("LOCK TABLES t WRITE"), query("SELECT COUNT(*) FROM t"), query("UNLOCK TABLES")])
attempt("unlock tables", lambda: query("UNLOCK TABLES"))
attempt("sequence", lambda: [query("CREATE SEQUENCE sq"), query("SELECT NEXTVAL(sq)"), query("SELECT LASTVAL(sq)"), query("DROP SEQUENCE sq")])
attempt("handler", lambda: [query("HANDLER t OPEN"), query("HANDLER t READ FIRST LIMIT 1"), query("HANDLER t CLOSE")])
attempt("xa", lambda: [query("XA START 'x'"), query("INSERT INTO t (i) VALUES (70)"), query("XA END 'x'"), query("XA PREPARE 'x'"), query("XA ROLLBACK 'x'")])
attempt("explain", lambda: [query("EXPLAIN SELECT i FROM t WHERE i = 1"), query("EXPLAIN UPDATE t SET t = 1 WHERE i = 1"), query("ANALYZE FORMAT=JSON SELECT 1")[0][0]])
attempt("set statement", lambda: query("SET STATEMENT max_statement_time=10 FOR SELECT 5"))
attempt("statement time", lambda: query("SET STATEMENT max_statement_time=0.2 FOR SELECT SLEEP(5)"))


def kill(what):
    victim = connect()
    seen = []

    def sleep():
        try:
            seen.append(query("SELECT SLEEP(30)", on=victim))
        except pymysql.MySQLError as e:
            seen.append(e.args[0])

    thread = threading.Thread(target=sleep)
    thread.start()
    time.sleep(0.3)
    if what == "KILL":
        c.kill(victim.thread_id())
    else:
        query("%s %d" % (what, victim.thread_id()))
    thread.join()
    return seen if what == "KILL QUERY" else len(seen)


attempt("kill query", lambda: kill("KILL QUERY"))
attempt("kill", lambda: kill("KILL"))
attempt("show", lambda: [query("SHOW TABLES"), query("SHOW CREATE TABLE t"), query("SHOW COLUMNS FROM t"), query("SHOW VARIABLES LIKE 'sql_mode'"), query("DESCRIBE t i")])
attempt("end of session", lambda: c.close())
print("end: yes")

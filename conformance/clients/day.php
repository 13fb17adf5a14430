<?php
// A day's work of PHP: mysqli and PDO, both over mysqlnd.
[, $host, $port, $user, $password, $schema] = $argv;
$port = (int)$port;

function text($value): string {
    if (is_string($value) && strlen($value) > 200) {
        return strlen($value) . ' bytes, ' . sha1($value);
    }
    if (is_array($value) || is_object($value)) {
        $parts = [];
        foreach ((array)$value as $key => $v) {
            $parts[] = "$key=" . text($v);
        }
        return '[' . implode(', ', $parts) . ']';
    }
    return is_string($value) ? "'" . addcslashes($value, "\0..\37\177..\377") . "'" : var_export($value, true);
}

function attempt(string $name, callable $f): void {
    try {
        $line = text($f());
    } catch (mysqli_sql_exception $e) {
        $line = 'error ' . $e->getCode() . ' ' . $e->getSqlState() . ' ' . $e->getMessage();
    } catch (PDOException $e) {
        $line = 'error ' . text($e->errorInfo) . ' ' . $e->getMessage();
    }
    echo $name, ': ', strtr($line, "\n", ' '), "\n";
}

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function connect(?string $database, array $options = [], int $flags = 0, ?string $pw = null): mysqli {
    global $host, $port, $user, $password;
    $c = mysqli_init();
    foreach ($options as $option => $value) {
        $c->options($option, $value);
    }
    @$c->real_connect($host, $user, $pw ?? $password, $database, $port, null, $flags);
    return $c;
}

function rows($result) {
    if (!$result instanceof mysqli_result) {
        return $result;
    }
    $fields = array_map(fn($f) => [$f->name, $f->orgname, $f->table, $f->charsetnr, $f->length, $f->flags, $f->type, $f->decimals], $result->fetch_fields());
    return [$fields, $result->fetch_all()];
}

function all(mysqli $c, string $sql): array {
    $c->multi_query($sql);
    $results = [];
    do {
        $result = $c->store_result();
        $results[] = [$result ? rows($result) : null, $c->affected_rows, $c->insert_id, $c->info, $c->warning_count];
    } while ($c->more_results() && $c->next_result());
    return $results;
}

function execute(mysqli $c, string $sql, array $values = []): array {
    $s = $c->prepare($sql);
    $s->execute($values);
    $results = [];
    do {
        $result = $s->get_result();
        $results[] = [$result ? rows($result) : null, $s->affected_rows, $s->insert_id];
    } while ($s->more_results() && $s->next_result());
    $s->close();
    return $results;
}

$columns = "i INT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, b BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(30,10), da DATE, ti TIME(6),
  dt DATETIME(6), y YEAR, c CHAR(10), v VARCHAR(200), vb VARBINARY(100), tx MEDIUMTEXT, bl LONGBLOB, e ENUM('x','y'), st SET('p','q'), bt BIT(9), j JSON";
$row = [1, -128, 65535, '18446744073709551615', 1.5, 1e300, '12345678901234567890.0123456789', '2024-02-29', '-838:59:58.999999', '9999-12-31 23:59:59.999999',
    2155, 'char', 'größe 漢字 😀', "\xfe\0\xfb", str_repeat('x', 70000), str_repeat("\0", 300), 'y', 'p,q', 257, '{"a":[1,2,null]}'];
$marks = '(' . implode(',', array_fill(0, 20, '?')) . ')';

attempt('no database', fn() => rows(connect(null)->query('SELECT DATABASE(), @@character_set_client, @@collation_connection')));
attempt('wrong password', fn() => connect($schema, [], 0, 'wrong'));
attempt('no such database', fn() => connect('nowhere'));
$c = connect($schema, [MYSQLI_INIT_COMMAND => "SET @init = 'yes'", MYSQLI_OPT_LOCAL_INFILE => 1]);
attempt('server', fn() => [$c->server_info, $c->server_version, $c->protocol_version, $c->thread_id > 0, $c->character_set_name(), $c->host_info]);
attempt('init', fn() => rows($c->query('SELECT @init')));
foreach (['utf8mb4', 'latin1', 'cp1251'] as $charset) {
    attempt("charset $charset", fn() => [$c->set_charset($charset), rows($c->query("SELECT @@character_set_client, @@character_set_results, 'x'")), (array)$c->get_charset()]);
}
$c->set_charset('utf8mb4');
attempt('create', fn() => all($c, "CREATE TABLE t ($columns)"));
attempt('insert', fn() => execute($c, "INSERT INTO t VALUES $marks", $row));
attempt('insert null', fn() => execute($c, "INSERT INTO t VALUES $marks", [2, ...array_fill(0, 19, null)]));
attempt('text rows', fn() => all($c, 'SELECT * FROM t ORDER BY i'));
attempt('binary rows', fn() => execute($c, 'SELECT * FROM t ORDER BY i'));
attempt('17 MB', function () use ($c) {
    $blob = str_repeat('abc', 6 << 20);
    $s = $c->prepare('INSERT INTO t (i, bl) VALUES (?, ?)');
    $i = 17;
    $null = null;
    $s->bind_param('ib', $i, $null);
    foreach (str_split($blob, 1 << 20) as $part) {
        $s->send_long_data(1, $part);
    }
    $s->execute();
    return [execute($c, 'SELECT bl FROM t WHERE i = 17'), all($c, 'SELECT bl, LENGTH(bl) FROM t WHERE i = 17')];
});
attempt('cursor', function () use ($c) {
    $s = $c->prepare('SELECT seq, REPEAT("r", seq) FROM seq_1_to_500');
    $s->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
    $s->attr_set(MYSQLI_STMT_ATTR_PREFETCH_ROWS, 7);
    $s->execute();
    $s->bind_result($n, $r);
    $sum = 0;
    while ($s->fetch()) {
        $sum += $n * strlen($r);
        if ($n % 100 == 0) {
            $sum += 1;
        }
    }
    $s->free_result();
    return $sum;
});
attempt('cursor left', function () use ($c) {
    $s = $c->prepare('SELECT seq FROM seq_1_to_500');
    $s->attr_set(MYSQLI_STMT_ATTR_CURSOR_TYPE, MYSQLI_CURSOR_TYPE_READ_ONLY);
    $s->execute();
    $s->bind_result($n);
    $s->fetch();
    $s->reset();
    $s->execute();
    $s->fetch();
    return [$n, $s->close(), rows($c->query('SELECT 1'))];
});
attempt('two statements', function () use ($c) {
    $a = $c->prepare('SELECT ? + 1');
    $b = $c->prepare('SELECT CONCAT(?, "b")');
    $got = [];
    foreach ([1, 2, 3] as $n) {
        foreach ([$a, $b] as $s) {
            $s->execute([$n]);
            $got[] = $s->get_result()->fetch_all();
        }
    }
    return $got;
});
attempt('multi', fn() => all($c, 'SELECT 1 a; UPDATE t SET t = 5 WHERE i = 2; SELECT 2 b, 3 c'));
attempt('multi error', fn() => all($c, 'SELECT 1; SELECT nothing; SELECT 3'));
attempt('after', fn() => rows($c->query('SELECT 4')));
attempt('procedure', fn() => $c->query('CREATE PROCEDURE p (IN a INT, OUT b INT, INOUT c VARCHAR(20)) BEGIN SELECT a, c; SET b = a * 2, c = CONCAT(c, "!"); SELECT i FROM t WHERE i < 4 ORDER BY i; END'));
attempt('call', fn() => all($c, "SET @c = 'hello'; CALL p(21, @b, @c); SELECT @b, @c"));
attempt('prepared call', fn() => execute($c, 'CALL p(?, @b, @c)', [4]));
attempt('prepared call out', fn() => execute($c, 'CALL p(?, ?, ?)', [4, 0, 'x']));
attempt('transaction', function () use ($c) {
    $c->begin_transaction(MYSQLI_TRANS_START_WITH_CONSISTENT_SNAPSHOT);
    $c->query('INSERT INTO t (i) VALUES (50)');
    $in = rows($c->query('SELECT COUNT(*) FROM t WHERE i = 50'));
    $c->rollback();
    $c->autocommit(false);
    $c->query('INSERT INTO t (i) VALUES (51)');
    $c->commit();
    $c->autocommit(true);
    return [$in, rows($c->query('SELECT COUNT(*) FROM t WHERE i IN (50, 51)'))];
});
foreach (['SELEC 1', 'SELECT * FROM nothing', 'INSERT INTO t (i) VALUES (1)', 'SELECT 1/0', "INSERT INTO t (i, t) VALUES (80, 'x')"] as $sql) {
    attempt("error $sql", fn() => all($c, $sql));
    attempt("prepared error $sql", fn() => execute($c, $sql));
    attempt("warnings $sql", fn() => rows($c->query('SHOW WARNINGS')));
}
attempt('local file', function () use ($c) {
    $name = tempnam(sys_get_temp_dir(), 'sbx');
    file_put_contents($name, implode('', array_map(fn($n) => (1000 + $n) . "\tline $n\n", range(0, 9999))));
    $c->query("LOAD DATA LOCAL INFILE '$name' INTO TABLE t (i, v)");
    unlink($name);
    return [$c->info, $c->affected_rows, rows($c->query('SELECT COUNT(*), MAX(v) FROM t WHERE i >= 1000'))];
});
attempt('no local file', fn() => $c->query("LOAD DATA LOCAL INFILE '/nowhere/rows' INTO TABLE t (i, v)"));
attempt('unbuffered', function () use ($c) {
    $c->real_query('SELECT i FROM t WHERE i >= 1000 ORDER BY i');
    $result = $c->use_result();
    $sum = 0;
    while ($row = $result->fetch_row()) {
        $sum += $row[0];
    }
    $result->free();
    return $sum;
});
attempt('change user', fn() => [$c->query('SET @gone = 1'), $c->change_user('app', 'app-pw', 'app'), rows($c->query('SELECT CURRENT_USER(), DATABASE(), @gone')), $c->change_user($user, $password, $schema)]);
attempt('select db', fn() => [$c->select_db('app'), rows($c->query('SELECT DATABASE()')), $c->select_db($schema)]);
attempt('ping', fn() => [@$c->ping(), $c->stat() !== '']);
attempt('async', function () use ($schema) {
    $list = [connect($schema), connect($schema)];
    foreach ($list as $n => $one) {
        $one->query("SELECT SLEEP(0.1), $n", MYSQLI_ASYNC);
    }
    $got = [];
    foreach ($list as $one) {
        $got[] = rows($one->reap_async_query());
    }
    return $got;
});
attempt('found rows', fn() => [connect($schema, [], MYSQLI_CLIENT_FOUND_ROWS)->query('UPDATE t SET t = 5 WHERE i = 2'), all($c, 'UPDATE t SET t = 5 WHERE i = 2')]);
attempt('compressed', function () use ($schema) {
    $one = connect($schema, [], MYSQLI_CLIENT_COMPRESS | MYSQLI_CLIENT_FOUND_ROWS);
    $sent = str_repeat('compressed größe ', 1 << 20);
    $s = $one->prepare('SELECT ? AS sent, ? AS short');
    $s->execute([$sent, 'x']);
    return [rows($s->get_result()), rows($one->query('SELECT seq, MD5(seq) FROM seq_1_to_2000')), rows($one->query('SELECT 1'))];
});
attempt('persistent', function () use ($host, $port, $user, $password, $schema) {
    $one = new mysqli("p:$host", $user, $password, $schema, $port);
    $one->query('SET @kept = 1');
    $one->close();
    $one = new mysqli("p:$host", $user, $password, $schema, $port);
    return rows($one->query('SELECT @kept'));
});
attempt('kill', function () use ($schema) {
    $one = connect($schema);
    $one->kill($one->thread_id);
    return $one->query('SELECT 1');
});

foreach ([true, false] as $emulated) {
    $name = $emulated ? 'PDO emulated' : 'PDO';
    $p = new PDO("mysql:host=$host;port=$port;dbname=$schema;charset=utf8mb4", $user, $password, [
        PDO::ATTR_EMULATE_PREPARES => $emulated, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::MYSQL_ATTR_MULTI_STATEMENTS => true,
    ]);
    $run = function (string $sql, array $values = []) use ($p) {
        $s = $p->prepare($sql);
        $s->execute($values);
        $results = [];
        do {
            $results[] = [$s->rowCount(), $s->columnCount() > 0 ? [$s->getColumnMeta(0), $s->fetchAll(PDO::FETCH_NUM)] : null];
        } while ($s->nextRowset());
        return $results;
    };
    attempt("$name rows", fn() => $run('SELECT * FROM t WHERE i < 3 ORDER BY i'));
    attempt("$name row", fn() => $run('SELECT v, tx FROM t WHERE i = ? AND v = ?', [1, 'größe 漢字 😀']));
    attempt("$name named", fn() => $run('SELECT :a + 1 AS x', ['a' => 41]));
    attempt("$name call", fn() => $run('CALL p(?, @b, @c)', [4]));
    attempt("$name error", fn() => $run('SELECT nothing'));
    attempt("$name duplicate", fn() => $run('INSERT INTO t (i) VALUES (?)', [1]));
    attempt("$name transaction", fn() => [$p->beginTransaction(), $run('INSERT INTO t (i) VALUES (?)', [60]), $p->inTransaction(), $p->rollBack(), $run('SELECT COUNT(*) FROM t WHERE i = 60')]);
    attempt("$name attributes", fn() => [$p->getAttribute(PDO::ATTR_SERVER_VERSION), $p->getAttribute(PDO::ATTR_CLIENT_VERSION), $p->getAttribute(PDO::ATTR_CONNECTION_STATUS)]);
}
echo "end: yes\n";

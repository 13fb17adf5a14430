# A day's work of DBD::MariaDB, which is libmariadb.
use strict;
use warnings;
use utf8;
use DBI;
use Digest::SHA qw(sha1_hex);
use Encode qw(encode_utf8);
use File::Temp qw(tempfile);
$| = 1;
binmode STDOUT, ':utf8';

my ($host, $port, $user, $password, $schema) = @ARGV;

sub text {
    my ($v) = @_;
    return 'undef' unless defined $v;
    return '[' . join(', ', map { text($_) } @$v) . ']' if ref $v eq 'ARRAY';
    if (length $v > 200) { my $b = utf8::is_utf8($v) ? encode_utf8($v) : $v; return length($b) . ' bytes, ' . sha1_hex($b); }
    $v =~ s/([^[:print:]])/sprintf '\\x%02x', ord $1/ge;
    return "'$v'";
}

my $db;

sub attempt {
    my ($name, $f) = @_;
    my $got = eval { [$f->()] };
    my $line = $got ? text($got) : 'error ' . ($DBI::err // '') . ' ' . ($DBI::state // '') . ' ' . ($DBI::errstr // $@);
    $line =~ s/\n/ /g;
    print "$name: $line\n";
}

sub connect_to {
    my ($database, %options) = @_;
    my $pw = delete $options{pw} // $password;
    my $more = delete $options{dsn} // '';
    return DBI->connect("DBI:MariaDB:host=$host;port=$port" . ($database ? ";database=$database" : '') . $more, $user, $pw, { RaiseError => 1, PrintError => 0, %options });
}

sub rows {
    my ($on, $sql, @values) = @_;
    my $s = $on->prepare($sql);
    $s->execute(@values);
    my @results;
    do {
        push @results, $s->{NUM_OF_FIELDS} ? [$s->{NAME}, $s->{TYPE}, $s->{NULLABLE}, $s->fetchall_arrayref] : $s->rows;
    } while ($s->more_results);
    return @results;
}

my $columns = "i INT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, b BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(30,10), da DATE, ti TIME(6),
  dt DATETIME(6), y YEAR, c CHAR(10), v VARCHAR(200), vb VARBINARY(100), tx MEDIUMTEXT, bl LONGBLOB, e ENUM('x','y'), st SET('p','q'), j JSON";
my @row = (1, -128, 65535, '18446744073709551615', 1.5, 1e300, '12345678901234567890.0123456789', '2024-02-29', '-838:59:58.999999', '9999-12-31 23:59:59.999999',
    2155, 'char', 'größe 漢字 😀', "\x01\x00\x02", 'x' x 70000, "\0" x 300, 'y', 'p,q', '{"a":[1,2,null]}');
my $marks = '(' . join(',', ('?') x 19) . ')';

attempt('no database', sub { rows(connect_to(''), 'SELECT DATABASE(), @@character_set_client') });
attempt('wrong password', sub { connect_to($schema, pw => 'wrong'); 1 });
attempt('no such database', sub { connect_to('nowhere'); 1 });
for my $prepared (0, 1) {
    my $kind = $prepared ? 'prepared' : 'text';
    $db = connect_to($schema, mariadb_server_prepare => $prepared, dsn => ';mariadb_multi_statements=1;mariadb_local_infile=1');
    attempt("$kind server", sub { [map { $db->{$_} } qw(mariadb_serverinfo mariadb_serverversion mariadb_protoinfo mariadb_hostinfo)], $db->{mariadb_thread_id} > 0 });
    attempt("$kind create", sub { $db->do('DROP TABLE IF EXISTS t'); $db->do("CREATE TABLE t ($columns)") });
    attempt("$kind insert", sub { $db->do("INSERT INTO t VALUES $marks", undef, @row) });
    attempt("$kind insert null", sub { $db->do("INSERT INTO t VALUES $marks", undef, 2, (undef) x 18) });
    attempt("$kind rows", sub { rows($db, 'SELECT * FROM t ORDER BY i') });
    attempt("$kind row", sub { rows($db, 'SELECT v, tx FROM t WHERE i = ?', 1) });
    attempt("$kind again", sub { my $s = $db->prepare('SELECT ? + i FROM t WHERE i < ? ORDER BY i'); map { $s->execute($_, 3); $s->fetchall_arrayref } 1 .. 3 });
    attempt("$kind 17 MB", sub { $db->do('INSERT INTO t (i, bl) VALUES (17, ?)', undef, 'abc' x (6 << 20)), rows($db, 'SELECT bl, LENGTH(bl) FROM t WHERE i = ?', 17) });
    attempt("$kind procedure", sub { $db->do('DROP PROCEDURE IF EXISTS p'); $db->do("CREATE PROCEDURE p (IN a INT, OUT b INT) BEGIN SELECT a; SET b = a * 2; SELECT i FROM t WHERE i < 4 ORDER BY i; END") });
    attempt("$kind call", sub { rows($db, 'CALL p(?, @b)', 4), rows($db, 'SELECT @b') });
    attempt("$kind transaction", sub { $db->begin_work; $db->do('INSERT INTO t (i) VALUES (50)'); my @in = rows($db, 'SELECT COUNT(*) FROM t WHERE i = 50'); $db->rollback; @in, rows($db, 'SELECT COUNT(*) FROM t WHERE i = 50') });
    for my $sql ('SELEC 1', 'SELECT * FROM nothing', 'INSERT INTO t (i) VALUES (1)', 'SELECT 1/0') {
        attempt("$kind error $sql", sub { rows($db, $sql) });
    }
    attempt("$kind insert id", sub { $db->do('CREATE OR REPLACE TABLE au (a INT AUTO_INCREMENT PRIMARY KEY, b INT)'); $db->do('INSERT INTO au (b) VALUES (?)', undef, 7); $db->last_insert_id(undef, undef, 'au', 'a'), $db->{mariadb_insertid} });
    attempt("$kind local file", sub { my ($out, $name) = tempfile(UNLINK => 1); print $out join('', map { (1000 + $_) . "\tline $_\n" } 0 .. 9999); close $out; $db->do("LOAD DATA LOCAL INFILE '$name' INTO TABLE t (i, v)"), $db->{mariadb_info}, rows($db, 'SELECT COUNT(*), MAX(v) FROM t WHERE i >= 1000') });
    attempt("$kind ping", sub { $db->ping });
    attempt("$kind info", sub { [$db->tables(undef, $schema, 't')], [map { $_->[3] } @{ $db->column_info(undef, $schema, 't', '%')->fetchall_arrayref }], [$db->primary_key(undef, $schema, 't')] });
    attempt("$kind many", sub { my @kept = map { my $s = $db->prepare("SELECT ? + $_"); $s->execute(1); $s->fetchall_arrayref; $s } 1 .. 200; $kept[5]->execute(2); $kept[5]->fetchall_arrayref });
    if (!$prepared) { # the driver waits forever when it streams a prepared statement
        attempt("$kind stream", sub { my $s = $db->prepare('SELECT seq, REPEAT("r", 100) FROM seq_1_to_20000', { mariadb_use_result => 1 }); $s->execute; my $n = 0; while (my $r = $s->fetch) { $n += $r->[0] } $n });
        attempt("$kind stream left", sub { my $s = $db->prepare('SELECT seq FROM seq_1_to_20000', { mariadb_use_result => 1 }); $s->execute; $s->fetch; $s->finish; rows($db, 'SELECT 1') });
    }
    $db->disconnect;
}
attempt('multi', sub { rows(connect_to($schema, dsn => ';mariadb_multi_statements=1'), 'SELECT 1; SELECT 2, 3; DO 1') });
attempt('found rows', sub { $db = connect_to($schema, dsn => ';mariadb_client_found_rows=0'); $db->do('UPDATE t SET t = 5 WHERE i = 2'), $db->do('UPDATE t SET t = 5 WHERE i = 2') });
attempt('compressed', sub { $db = connect_to($schema, dsn => ';mariadb_compression=1'); rows($db, 'SELECT ?, ?', 'compressed ' x (1 << 20), 'x'), rows($db, 'SELECT seq, MD5(seq) FROM seq_1_to_2000'), rows($db, 'SELECT 1') });
print "end: yes\n";

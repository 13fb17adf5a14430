package conformance

import "testing"

// day is the suite of a client program that does a day's work and prints a line
// for each thing that it tries.
func day(name string, least int, program ...string) suite {
	return suite{name: name, least: least, run: func(t *testing.T, _ *bench, w way) []byte {
		arguments := append(program[1:len(program):len(program)], w.host(), w.port(), root, password, schema)
		return command(t, "clients", nil, program[0], arguments...)
	}}
}

// suites are all suites, the shortest first.
var suites = []suite{
	day("mysql2", 60, "node", "node/mysql2.js"),
	day("mariadb", 45, "node", "node/mariadb.js"),
	day("pymysql", 85, "/usr/bin/python3", "day.py"),
	day("php", 65, "php", "day.php"),
	day("perl", 40, "perl", "day.pl"),
	java,
	sysbench,
	differential,
	differentialPair,
	goDriver,
	mariadbTest,
}

// java is a day's work of MariaDB's driver for Java, which javac has to compile.
var java = suite{name: "java", least: 150, run: func(t *testing.T, _ *bench, w way) []byte {
	const driver = "/usr/share/java/mariadb-java-client.jar"
	dir := t.TempDir()
	if out := command(t, "clients", nil, "javac", "-encoding", "UTF-8", "-cp", driver, "-d", dir, "Day.java"); len(out) > 0 {
		t.Fatalf("javac: %s", out)
	}
	return command(t, "clients", nil, "java", "-Dfile.encoding=UTF-8", "-cp", driver+":"+dir, "Day", w.host(), w.port(), root, password, schema)
}}

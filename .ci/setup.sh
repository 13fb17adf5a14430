#!/usr/bin/env bash
# Installs what the tests (setup.sh test), the clients and suites of others that
# are run through the proxy (setup.sh conformance) or the benchmarks (setup.sh
# bench) need from Debian, and says what and why. What is there already stays.
. "$(dirname "$0")/lib.sh"

wanted=()
# want PACKAGE PROGRAM REASON
want() {
	if command -v "$2" >/dev/null || test -x "/usr/sbin/$2"; then
		printf '  %-20s is there\n' "$1"
	else
		printf '  %-20s will be installed: %s\n' "$1" "$3"
		wanted+=("$1")
	fi
}
# library PACKAGE COMMAND REASON: want a package without a program; the command
# tells whether it is there.
library() {
	if sh -c "$2" >/dev/null 2>&1; then
		printf '  %-20s is there\n' "$1"
	else
		printf '  %-20s will be installed: %s\n' "$1" "$3"
		wanted+=("$1")
	fi
}

for what in "${@:-test}"; do
	case $what in
	test)
		want mariadb-server mariadbd 'database servers that the tests start in temporary folders'
		want mariadb-client mariadb 'the real client that connects through the proxy'
		want chromium chromium 'the browser that the console runs in'
		want nodejs node 'runs the browser tests'
		want nginx-light nginx 'the reverse proxy that the console is tested behind'
		want openssl openssl 'makes the certificate of that proxy'
		want npm npm 'fetches what the browser tests need'
		;;
	conformance)
		want mariadb-server mariadbd 'the database servers behind the proxy'
		want mariadb-client mariadb 'some of the tests call it'
		want mariadb-test mariadb-test "MariaDB's own tests"
		want nodejs node 'runs mysql2 and mariadb'
		want npm npm 'fetches mysql2 and mariadb'
		want php-cli php 'runs mysqli and PDO'
		library php-mysql 'php -r "exit(extension_loaded(\"mysqli\") && extension_loaded(\"pdo_mysql\") ? 0 : 1);"' 'mysqli and PDO'
		library libdbd-mariadb-perl 'perl -MDBD::MariaDB -e 1' "Perl's client"
		library python3-pymysql '/usr/bin/python3 -c "import pymysql"' "Python's client"
		want default-jdk-headless javac "runs Java's client"
		library libmariadb-java 'test -f /usr/share/java/mariadb-java-client.jar' "Java's client"
		want sysbench sysbench 'makes load'
		;;
	bench)
		want mariadb-server mariadbd 'the database server behind the proxies'
		want sysbench sysbench 'makes the load'
		want haproxy haproxy 'the proxy to compare with'
		;;
	*)
		echo "setup.sh: $what: test, conformance or bench" >&2
		exit 2
		;;
	esac
done
if test ${#wanted[@]} -gt 0; then
	as_root=()
	if test "$(id -u)" -ne 0; then
		command -v sudo >/dev/null || { echo "not root and no sudo: install ${wanted[*]} by hand" >&2; exit 1; }
		as_root=(sudo)
	fi
	command -v apt-get >/dev/null || { echo "no apt-get: install ${wanted[*]} by hand" >&2; exit 1; }
	"${as_root[@]}" apt-get update -q
	# RUNLEVEL=1 keeps Debian from starting the servers: the tests start their own.
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends "${wanted[@]}"
fi
if test -f e2e/package-lock.json && test "${1:-test}" = test; then
	echo '  npm packages of e2e: the driver of the browser tests'
	npm --prefix e2e ci --no-audit --no-fund
fi
if test "${1:-}" = conformance; then
	echo '  npm packages of conformance: the clients for Node.js'
	npm --prefix conformance/clients/node ci --no-audit --no-fund
fi
go mod download

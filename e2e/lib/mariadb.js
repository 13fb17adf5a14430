// Real MariaDB servers in temporary folders: a primary and replicas.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { passwords } from './browser.js';
import { end, freePort, said } from './process.js';
import { program } from './proxy.js';

const run = promisify(execFile);

const find = (name) => {
  try {
    return execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
};

// mariadbd is the program, '' when it is not installed.
export const mariadbd = find('mariadbd');

const common = (dir) => ['--no-defaults', `--datadir=${dir}/data`, '--innodb-buffer-pool-size=16M', '--innodb-log-file-size=16M',
  '--innodb-flush-method=nosync', ...(process.getuid() === 0 ? ['--user=root'] : [])];

class Server {
  constructor(dir, id) {
    Object.assign(this, { dir: join(dir, String(id)), id });
  }

  async install() {
    await run('mkdir', ['-p', this.dir]);
    await run('mariadb-install-db', [...common(this.dir), '--auth-root-authentication-method=normal', '--skip-test-db']);
    this.port = await freePort();
  }

  async start() {
    this.process = spawn(mariadbd, [...common(this.dir), `--port=${this.port}`, '--bind-address=127.0.0.1', `--socket=${this.dir}/s`, `--pid-file=${this.dir}/pid`,
      `--server-id=${this.id}`, '--log-bin=bin', '--log-slave-updates=1', '--sync-binlog=0', '--skip-name-resolve', '--slave-net-timeout=5', '--performance-schema=0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    await said(this.process, mariadbd, /ready for connections/);
  }

  // sql runs statements as root.
  async sql(...statements) {
    const { stdout } = await run('mariadb', ['--no-defaults', '-uroot', `--socket=${this.dir}/s`, '-BN', '-e', statements.join(';')]);
    return stdout.trim();
  }
}

// Cluster is a primary and replicas that follow it, and a configuration of a
// program in front of them.
export class Cluster {
  static async start(n, parameters = []) {
    const c = new Cluster();
    c.dir = mkdtempSync(join(tmpdir(), 'sbx-e2e-'));
    c.servers = Array.from({ length: n }, (_, i) => new Server(c.dir, i + 1));
    for (const s of c.servers) {
      await s.install();
      await s.start();
      await s.sql("SET sql_log_bin=0", "CREATE USER monitor@'%' IDENTIFIED BY 'monitor-pw'", "GRANT ALL ON *.* TO monitor@'%'",
        "CREATE USER replica@'%' IDENTIFIED BY 'replica-pw'", "GRANT REPLICATION SLAVE ON *.* TO replica@'%'");
    }
    await c.servers[0].sql('CREATE DATABASE app');
    for (const s of c.servers.slice(1)) {
      await s.sql(`CHANGE MASTER TO master_host='127.0.0.1', master_port=${c.servers[0].port}, master_user='replica', master_password='replica-pw', master_use_gtid=slave_pos, master_connect_retry=1`,
        'START SLAVE', 'SET GLOBAL read_only=1');
    }
    c.config = join(c.dir, 'signalbox.cnf');
    const names = c.servers.map((s) => `server${s.id}`);
    writeFileSync(c.config, [
      '[maxscale]', 'admin_host=127.0.0.1', `datadir=${c.dir}`, `logdir=${c.dir}`,
      ...c.servers.flatMap((s) => [`[server${s.id}]`, 'type=server', 'address=127.0.0.1', `port=${s.port}`]),
      '[Monitor]', 'type=monitor', 'module=mariadbmon', `servers=${names}`, 'user=monitor', 'password=monitor-pw', 'replication_user=replica', 'replication_password=replica-pw',
      'monitor_interval=300ms', ...parameters,
      '[RW]', 'type=service', 'router=readwritesplit', `servers=${names}`, 'user=monitor', 'password=monitor-pw',
      '[RW-Listener]', 'type=listener', 'service=RW', 'address=127.0.0.1', `port=${await freePort()}`, '',
    ].join('\n'), { mode: 0o600 });
    for (const [user, role] of [['admin', 'admin'], ['viewer', 'basic']]) {
      execFileSync(program, ['user', 'create', user, '-role', role, '-password-stdin', '-config', c.config], { input: `${passwords[user]}\n` });
    }
    return c;
  }

  async stop() {
    await Promise.all(this.servers.map((s) => s.process && end(s.process, 'SIGKILL')));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

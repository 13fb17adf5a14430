// nginx in front of programs, with plain HTTP and with TLS, in a folder of its own.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './browser.js';
import { end, freePort, said } from './process.js';

const answers = (port) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

export class Nginx {
  // start serves locations, which are blocks of nginx's configuration, at
  // this.http and this.https.
  static async start(locations) {
    const n = new Nginx();
    n.dir = mkdtempSync(join(tmpdir(), 'signalbox-nginx-'));
    const [http, https] = [await freePort(), await freePort()];
    Object.assign(n, { http: `http://127.0.0.1:${http}`, https: `https://127.0.0.1:${https}` });
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1',
      '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(n.dir, 'key.pem'), '-out', join(n.dir, 'cert.pem')], { stdio: 'ignore' });
    writeFileSync(join(n.dir, 'nginx.conf'), `
${process.getuid() === 0 ? 'user root;' : ''}
daemon off;
pid nginx.pid;
error_log stderr;
worker_processes 1;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join(' ')}
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${http};
    listen 127.0.0.1:${https} ssl;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    location / { return 200 'the company'; }
    ${locations}
  }
}`);
    const path = `${process.env.PATH}:/usr/sbin`; // where Debian has it
    n.process = spawn('nginx', ['-p', n.dir, '-c', 'nginx.conf', '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: path } });
    const failed = said(n.process, 'nginx', /(?!)/); // it says nothing as long as it works
    failed.catch(() => {}); // it ends in any case
    await Promise.race([failed, until('nginx listens', () => answers(https))]);
    return n;
  }

  async stop() {
    await end(this.process);
    rmSync(this.dir, { recursive: true });
  }
}

// The program under test: the demo, on ports of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = process.env.SIGNALBOX ?? fileURLToPath(new URL('../../bin/signalbox', import.meta.url));

export class Proxy {
  // start runs the demo with so many demo clients, and further arguments, and
  // returns when it listens.
  static async start({ clients = 0, port = 0, args = [] } = {}) {
    const p = new Proxy();
    p.clients = clients;
    p.args = args;
    await p.run(port);
    return p;
  }

  async run(port) {
    const args = ['-admin-port', port, '-demo-free-ports', '-demo-clients', this.clients, ...this.args].map(String);
    this.process = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.output = '';
    const said = new Promise((resolve, reject) => {
      const take = (text) => {
        this.output += text;
        if (this.output.includes('Ctrl-C ends it.')) resolve();
      };
      this.process.stdout.setEncoding('utf8').on('data', take);
      this.process.stderr.setEncoding('utf8').on('data', take);
      this.process.on('error', reject);
      this.process.on('exit', (code, signal) => reject(new Error(`${program} ended with ${code ?? signal}:\n${this.output}`)));
    });
    await said;
    this.url = this.output.match(/http:\/\/[\d.]+:\d+/)[0];
    this.readWrite = this.portOf('RW-Split-Listener');
    this.readOnly = this.portOf('Read-Connection-Listener');
  }

  portOf(listener) {
    return Number(this.output.match(new RegExp(`${listener}\\s+[\\d.]+:(\\d+)`))[1]);
  }

  signal(name) {
    this.process.kill(name);
  }

  // restart kills the program without a warning and runs it anew, with the
  // console where it was. Its SQL ports are others.
  async restart() {
    const { port } = new URL(this.url);
    await this.stop('SIGKILL');
    await this.run(port);
  }

  async stop(signal = 'SIGTERM') {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }
}

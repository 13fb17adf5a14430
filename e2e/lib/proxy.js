// The program under test: the demo, on ports of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

// program is what is tested.
export const program = process.env.SIGNALBOX ?? fileURLToPath(new URL('../../bin/signalbox', import.meta.url));

export class Proxy {
  // start runs the demo with so many demo clients, and returns when it listens.
  // With a configuration file there is no demo.
  static async start({ clients = 0, port = 0, config, args = [] } = {}) {
    const p = new Proxy();
    p.args = [...(config ? ['-config', config] : ['-demo-free-ports', '-demo-clients', clients]), ...args];
    await p.run(port);
    return p;
  }

  async run(port) {
    const args = ['-admin-port', port, ...this.args].map(String);
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

  // portOf is the port of a listener or a server, undefined when there is none.
  portOf(name) {
    const found = this.output.match(new RegExp(`${name}\\s+[\\d.]+:(\\d+)`));
    return found ? Number(found[1]) : undefined;
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

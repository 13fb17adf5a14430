// The program under test: the demo, on ports of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { end, said } from './process.js';

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
    this.said = { text: '' };
    await said(this.process, program, /Ctrl-C ends it\./, this.said);
    this.url = this.output.match(/http:\/\/[\d.]+:\d+/)[0];
    this.readWrite = this.portOf('RW-Split-Listener');
    this.readOnly = this.portOf('Read-Connection-Listener');
  }

  // output is all that the program has printed.
  get output() {
    return this.said.text;
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

  stop(signal) {
    return end(this.process, signal);
  }
}

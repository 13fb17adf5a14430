// The example programs of assets/examples.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end, said } from './process.js';

let dir; // of the programs that are built
const built = new Set();

// build builds one, once.
function build(name) {
  if (!dir) {
    dir = mkdtempSync(join(tmpdir(), 'signalbox-examples-'));
    process.on('exit', () => rmSync(dir, { recursive: true }));
  }
  const file = join(dir, name);
  if (!built.has(name)) {
    execFileSync('go', ['build', '-trimpath', '-o', file, `./assets/examples/${name}`], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)), env: { ...process.env, CGO_ENABLED: '0' },
    });
    built.add(name);
  }
  return file;
}

export class Example {
  // start builds and runs one, and returns when it has printed what matches ready.
  static async start(name, args, ready) {
    const e = new Example();
    e.process = spawn(build(name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    e.said = await said(e.process, name, ready);
    return e;
  }

  stop() {
    return end(this.process, 'SIGINT');
  }
}

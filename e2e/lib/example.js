// The example programs of assets/examples.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export class Example {
  // start builds and runs one, and returns when it has printed what matches ready.
  static async start(name, args, ready) {
    const e = new Example();
    e.dir = mkdtempSync(join(tmpdir(), `signalbox-${name}-`));
    execFileSync('go', ['build', '-trimpath', '-o', join(e.dir, name), `./assets/examples/${name}`], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)), env: { ...process.env, CGO_ENABLED: '0' },
    });
    e.process = spawn(join(e.dir, name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    e.output = '';
    e.said = await new Promise((resolve, reject) => {
      const take = (text) => {
        e.output += text;
        const found = e.output.match(ready);
        if (found) resolve(found);
      };
      e.process.stdout.setEncoding('utf8').on('data', take);
      e.process.stderr.setEncoding('utf8').on('data', take);
      e.process.on('error', reject);
      e.process.on('exit', (code) => reject(new Error(`${name} ended with ${code}:\n${e.output}`)));
    });
    return e;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGINT');
      await ended;
    }
    rmSync(this.dir, { recursive: true });
  }
}

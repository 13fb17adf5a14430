// Programs that the tests start beside the console.
import { once } from 'node:events';
import { createServer } from 'node:net';

// said returns what a process has printed, as soon as that matches ready. The
// text of output goes on growing. A process that ends before that is an error.
export function said(process, name, ready, output = { text: '' }) {
  return new Promise((resolve, reject) => {
    const take = (text) => {
      output.text += text;
      const found = output.text.match(ready);
      if (found) resolve(found);
    };
    for (const stream of [process.stdout, process.stderr]) stream?.setEncoding('utf8').on('data', take);
    process.on('error', reject);
    process.on('exit', (code, signal) => reject(new Error(`${name} ended with ${code ?? signal}:\n${output.text}`)));
  });
}

// end ends a process by a signal, unless it has ended.
export async function end(process, signal = 'SIGTERM') {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, 'exit');
  process.kill(signal);
  await ended;
}

// freePort is a port that nobody listens on.
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

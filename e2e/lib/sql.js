// A small client of the MariaDB protocol. It costs next to nothing, so that a
// test can have hundreds, and it says by which error its connection ended.
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { spawn } from 'node:child_process';

const LONG_PASSWORD = 1, CONNECT_WITH_DB = 8, PROTOCOL_41 = 0x200, TRANSACTIONS = 0x2000;
const SECURE_CONNECTION = 0x8000, PLUGIN_AUTH = 0x80000, CONNECT_ATTRS = 0x100000;

export class SQLError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Client {
  // connect logs a client in. Its id is that of its session.
  static async connect(port, { user = 'demo', password = 'demo', database = 'shop', attributes = {} } = {}) {
    const c = new Client();
    c.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    c.buffer = Buffer.alloc(0);
    c.packets = [];
    c.alive = true;
    c.ended = new Promise((resolve) => { c.resolveEnded = resolve; });
    c.socket.on('data', (data) => c.take(data));
    c.socket.on('error', () => {});
    c.socket.on('close', () => c.finish());
    await c.login(user, password, database, attributes);
    return c;
  }

  take(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    while (this.buffer.length >= 4) {
      const size = this.buffer.readUIntLE(0, 3);
      if (this.buffer.length < 4 + size) return;
      this.sequence = this.buffer[3];
      const packet = this.buffer.subarray(4, 4 + size);
      this.buffer = this.buffer.subarray(4 + size);
      if (this.waiting) {
        const { resolve } = this.waiting;
        this.waiting = null;
        resolve(packet);
      } else {
        if (packet[0] === 0xff) this.lastError = errorOf(packet);
        this.packets.push(packet);
      }
    }
  }

  finish() {
    if (!this.alive) return;
    this.alive = false;
    this.resolveEnded(this.lastError ?? null);
    this.waiting?.reject(this.lastError ?? new Error('the connection was closed'));
  }

  packet() {
    if (this.packets.length > 0) return Promise.resolve(this.packets.shift());
    if (!this.alive) return Promise.reject(this.lastError ?? new Error('the connection is closed'));
    return new Promise((resolve, reject) => { this.waiting = { resolve, reject }; });
  }

  send(payload, sequence) {
    const head = Buffer.alloc(4);
    head.writeUIntLE(payload.length, 0, 3);
    head[3] = sequence;
    this.socket.write(Buffer.concat([head, payload]));
  }

  async login(user, password, database, attributes) {
    const hello = await this.packet();
    if (hello[0] === 0xff) throw errorOf(hello);
    const version = hello.indexOf(0, 1) + 1;
    this.id = String(hello.readUInt32LE(version));
    const salt = Buffer.concat([hello.subarray(version + 4, version + 12), hello.subarray(version + 31, version + 43)]);
    const caps = Buffer.alloc(32);
    caps.writeUInt32LE(LONG_PASSWORD | CONNECT_WITH_DB | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH | CONNECT_ATTRS, 0);
    caps.writeUInt32LE(1 << 24, 4);
    caps[8] = 45;
    const pairs = Buffer.concat(Object.entries(attributes).flatMap(([k, v]) => [counted(k), counted(v)]));
    this.send(Buffer.concat([
      caps, text(user), Buffer.from([20]), scramble(password, salt), text(database), text('mysql_native_password'), counted(pairs),
    ]), this.sequence + 1);
    let answer = await this.packet();
    if (answer[0] === 0xfe) {
      const at = answer.indexOf(0, 1) + 1;
      this.send(scramble(password, answer.subarray(at, at + 20)), this.sequence + 1);
      answer = await this.packet();
    }
    if (answer[0] === 0xff) throw errorOf(answer);
  }

  // query returns the rows of a statement, as arrays of text.
  async query(sql) {
    this.send(Buffer.concat([Buffer.from([3]), Buffer.from(sql)]), 0);
    const first = await this.packet();
    if (first[0] === 0xff) throw errorOf(first);
    if (first[0] === 0) return [];
    while (!isEOF(await this.packet()));
    const rows = [];
    for (;;) {
      const packet = await this.packet();
      if (packet[0] === 0xff) throw errorOf(packet);
      if (isEOF(packet)) return rows;
      rows.push(cells(packet));
    }
  }

  // begin sends a statement whose end the test does not wait for.
  begin(sql) {
    const done = this.query(sql);
    done.catch(() => {});
    return done;
  }

  close() {
    this.alive = false;
    this.resolveEnded(null);
    this.socket.destroy();
  }
}

const text = (s) => Buffer.concat([Buffer.from(s), Buffer.from([0])]);

function counted(value) {
  const bytes = Buffer.from(value);
  const head = bytes.length < 251 ? Buffer.from([bytes.length]) : Buffer.from([0xfc, bytes.length & 255, bytes.length >> 8]);
  return Buffer.concat([head, bytes]);
}

function scramble(password, salt) {
  const sha = (...parts) => parts.reduce((h, part) => h.update(part), createHash('sha1')).digest();
  const once = sha(password);
  const mask = sha(salt, sha(once));
  return once.map((b, i) => b ^ mask[i]);
}

const isEOF = (packet) => packet[0] === 0xfe && packet.length < 9;

function errorOf(packet) {
  const message = packet.subarray(packet[3] === 0x23 ? 9 : 3).toString();
  return new SQLError(packet.readUInt16LE(1), message);
}

function cells(packet) {
  const row = [];
  for (let at = 0; at < packet.length;) {
    let size = packet[at++];
    if (size === 0xfb) {
      row.push(null);
      continue;
    }
    if (size === 0xfc) { size = packet.readUInt16LE(at); at += 2; }
    else if (size === 0xfd) { size = packet.readUIntLE(at, 3); at += 3; }
    row.push(packet.subarray(at, at + size).toString());
    at += size;
  }
  return row;
}

// CLI is the client that people use, fed through its standard input.
export class CLI {
  static async start(port) {
    const c = new CLI();
    c.process = spawn('mariadb', ['--no-defaults', '--unbuffered', '--force', '-h127.0.0.1', `-P${port}`, '-udemo', '-pdemo', 'shop']);
    c.output = '';
    c.process.stdin.on('error', () => {});
    for (const stream of [c.process.stdout, c.process.stderr]) {
      stream.setEncoding('utf8').on('data', (data) => {
        c.output += data;
        c.check?.();
      });
    }
    c.process.on('error', (err) => {
      c.output += err.message;
      c.check?.();
    });
    c.ended = new Promise((resolve) => { c.process.on('close', () => { c.check?.(); resolve(); }); });
    c.say('select connection_id();');
    c.id = (await c.answer(/connection_id\(\)\s+(\d+)/))[1];
    return c;
  }

  say(line) {
    this.process.stdin.write(line + '\n');
  }

  // answer waits for what the client prints.
  answer(pattern, within = 15000) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the mariadb client has not said ${pattern} but:\n${this.output}`)), within);
      this.check = () => {
        const found = this.output.match(pattern);
        if (found) {
          clearTimeout(timer);
          resolve(found);
        }
      };
      this.check();
    });
  }

  async quit() {
    this.process.stdin.end();
    await this.ended;
  }

  stop() {
    this.process.kill('SIGKILL');
  }
}

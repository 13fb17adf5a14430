// Pages of another application that show pages of the console in frames.
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { passwords } from './browser.js';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// sign makes an embed token as another product would.
export function sign(key, claims = {}, header = {}) {
  const text = `${part({ alg: 'HS256', kid: key.id, ...header })}.${part({
    aud: 'embed', exp: Math.floor(Date.now() / 1000) + 300, jti: randomUUID(), view: 'sessions', scope: ['sessions:read'], ...claims,
  })}`;
  return `${text}.${createHmac('sha256', key.secret).update(text).digest('base64url')}`;
}

// makeKey makes an embed key for pages of origins.
export async function makeKey(url, origins) {
  const answer = await fetch(`${url}/v1/embed-keys`, {
    method: 'POST', body: JSON.stringify({ name: 'Shop', frame_ancestors: origins }),
    headers: { 'Content-Type': 'application/json', Authorization: `Basic ${btoa(`admin:${passwords.admin}`)}` },
  });
  const { data } = await answer.json();
  return { id: data.id, secret: data.attributes.secret };
}

export async function revokeKey(url, key) {
  await fetch(`${url}/v1/embed-keys/${key.id}`, { method: 'DELETE', headers: { Authorization: `Basic ${btoa(`admin:${passwords.admin}`)}` } });
}

// Host is an application whose pages show a frame. Pages that a test makes up are
// none to the browser, which does not let them show what this machine serves.
export class Host {
  static async start() {
    const h = new Host();
    h.pages = new Map([['/favicon.ico', '']]);
    h.server = createServer((request, response) => {
      const text = h.pages.get(request.url);
      response.writeHead(text === undefined ? 404 : 200, { 'Content-Type': 'text/html' }).end(text);
    }).listen(0, '127.0.0.1');
    await once(h.server, 'listening');
    const { port } = h.server.address();
    h.origin = `http://localhost:${port}`; // another site than 127.0.0.1
    h.stranger = `http://127.0.0.1:${port}`; // and another origin than that
    return h;
  }

  // show opens a page of an origin of the host with a frame that shows address,
  // and keeps what the frame says in window.heard. It returns the frame.
  async show(page, address, { origin = this.origin, extra = '' } = {}) {
    const path = `/host-${randomUUID()}`;
    this.pages.set(path, `<!doctype html><title>host</title><script>
      heard = []; addEventListener('message', (e) => heard.push({ ...e.data, from: e.origin }));
      send = (message) => frame.contentWindow.postMessage(message, '${new URL(address).origin}');
    </script><button id="before">before</button><iframe id="frame" name="signalbox" width="1000" height="300" src="${address}"></iframe><button id="after">after</button>${extra}`);
    await page.goto(origin + path);
    return (await page.waitForSelector('#frame')).contentFrame(); // by its name it is not found while it is refused
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

// Pages of another application that show pages of the console in frames.
import { createHmac, randomUUID } from 'node:crypto';
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

// host makes page one of origin with a frame that shows address, and keeps what
// the frame says in window.heard. It returns the frame.
export async function host(page, origin, address, extra = '') {
  await page.route(`${origin}/host`, (route) => route.fulfill({
    contentType: 'text/html',
    body: `<!doctype html><title>host</title><link rel="icon" href="data:,"><script>
      heard = []; addEventListener('message', (e) => heard.push({ ...e.data, from: e.origin }));
      send = (message) => frame.contentWindow.postMessage(message, '${new URL(address).origin}');
    </script><button id="before">before</button><iframe id="frame" name="signalbox" width="1000" height="300" src="${address}"></iframe><button id="after">after</button>${extra}`,
  }));
  await page.goto(`${origin}/host`);
  return page.frame('signalbox');
}

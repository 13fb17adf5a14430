// The console behind nginx, below a path that it shares a host with others of.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Suite, until } from './lib/browser.js';
import { Nginx } from './lib/nginx.js';
import { Proxy, program } from './lib/proxy.js';
import { Client } from './lib/sql.js';

const base = '/tools/signalbox';
const suite = new Suite({ args: ['-admin-base-path', base] });

// websocket is what nginx must be told so that the push feed passes.
const websocket = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;';
let nginx;
let second; // a program with a configuration that trusts the proxy
let dir;

test.before(async () => {
  await suite.ready;
  dir = mkdtempSync(join(tmpdir(), 'signalbox-subpath-'));
  const config = join(dir, 'signalbox.cnf');
  for (const name of ['log', 'data']) mkdirSync(join(dir, name));
  const sql = await Proxy.start();
  writeFileSync(config, `[maxscale]
admin_base_path=/db
admin_trusted_proxies=127.0.0.1
logdir=${dir}/log
datadir=${dir}/data
[server1]
type=server
address=127.0.0.1
port=${sql.portOf('server1')}
[Monitor]
type=monitor
module=mariadbmon
servers=server1
user=monitor
password=monitor-demo
assume_primary=server1
[Shop]
type=service
router=readconnroute
router_options=running
servers=server1
user=signalbox
password=signalbox-demo
[RW-Split-Listener]
type=listener
service=Shop
address=127.0.0.1
port=4406
`);
  chmodSync(config, 0o600);
  execFileSync(program, ['user', 'create', 'ops', '-role', 'admin', '-password-stdin', '-config', config], { input: 'a long password' });
  second = await Proxy.start({ config });
  second.sql = sql;
  nginx = await Nginx.start(`
    location ${base} { proxy_pass ${suite.proxy.url}; proxy_set_header Host $http_host; ${websocket} }
    # This one keeps the Host for itself, as nginx does unless told otherwise.
    location /db {
      proxy_pass ${second.url};
      proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; ${websocket}
    }
    # And this one takes the path away.
    location /db/stripped/ { proxy_pass ${second.url}/; }`);
}, { timeout: 60000 });
test.after(async () => {
  await nginx?.stop();
  await second?.stop();
  await second?.sql.stop();
  rmSync(dir, { recursive: true });
});

async function logIn(page, user, password) {
  await page.fill('#user', user);
  await page.fill('#password', password);
  await page.keyboard.press('Enter');
  await page.locator('.fresh', { hasText: 'Live' }).waitFor();
}

suite.test('everything is below the path, with and without its slash', async () => {
  const client = await suite.client();
  const c = await suite.window({ user: '', path: base, origin: nginx.http });
  const { page } = c;
  await logIn(page, 'admin', 'admin-demo');
  await page.goto(`${base}/`);
  await page.locator('.fresh', { hasText: 'Live' }).waitFor();
  const seen = new Set();
  const outside = async () => page.locator('a[href]').evaluateAll((all, b) => all.map((a) => a.getAttribute('href')).filter((h) => !h.startsWith(`${b}/`)), base);
  assert.equal(await page.locator('.rail a', { hasText: 'Wall' }).getAttribute('href'), `${base}/wall`); // which is no page of the console
  for (const label of (await page.locator('.rail a').allTextContents()).filter((text) => !text.startsWith('Wall'))) {
    await page.locator('.rail a', { hasText: label.replace(/\d.*$/, '').trim() }).first().click();
    await page.locator('main h1').first().waitFor();
    const { pathname } = new URL(page.url());
    assert.ok(pathname.startsWith(`${base}/`), `${label} leads to ${pathname}`);
    assert.deepEqual(await outside(), [], `links of ${label}`);
    seen.add(pathname);
  }
  assert.ok(seen.size >= 8, `pages: ${[...seen]}`);
  await page.goto(`${base}/sessions/${client.id}/chain`); // a deep link, loaded anew
  await page.locator('.session-head').waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await until('the keys lead below the path', () => new URL(page.url()).pathname === `${base}/sessions`);
  await c.row(client.id).waitFor();
  await page.goBack();
  await page.locator('.session-head').waitFor();
  await page.goForward();
  await c.row(client.id).waitFor();
  await c.askKill(client.id);
  await c.kill('now');
  await c.row(client.id).waitFor({ state: 'detached', timeout: 15000 });
  await page.click('#account');
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.waitForSelector('#user');
  c.forgive(/401/);
});

suite.test('with TLS, and a proxy whose word counts', async () => {
  const c = await suite.window({ user: '', path: '/db/sessions', origin: nginx.https, ignoreHTTPSErrors: true });
  const { page } = c;
  const feeds = [];
  page.on('websocket', (socket) => feeds.push(socket.url()));
  await logIn(page, 'ops', 'a long password');
  const [cookie] = await c.context.cookies();
  assert.deepEqual([cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite], ['__Host-sid', true, true, 'Strict']);
  assert.deepEqual(feeds.map((url) => url.replace(/:\d+/, '')), ['wss://127.0.0.1/db/v1/ws']);
  const client = await Client.connect(second.readWrite, {});
  await c.row(client.id).waitFor();
  await c.row(client.id).locator('a').first().click();
  await page.locator('.session-head').waitFor();
  await page.locator('.fresh', { hasText: 'Live' }).waitFor();
  await client.close();
  const { links } = await (await page.request.get('/db/v1/sessions')).json();
  assert.equal(links.self, `${nginx.https}/db/v1/sessions/`, 'links are those that the browser can follow');
  const refused = await page.request.post('/db/v1/logout', { headers: { Origin: second.url } });
  assert.equal(refused.status(), 403, 'what the proxy calls us is not our origin');
  const audit = await (await page.request.get('/db/v1/audit?q=action:login')).json();
  assert.equal(audit.data.at(0).attributes.ip, '127.0.0.1');
  c.forgive(/401|SSL certificate|ServiceWorker/); // browsers start no worker over such a certificate; there is no need of one
});

suite.test('a proxy may take the path away', async () => {
  const answer = await fetch(`${nginx.http}/db/stripped/v1/setup`);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).needed, false);
});

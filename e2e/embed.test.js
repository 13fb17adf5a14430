// Pages of the console in frames of another application, of another site.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chromium } from 'playwright-core';
import { args, executable, results, Suite, until } from './lib/browser.js';
import { Host, makeKey, revokeKey, sign } from './lib/embed.js';
import { Example } from './lib/example.js';
import { freePort } from './lib/process.js';

const suite = new Suite();
const pictures = `${results}embed/`;
let key;
let host;
let origin; // of the host, which is another site than the console's
let stranger; // another one of it, of which no key knows
let shops = []; // with the component

test.before(async () => {
  await suite.ready;
  const [port, short] = [await freePort(), await freePort()];
  host = await Host.start();
  ({ origin, stranger } = host);
  key = await makeKey(suite.proxy.url, [origin, `http://localhost:${port}`, `http://localhost:${short}`]);
  const shop = (...more) => Example.start('iframe', ['-console', suite.proxy.url, '-key', key.id, '-secret', key.secret, ...more], /is on http/);
  shops = [await shop('-listen', `127.0.0.1:${port}`), await shop('-listen', `127.0.0.1:${short}`, '-age', '14s', '-redact')];
  shops[0].origin = `http://localhost:${port}`;
  shops[1].origin = `http://localhost:${short}`;
}, { timeout: 180000 });
test.after(() => Promise.all([host, ...shops].map((s) => s?.stop())));

const address = (view, token, query = {}) => `${suite.proxy.url}/embed/${view}?${new URLSearchParams({ key: key.id, ...query })}#t=${token}`;

// open opens a window of the shop.
async function open(path = '/', options = {}) {
  const c = await suite.window({ user: '', path, origin: shops[0].origin, ...options });
  c.expectClean = () => assert.deepEqual(c.errors, [], 'errors in the console'); // the frame is of another host, and must be
  return c;
}

// blank opens a window without a page.
const blank = (options) => open('about:blank', options);

const live = (frame) => frame.locator('.fresh', { hasText: 'Live' }).waitFor();
const heard = (page, type) => page.evaluate((t) => window.heard.filter((m) => m.type === t), type);

// Embedded is the frame of the component.
async function embedded(page) {
  const frame = await (await page.waitForSelector('signalbox-view iframe')).contentFrame();
  await live(frame);
  return frame;
}

suite.test('the component shows sessions, as high as they are', async () => {
  const clients = await suite.clients(3);
  const c = await open();
  const { page } = c;
  const frame = await embedded(page);
  await frame.locator(`.row[data-id="${clients[0].id}"]`).waitFor();
  assert.equal(await frame.locator('.top, .rail, .tray, .c-menu:visible, #open-export').count(), 0, 'nothing of the console is around it');
  assert.ok(!frame.url().includes('#'), `the token is out of the address: ${frame.url()}`);
  assert.deepEqual(await c.context.cookies(), [], 'no cookies');
  const kept = await frame.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), history.state]));
  assert.ok(!/eyJ|sbx_/.test(kept), `what the browser keeps: ${kept}`);

  const height = () => page.locator('signalbox-view iframe').evaluate((f) => f.getBoundingClientRect().height);
  const fits = async () => (await frame.evaluate(() => document.documentElement.scrollHeight)) <= await height();
  await until('the frame fits', fits);
  const few = await height();
  const more = await suite.clients(5);
  await until('it grows', async () => await height() === few + 5 * 32);
  await until('the frame fits', fits);
  await page.screenshot({ path: `${pictures}component-light.png` });
  await Promise.all(more.map((m) => m.close()));
  await until('it shrinks', async () => await height() === few);

  await page.selectOption('#theme', 'dark');
  await until('the theme follows', () => frame.evaluate(() => document.documentElement.dataset.theme === 'dark'));
  await page.screenshot({ path: `${pictures}component-dark.png` });

  await frame.locator(`.row[data-id="${clients[1].id}"] .c-user`).click();
  await page.locator('#events li', { hasText: new RegExp(`^select .*"id":"${clients[1].id}"`) }).waitFor();
  await frame.locator('#filter').fill('user:nobody');
  await page.locator('#events', { hasText: '"action":"filter"' }).waitFor();
  await frame.locator('.instead', { hasText: 'No session matches' }).waitFor();
  await page.screenshot({ path: `${pictures}component-none.png` });
  await page.locator('signalbox-view').evaluate((view) => view.setAttribute('q', 'user:demo'));
  await frame.locator(`.row[data-id="${clients[1].id}"]`).waitFor();

  const before = await page.evaluate(() => history.length);
  await frame.locator(`.row[data-id="${clients[1].id}"] .c-id a`).click();
  await page.waitForSelector('signalbox-view[view^="session/"]');
  const next = await embedded(page);
  await next.locator('.session-head').waitFor();
  await next.getByRole('link', { name: 'Chain' }).click();
  await next.locator('[aria-current=page]', { hasText: 'Chain' }).waitFor();
  assert.ok(next.url().includes(`/embed/session/${clients[1].id}/chain?`), next.url());
  assert.equal(await next.getByRole('link', { name: 'Log', exact: true }).count(), 0, 'logs are not for frames');
  assert.equal(await next.getByRole('button', { name: /Kill|Restart|Cancel/ }).count(), 0, 'nothing can be changed');
  await page.screenshot({ path: `${pictures}session.png` });
  assert.ok(await page.evaluate(() => history.length) - before <= 2);
});

suite.test('every view, narrow and wide', async () => {
  const client = await suite.client();
  await client.query('begin');
  const all = ['sessions:read', 'objects:read', 'stats:read'];
  for (const [view, claims, ready] of [
    ['sessions', {}, `.row[data-id="${client.id}"]`],
    [`session/${client.id}`, { view: 'session', locked: { id: client.id.toString() } }, '.session-head'],
    ['service/RW-Split-Router', { view: 'service', scope: all, locked: { service: 'RW-Split-Router' } }, '.box'],
    ['topology', { view: 'topology', scope: all }, '.topo .node'],
    ['tile/running', { view: 'tile' }, '.tile .value'],
    ['tile/statements', { view: 'tile', scope: all }, '.tile .spark'],
  ]) {
    for (const [width, theme] of [[1280, 'light'], [1920, 'dark'], [500, 'light']]) {
      const c = await blank({ viewport: { width, height: 900 } });
      const frame = await host.show(c.page, address(view, sign(key, { origin, ...claims }), { theme, accent: 'e91e63' }));
      await live(frame);
      await frame.locator(ready).first().waitFor();
      await c.page.evaluate((w) => { document.getElementById('frame').width = w; }, width - 40);
      await until('it is measured', async () => (await heard(c.page, 'resize')).length > 0);
      await c.page.waitForTimeout(300);
      const [last] = (await heard(c.page, 'resize')).slice(-1);
      await c.page.evaluate((h) => { document.getElementById('frame').height = h; }, last.height);
      assert.deepEqual((await heard(c.page, 'ready')).map((m) => [m.v, m.from]), [[1, suite.proxy.url]]);
      const over = await frame.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${view} is ${over} px too wide at ${width}`);
      await c.page.screenshot({ path: `${pictures}${view.replace(/\W/g, '-').replace(/\d+/, '')}-${width}-${theme}.png` });
      c.expectClean();
      await c.close();
    }
  }
});

suite.test('only pages of the key may embed', async () => {
  const c = await blank();
  const refused = async (page, from, to) => {
    const frame = await host.show(page, to, { origin: from });
    await until('the browser refuses', () => frame.url().startsWith('chrome-error:'));
    c.forgive(/frame-ancestors|chromewebdata|ERR_/);
  };
  await refused(c.page, stranger, address('sessions', sign(key, { origin: stranger })));
  await refused(c.page, origin, `${suite.proxy.url}/embed/sessions#t=${sign(key, { origin })}`); // no key
  await refused(c.page, origin, `${suite.proxy.url}/embed/sessions?key=nosuch#t=${sign(key, { origin })}`);
  await refused(c.page, origin, `${suite.proxy.url}/sessions?key=${key.id}`); // the console itself
  await live(await host.show(c.page, address('sessions', sign(key, { origin }))));
});

suite.test('a token that is not good says why', async () => {
  const spent = sign(key, { origin });
  const good = sign(key, { origin });
  const [head, body, signature] = good.split('.');
  const wider = Buffer.from(Buffer.from(body, 'base64url').toString().replace('sessions:read', 'objects:read')).toString('base64url');
  const c = await blank();
  await live(await host.show(c.page, address('sessions', spent)));
  for (const [name, view, token, says] of [
    ['expired', 'sessions', sign(key, { origin, exp: Math.floor(Date.now() / 1000) - 60 }), /expired/],
    ['replayed', 'sessions', spent, /used already/],
    ['altered', 'sessions', `${head}.${wider}.${signature}`, /not signed/],
    ['unsigned', 'sessions', `${sign(key, { origin }, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`, /embed token/],
    ['of another key', 'sessions', sign({ ...key, secret: 'guessed' }, { origin }), /not signed/],
    ['for long', 'sessions', sign(key, { origin, exp: Math.floor(Date.now() / 1000) + 3600 }), /exp/],
    ['of another origin', 'sessions', sign(key, { origin: 'https://evil.example' }), /origin/],
    ['of another view', 'topology', sign(key, { origin }), /for the view sessions/],
    ['cut', 'sessions', 'eyJ', /incomplete/],
    ['none', 'sessions', '', /has not said/],
    ['of no view', 'settings', sign(key, { origin }), /no view settings/],
    ['of no session', 'session', sign(key, { origin, view: 'session' }), /does not say which session/],
  ]) {
    const other = await blank();
    const frame = await host.show(other.page, address(view, token));
    const alert = frame.locator('[role=alert]');
    await alert.waitFor();
    assert.match(await alert.textContent(), says, name);
    assert.equal(await frame.locator('.row, .node, .tile').count(), 0, `${name} shows nothing`);
    if (!/of another origin|no view/.test(name)) {
      await until(`${name}: another one is asked for`, async () => (await heard(other.page, 'auth-expiring')).length > 0);
    }
    other.forgive(/40[013]/);
    if (name === 'expired') {
      await other.page.screenshot({ path: `${pictures}expired.png` });
      await other.page.evaluate((jws) => window.send({ v: 1, type: 'token', jws }), sign(key, { origin }));
      await live(frame);
    }
    other.expectClean();
    await other.close();
  }
});

suite.test('messages count only from the page around, and only as they must be', async () => {
  const evil = `${stranger}/evil`;
  const c = await blank();
  host.pages.set('/evil', '<script>setInterval(() => { for (const m of [{ v: 1, type: "theme", mode: "dark" }, { v: 1, type: "filter", q: "user:evil" }]) parent.frames[0].postMessage(m, "*"); }, 50)</script>');
  const client = await suite.client();
  const frame = await host.show(c.page, address('sessions', sign(key, { origin }), { theme: 'light' }), { extra: `<iframe src="${evil}"></iframe>` });
  await live(frame);
  await frame.locator(`.row[data-id="${client.id}"]`).waitFor();
  const theme = () => frame.evaluate(() => document.documentElement.dataset.theme);
  await c.page.evaluate(() => {
    const loop = {};
    loop.loop = loop;
    for (const m of [null, 7, 'theme', [], loop, 10n, new Map(), { type: 'theme', mode: 'dark' }, { v: 2, type: 'theme', mode: 'dark' },
      { v: 1, type: 'theme', mode: 'dark', more: 1 }, { v: 1, type: 'kill', id: '1' }, { v: 1, type: 'navigate', path: '//evil.example' },
      { v: 1, type: 'navigate', path: '/settings' }, { v: 1, type: 'filter', q: 'x'.repeat(1e6) }]) window.send(m);
  });
  await c.page.waitForTimeout(1500);
  assert.equal(await theme(), 'light');
  assert.ok(await frame.locator(`.row[data-id="${client.id}"]`).isVisible());
  assert.ok(frame.url().includes('/embed/sessions?'), frame.url());
  await c.page.evaluate(() => window.send({ v: 1, type: 'theme', mode: 'dark', accent: '00aa55' }));
  await until('the page around is heard', async () => await theme() === 'dark');
  await c.page.evaluate(() => window.send({ v: 1, type: 'filter', q: 'user:nobody' }));
  await frame.locator('.instead', { hasText: 'No session matches' }).waitFor();
  await c.page.evaluate(() => window.send({ v: 1, type: 'filter', q: '' }));
  await frame.locator(`.row[data-id="${client.id}"]`).waitFor();
});

suite.test('what is locked stays locked', async () => {
  const [mine, other] = [await suite.client({ attributes: { program_name: 'mine' } }), await suite.client({ attributes: { program_name: 'other' } })];
  const c = await blank();
  const token = sign(key, { origin, locked: { q: `id:${mine.id}` }, redact: true });
  const frame = await host.show(c.page, address('sessions', token, { q: 'user:demo' }));
  await live(frame);
  await frame.locator(`.row[data-id="${mine.id}"]`).waitFor();
  await frame.locator('.embed-foot', { hasText: `Only id:${mine.id} · without statements` }).waitFor();
  for (const q of ['', `id:${other.id}`, `id:${other.id} | id:${mine.id}`, 'id>0']) {
    await c.page.evaluate((text) => window.send({ v: 1, type: 'filter', q: text }), q);
    await until(`${q} is in the box`, async () => new URL(frame.url()).searchParams.get('q') === q || q === '');
    await c.page.waitForTimeout(700);
    assert.equal(await frame.locator(`.row[data-id="${other.id}"]`).count(), 0, q);
    assert.match(await frame.locator('.sum span').first().textContent(), /of [01]$/, `${q} counts only what is locked`);
  }
  // Another session by its address, and by a message.
  const second = await blank();
  const session = await host.show(second.page, address(`session/${other.id}`, sign(key, { origin, view: 'session', locked: { id: mine.id.toString() } })));
  await session.getByText(`There is no session ${other.id} now.`).waitFor();
  await second.page.evaluate((id) => window.send({ v: 1, type: 'navigate', path: `/sessions/${id}` }), mine.id);
  await session.locator('.session-head').waitFor();
});

suite.test('the keyboard goes into the frame and out of it', async () => {
  const client = await suite.client();
  const c = await blank();
  const frame = await host.show(c.page, address('sessions', sign(key, { origin })));
  await live(frame);
  await frame.locator(`.row[data-id="${client.id}"]`).waitFor();
  await c.page.focus('#before');
  await c.page.keyboard.press('Tab');
  const inside = () => frame.evaluate(() => (document.hasFocus() ? document.activeElement.id || document.activeElement.tagName : ''));
  assert.notEqual(await inside(), '', 'the focus is in the frame');
  const seen = [];
  for (let i = 0; i < 40 && await c.page.evaluate(() => document.activeElement.id) === 'frame'; i++) {
    seen.push(await inside());
    await c.page.keyboard.press('Tab');
  }
  assert.equal(await c.page.evaluate(() => document.activeElement.id), 'after', `out of the frame after ${seen}`);
  assert.ok(seen.includes('filter') && seen.includes('rows'), `${seen}`);
  await c.page.keyboard.press('Shift+Tab');
  await c.keyboardOn('frame');
  await frame.locator('#rows').focus();
  await c.page.keyboard.press('ArrowDown');
  await until('a row is chosen', async () => (await heard(c.page, 'select')).length > 0);
  await c.page.keyboard.press('?'); // the console's own keys are not for frames
  await c.page.keyboard.press('Control+k');
  assert.equal(await frame.locator('[role=dialog]').count(), 0);
  await c.page.keyboard.press('Enter');
  await until('the page around is asked to show it', async () => (await heard(c.page, 'navigate')).length > 0);
  assert.match((await heard(c.page, 'navigate'))[0].path, /^\/sessions\/\d+$/);
  await until('the frame stays where it is', async () => frame.url().includes('/embed/sessions?'));
  assert.ok(await frame.locator(`.row[data-id="${client.id}"]`).isVisible());
});

suite.test('tokens are renewed, and their end is the end', async () => {
  const client = await suite.client();
  const c = await open('/', { origin: shops[1].origin }); // whose tokens are good for 14 s
  const frame = await embedded(c.page);
  await frame.locator(`.row[data-id="${client.id}"]`).waitFor();
  const feeds = [];
  c.page.on('websocket', (socket) => feeds.push(socket.url()));
  await c.page.locator('#events', { hasText: 'auth-expiring {' }).waitFor();
  await c.page.waitForTimeout(20000);
  await live(frame);
  assert.deepEqual(feeds, [], 'the feed goes on');
  assert.equal(await c.page.locator('#events li', { hasText: '"in":0' }).count(), 0);

  // The frame is loaded anew, without its token: it gets another one.
  await c.page.locator('signalbox-view iframe').evaluate((f) => { f.src = f.src.replace(/#.*/, '#'); f.contentWindow.location.replace(f.src.replace(/#.*/, '&again=1')); });
  await c.page.waitForTimeout(500);
  await live(await (await c.page.waitForSelector('signalbox-view iframe')).contentFrame());

  // Nobody answers any more.
  await c.page.route('**/token', (route) => route.abort());
  await frame.getByText('The access to this page has ended.').waitFor({ timeout: 40000 });
  assert.equal(await frame.locator('.row').count(), 0);
  await c.page.locator('#events', { hasText: '"in":0' }).waitFor();
  await c.page.locator('#events', { hasText: 'error {' }).waitFor();
  await c.page.unroute('**/token');
  await frame.locator('.fresh', { hasText: 'Live' }).waitFor({ timeout: 40000 }); // the component asks again, with growing pauses
  c.forgive(/token|ERR_|40[01]|WebSocket/);
});

suite.test('a key is made in Settings and taken away there', async () => {
  const c = await suite.window({ path: '/settings/embeds' });
  const { page } = c;
  await page.fill('#embed-name', 'Bookshop');
  await page.fill('#embed-origins', `${origin}/ nonsense`);
  await page.click('#embed-make');
  await page.locator('.err', { hasText: 'is not an origin' }).waitFor();
  await page.fill('#embed-origins', `${origin}/`);
  await page.click('#embed-topology');
  await page.click('#embed-make');
  const made = { id: await page.locator('#embed-made-id').textContent(), secret: await page.locator('#embed-secret').textContent() };
  assert.match(made.secret, /^sbx_key_/);
  await page.screenshot({ path: `${pictures}settings-light.png` });
  await page.click('#embed-done');
  await page.locator('#embed-secret').waitFor({ state: 'detached' });
  assert.ok(!(await page.content()).includes(made.secret), 'the secret is shown once');
  const row = page.locator(`[data-key="${made.id}"]`);
  await row.getByText('sessions, session, service, tile').waitFor();

  const shop = await blank();
  const frame = await host.show(shop.page, `${suite.proxy.url}/embed/sessions?key=${made.id}#t=${sign(made, { origin })}`);
  await live(frame);
  await row.getByRole('button', { name: 'Revoke Bookshop' }).click();
  await c.keyboardOn('embed-keep');
  await page.screenshot({ path: `${pictures}settings-revoke.png` });
  const began = Date.now();
  await page.click('#embed-revoke');
  await frame.getByText('The access to this page has ended.').waitFor();
  assert.ok(Date.now() - began < 4000, `after ${Date.now() - began} ms`);
  await row.waitFor({ state: 'detached' });
  shop.forgive(/40[01]|WebSocket/);
  c.forgive(/400/);
});

test('with cookies of third parties blocked', { timeout: 120000 }, async () => {
  const browser = await chromium.launch({ executablePath: executable(), args: [...args, '--test-third-party-cookie-phaseout'] });
  try {
    const page = await browser.newPage();
    const own = await makeKey(suite.proxy.url, [origin]);
    const frame = await host.show(page, `${suite.proxy.url}/embed/sessions?key=${own.id}#t=${sign(own, { origin })}`);
    await live(frame);
    await frame.locator('.row, .instead').first().waitFor();
    // The same page may keep a cookie when it is not in a frame of another site.
    const keeps = () => { document.cookie = 'a=b; SameSite=None; Secure'; return document.cookie; };
    assert.equal(await frame.evaluate(keeps), '', 'the browser blocks cookies of third parties');
    await page.goto(`${suite.proxy.url}/overview`);
    assert.equal(await page.evaluate(keeps), 'a=b', 'and others not');
    await revokeKey(suite.proxy.url, own);
  } finally {
    await browser.close();
  }
});

// Walls: screens that nobody sits at.
import assert from 'node:assert/strict';
import { found } from './lib/axe.js';
import { residentMiB, results, Suite, until } from './lib/browser.js';

const suite = new Suite({ clients: 30 });

const big = { width: 1920, height: 1080 };

const picture = (page, name) => page.screenshot({ path: `${results}wall/${name}.png` });

// screen opens a window in which nobody is logged in.
const screen = async (options = {}) => {
  const c = await suite.window({ viewport: big, path: '/wall', ...options, user: '' });
  c.forgive(/401/);
  return c;
};

// wall opens a window with the wall of somebody who is logged in.
const wall = async ({ user = 'admin', path = '/wall/overview', prepare, ...options } = {}) => {
  const before = async (c) => {
    await c.logIn(user);
    await prepare?.(c);
  };
  return suite.window({ viewport: big, ...options, user: '', path, before });
};

// keep keeps a board.
const keep = async (c, id, board) => {
  const answer = await c.context.request.put(`/v1/boards/${id}`, { data: board });
  assert.equal(answer.status(), 204, await answer.text());
};

const tile = (page, kind) => page.locator(`.wall-tile[data-kind=${kind}]`);

// cut are the parts of a wall that are larger than their places.
const cut = (page) => page.evaluate(() => {
  const over = (e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
  const parts = [...document.querySelectorAll('.wall-tile, .wall-tile h2, .wall-grid, .wall-rows')].filter(over);
  const wide = [...document.querySelectorAll('.wall-value, .wall-head, .wall-foot')].filter((e) => e.scrollWidth > e.clientWidth + 1);
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) parts.push(root);
  return [...parts, ...wide].map((e) => `${e.tagName} ${e.className}: ${e.textContent.slice(0, 60)}`);
});

for (const [width, height] of [[1920, 1080], [3840, 2160], [1080, 1920]]) {
  suite.test(`every board is whole at ${width} × ${height}`, async () => {
    const sleeper = await suite.client();
    const sleeping = sleeper.begin('select sleep(20)');
    const c = await wall({ viewport: { width, height } });
    const { data } = await (await c.context.request.get('/v1/boards')).json();
    const builtIn = data.filter((board) => board.attributes.source.type === 'static');
    assert.deepEqual(builtIn.map((board) => board.id), ['attention', 'overview', 'servers', 'sessions']);
    for (const { id, attributes: { plan } } of builtIn) {
      for (const [i, view] of plan.views.entries()) { // each as a board of its own: nobody waits for its turn
        if (i > 0) await keep(c, `${id}-${i + 1}`, { ...plan, views: [view] });
        await c.page.goto(`/wall/${i > 0 ? `${id}-${i + 1}` : id}`);
        await c.page.locator('.wall-view', { hasText: view.title }).waitFor();
        await c.page.waitForTimeout(2000);
        await picture(c.page, `${id}-${i + 1}-${width}`);
        assert.deepEqual(await cut(c.page), [], `${id}, view ${i + 1}`);
      }
    }
    await sleeping;
    c.forgive(/404/);
  });
}

// loud has something of every level, and long names.
const loud = {
  title: 'Loud', rotate: 10,
  views: [
    {
      title: 'Everything at once',
      tiles: [
        { kind: 'sessions', attention: 5 }, { kind: 'running', filter: 'user:analyst,webshop,demo', critical: 1 }, { kind: 'statements', critical: 1, attention: 0.5 }, { kind: 'latency', attention: 0.0001 },
        { kind: 'servers' }, { kind: 'users', attention: 1, critical: 500 },
      ],
    },
    { title: 'Sessions', tiles: [{ kind: 'session-list', filter: 'id:*', width: 4 }, { kind: 'services' }, { kind: 'session-list', title: 'All', height: 1 }] },
  ],
};

suite.test('what is grave is told by a word, a sign and a colour, and without colours too', async () => {
  for (const [name, options] of Object.entries({ usual: {}, forced: { forcedColors: 'active' }, still: { reducedMotion: 'reduce' }, upright: { viewport: { width: 1080, height: 1920 } } })) {
    const client = await suite.client();
    client.begin('select sleep(30)').catch(() => {});
    const c = await wall({ ...options, path: '/wall/loud', prepare: (to) => keep(to, 'loud', loud) });
    await c.page.locator('.wall-tile.crit').first().waitFor();
    await c.page.waitForTimeout(3500);
    await picture(c.page, `loud-${name}`);
    const running = tile(c.page, 'running');
    assert.match(await running.locator('h2').textContent(), /Running.*Critical/);
    assert.equal(await running.locator('h2 svg.g').count(), 1);
    assert.match(await tile(c.page, 'users').locator('h2').textContent(), /Attention/);
    assert.deepEqual(await cut(c.page), []);
    assert.match(await c.page.locator('.wall-turns').textContent(), /view 1 of 2 · stays while it is critical/);
    if (name === 'usual') assert.deepEqual(await found(c.page), []);
    await client.close();
    await c.close();
  }
});

suite.test('a list pages by itself', async () => {
  await suite.clients(6);
  const c = await wall({ path: '/wall/pages', prepare: (to) => keep(to, 'pages', { title: 'Pages', views: [{ title: 'V', tiles: [{ kind: 'session-list', filter: 'id:*', width: 4 }] }] }) });
  const pages = tile(c.page, 'session-list').locator('.wall-pages');
  await pages.waitFor();
  const first = await pages.textContent();
  assert.match(first, /^\d+–\d+ of \d+$/);
  await until('the next page', async () => await pages.textContent() !== first);
  assert.deepEqual(await cut(c.page), []);
});

suite.test('a screen is paired by a code, sees no SQL, changes nothing, and says at once that its access has ended', async () => {
  const c = await screen();
  const frames = [];
  c.page.on('websocket', (ws) => ws.on('framereceived', ({ payload }) => frames.push(String(payload))));
  const code = c.page.locator('#wall-code');
  await until('a code', async () => /^[A-Z0-9]{6}$/.test(await code.textContent()));
  await picture(c.page, 'pairing');
  assert.deepEqual(await cut(c.page), []);

  const client = await suite.client();
  client.begin("select 'of-no-concern-to-walls', sleep(8)").catch(() => {});
  const admin = await suite.window({ path: '/settings/displays', viewport: { width: 1280, height: 800 } });
  await admin.page.fill('#pair-code', 'ZZZZZZ');
  await admin.page.fill('#pair-name', 'noc-left');
  await admin.page.getByRole('button', { name: 'Pair the screen' }).click();
  await admin.page.getByText('No screen shows the code ZZZZZZ.').waitFor();
  await admin.page.fill('#pair-code', (await code.textContent()).toLowerCase());
  await admin.page.selectOption('#pair-board', 'attention');
  await admin.page.fill('#pair-days', '30');
  await admin.page.getByRole('button', { name: 'Pair the screen' }).click();
  await c.page.locator('.wall-tile').first().waitFor();
  c.forgive(/401/);
  assert.equal(await c.page.locator('.wall-head h1').textContent(), 'Needs attention');
  await c.page.getByText('read-only display “noc-left”').waitFor();
  const row = admin.page.locator('.of-displays tr', { hasText: 'noc-left' });
  await row.getByText('On', { exact: true }).waitFor();
  await picture(admin.page, 'displays');

  assert.deepEqual(await c.page.evaluate(async () => {
    const status = async (method, path) => (await fetch(path, { method, headers: { accept: 'application/json' } })).status;
    return [await status('DELETE', '/v1/sessions/1?ttl=0'), await status('GET', '/v1/audit'), await status('GET', '/v1/boards/overview'), await status('GET', '/v1/sessions')];
  }), [403, 403, 403, 200]);
  c.forgive(/403/);
  await c.page.goto('/wall'); // what it is comes from its token
  await c.page.getByText('Needs attention').waitFor();
  await until('frames', () => frames.length > 20);
  assert.ok(!frames.some((f) => f.includes('of-no-concern') || f.includes('"statement"')), 'a statement has reached the wall');

  await row.getByRole('button', { name: 'Revoke…' }).click();
  await row.getByRole('button', { name: 'Revoke noc-left', exact: true }).click();
  const began = Date.now();
  await c.page.getByText('The access of this screen ended at').waitFor({ timeout: 2000 });
  assert.ok(Date.now() - began < 2000);
  await until('a new code', async () => /^[A-Z0-9]{6}$/.test(await code.textContent()));
  await picture(c.page, 'revoked');
  await row.getByText('Revoked').waitFor();
  c.forgive(/401/);
  admin.forgive(/404/);
});

suite.test('who is logged in sees a wall without pairing, and any key shows the way out', async () => {
  const c = await wall({ user: 'viewer', path: '/wall' });
  await c.page.getByText('logged in as viewer').waitFor();
  const bar = c.page.locator('.wall-bar');
  await c.page.mouse.move(100, 100);
  await c.page.waitForTimeout(5000);
  assert.equal(await c.page.locator('#wall').evaluate((e) => getComputedStyle(e).cursor), 'none');
  await c.page.mouse.move(200, 200);
  assert.notEqual(await c.page.locator('#wall').evaluate((e) => getComputedStyle(e).cursor), 'none');
  assert.equal(await bar.count(), 0);
  await c.page.keyboard.press('g');
  await bar.waitFor();
  await picture(c.page, 'bar');
  await c.page.keyboard.press('s');
  assert.match(c.page.url(), /\/wall$/, 'no key leads anywhere');
  await c.page.keyboard.press('Escape');
  await bar.waitFor({ state: 'detached' });
  await c.page.keyboard.press('x');
  await bar.waitFor();
  await until('the way out has the keyboard', () => c.page.evaluate(() => document.activeElement.id === 'wall-leave'));
  await c.page.keyboard.press('Enter');
  await c.page.locator('.fresh', { hasText: 'Live' }).waitFor();
  assert.match(c.page.url(), /\/overview$/);
  await c.page.getByRole('link', { name: 'Wall' }).click();
  await c.page.locator('.wall-tile').first().waitFor();
  await c.page.goBack();
  await c.page.locator('.fresh', { hasText: 'Live' }).waitFor();
  assert.equal(await c.page.locator('#wall').count(), 0);
});

suite.test('a view with a critical tile comes and stays', async () => {
  const c = await wall({
    path: '/wall/pin',
    prepare: (to) => keep(to, 'pin', {
      title: 'Pin', rotate: 10,
      views: [{ title: 'Quiet', tiles: [{ kind: 'kills' }] }, { title: 'Grave', tiles: [{ kind: 'running', filter: 'user:demo', critical: 1 }] }, { title: 'Other', tiles: [{ kind: 'errors', attention: 0, critical: 0 }] }],
    }),
  });
  const view = c.page.locator('.wall-view');
  await view.getByText('Quiet').waitFor();
  const client = await suite.client();
  const sleeping = client.begin('select sleep(24)');
  await view.getByText('Grave').waitFor({ timeout: 5000 });
  await c.page.locator('.wall-tile.crit.pulsing').waitFor({ timeout: 2000 });
  await c.page.waitForTimeout(12000);
  assert.equal(await view.textContent(), 'Grave', 'longer than its turn');
  await sleeping;
  await c.page.getByText(/stays for \d+ s/).waitFor({ timeout: 20000 });
  assert.equal(await view.textContent(), 'Grave');
});

suite.test('figures that are old say so, then the whole screen does, and both end by themselves', async () => {
  const c = await wall({ path: '/wall/sessions', prepare: ({ page }) => page.clock.install() });
  await tile(c.page, 'sessions').locator('.wall-sub', { hasText: /./ }).waitFor();
  suite.proxy.signal('SIGSTOP');
  try {
    await tile(c.page, 'sessions').getByText(/^STALE 0:1\d$/).waitFor({ timeout: 16000 });
    await c.page.locator('.wall-age.old').waitFor();
    assert.equal(await c.page.locator('.wall-tile:not(.old)').count(), 0);
    assert.equal(await c.page.locator('.wall-out').count(), 0);
    await picture(c.page, 'stale');
    await c.page.clock.fastForward(50000);
    await c.page.locator('.wall-out').getByText(/^No data from .* since \d\d:\d\d:\d\d$/).waitFor();
    await picture(c.page, 'out');
    assert.match(await tile(c.page, 'sessions').textContent(), /\d/, 'the last figures stay');
  } finally {
    suite.proxy.signal('SIGCONT');
  }
  await c.page.locator('.wall-out').waitFor({ state: 'detached', timeout: 60000 });
  await c.page.locator('#wall:has(.wall-tile):not(:has(.wall-tile.old))').waitFor({ timeout: 60000 });
  c.forgive(/WebSocket|ERR_/);
});

// builds has the console of a page say that it is of another build, as after a
// new one was installed.
const builds = async (context) => {
  const state = { here: '' };
  await context.route('**/app.js*', async (route) => {
    if (!state.here) return route.fallback();
    const { 'if-none-match': _, ...headers } = route.request().headers();
    const text = await (await route.fetch({ headers })).text();
    const body = text.replace(/"GOAPP_VERSION":"[^"]*"/, `"GOAPP_VERSION":"${state.here}"`);
    return route.fulfill({ contentType: 'text/javascript', headers: { 'cache-control': 'no-store' }, body });
  });
  return state;
};

suite.test('a newer console is loaded by itself, and not again and again when there is none', async () => {
  let state, loads = 0;
  const c = await wall({
    prepare: async ({ context, page }) => {
      state = await builds(context);
      state.here = 'older';
      page.on('domcontentloaded', () => { loads++; });
    },
  });
  await until('it was loaded again', () => loads === 2); // and is still the older one
  await c.page.locator('.wall-tile').first().waitFor();
  await c.page.waitForTimeout(7000);
  assert.equal(loads, 2, 'it is not tried again at once');
  state.here = '';
  await c.page.evaluate(() => sessionStorage.clear());
  await c.page.reload();
  await c.page.locator('.wall-tile').first().waitFor();
  await c.page.waitForTimeout(5000);
  assert.equal(loads, 3, 'the present one stays');
});

suite.test('a page that no longer paints is loaded anew, but only when the server has one to give', async () => {
  let loads = 0, asked = 0;
  const c = await wall({
    prepare: async ({ page }) => {
      await page.clock.install();
      page.on('domcontentloaded', () => { loads++; });
    },
  });
  await c.page.locator('.wall-tile').first().waitFor();
  await c.page.clock.runFor(2000);
  assert.equal(loads, 1);
  await c.page.evaluate(() => { // the program dies of the next thing that it draws
    for (const name of ['setAttribute', 'removeAttribute']) Element.prototype[name] = () => { throw new Error('no more'); };
  });
  await until('the program is dead', () => c.log.some((line) => /panic|exit code|Go program has already exited/.test(line)));
  let down = true;
  await c.context.route('**/wall/overview', (route) => {
    if (!down || route.request().isNavigationRequest()) return route.fallback();
    asked++;
    return route.abort();
  });
  for (let s = 0; s < 50 && asked < 2; s++) await c.page.clock.runFor(1000);
  await until('the server was asked', () => asked >= 2);
  assert.equal(loads, 1, 'there was nothing to load');
  down = false;
  for (let s = 0; s < 30 && loads === 1; s++) await c.page.clock.runFor(1000);
  await until('it was loaded anew', () => loads === 2);
  await c.page.locator('.wall-tile').first().waitFor();
  c.errors.length = 0; // all of them are of the program that died
});

suite.test('a wall that nobody can see asks for nothing', async () => {
  const sent = [];
  const c = await wall({ prepare: ({ page }) => page.on('websocket', (ws) => ws.on('framesent', ({ payload }) => sent.push(JSON.parse(payload)))) });
  await c.page.locator('.wall-tile').first().waitFor();
  const hide = (hidden) => c.page.evaluate((value) => Object.defineProperty(document, 'hidden', { configurable: true, get: () => value }), hidden);
  await hide(true);
  await until('all views are given up', () => sent.filter((m) => m.type === 'unsubscribe').length === sent.filter((m) => m.type === 'subscribe').length && sent.length > 4);
  const beat = await c.page.evaluate(() => document.documentElement.dataset.beat);
  await c.page.waitForTimeout(2000);
  assert.equal(await c.page.evaluate(() => document.documentElement.dataset.beat), beat);
  await hide(false);
  await until('they are asked for again', () => sent.filter((m) => m.type === 'subscribe').length === 2 * sent.filter((m) => m.type === 'unsubscribe').length);
  await c.page.locator('.wall-tile:not(.old)').first().waitFor();
});

suite.test('a board is made by its fields or as text, and the server says what is wrong with it', async () => {
  const c = await suite.window({ path: '/settings/boards', viewport: { width: 1280, height: 900 } });
  const { page } = c;
  await page.getByRole('link', { name: 'overview', exact: true }).last().waitFor();
  await picture(page, 'boards');
  await page.fill('#board-new', 'noc-right');
  await page.getByRole('button', { name: 'New board' }).click();
  const text = page.locator('#board-text');
  await until('the board to begin with', async () => (await text.inputValue()).includes('"noc-right"'));
  await page.fill('#board-title', 'NOC, right');
  await page.locator('[id="b.0.1.kind"]').selectOption('long');
  await page.locator('[id="b.0.1.attention"]').fill('20');
  assert.deepEqual(JSON.parse(await text.inputValue()), { title: 'NOC, right', views: [{ title: 'Sessions', tiles: [{ kind: 'sessions' }, { kind: 'long', attention: 20 }] }] });
  await page.click('#board-save');
  await page.getByText('View 1, tile 2: attention: 20 is not below critical, which is 10; 0 is never.').waitFor();
  await page.locator('[id="b.0.1.critical"]').fill('50');
  await page.getByRole('button', { name: 'Move tile 2 of view 1 up' }).click();
  await page.getByRole('button', { name: 'Add a tile' }).click();
  await page.locator('[id="b.0.2.kind"]').selectOption('servers');
  await page.getByRole('button', { name: 'Add a view' }).click();
  await page.getByRole('button', { name: 'Remove view 2' }).click();
  assert.equal(await page.locator('[id="b.0.0.attention"]').inputValue(), '20', 'fields move with their tile');
  await picture(page, 'editor');
  await page.click('#board-save');
  await page.getByText('Walls show noc-right').waitFor();

  await text.fill((await text.inputValue()).replace('NOC, right', 'On the right'));
  await until('the field follows the text', async () => await page.inputValue('#board-title') === 'On the right');
  await text.fill('{"title": ');
  await page.locator('.editor .wrong').getByText('Unexpected end of JSON input.').waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();
  await until('what was saved is back', async () => await page.inputValue('#board-title') === 'NOC, right');

  const [opened] = await Promise.all([c.context.waitForEvent('page'), page.getByRole('link', { name: 'Open the wall' }).click()]);
  await opened.locator('.wall-head', { hasText: 'NOC, right' }).waitFor();
  assert.deepEqual(await opened.locator('.wall-tile').evaluateAll((all) => all.map((e) => e.dataset.kind)), ['long', 'sessions', 'servers']);
  await opened.close();

  const theirs = { title: 'Theirs', views: [{ title: 'One', tiles: [{ kind: 'running' }] }] };
  assert.equal((await c.context.request.put('/v1/boards/noc-right', { data: theirs })).status(), 204);
  await page.fill('#board-title', 'Mine');
  await page.click('#board-save');
  await page.getByText('Somebody else has changed noc-right.').waitFor();
  await until('Discard shows what somebody else has saved', async () => {
    const discard = page.getByRole('button', { name: 'Discard' });
    if (await discard.isEnabled()) await discard.click();
    return await page.inputValue('#board-title') === 'Theirs';
  });
  await page.fill('#board-title', 'Mine');
  await page.click('#board-save');
  await until('mine is kept', async () => (await (await c.context.request.get('/v1/boards/noc-right')).json()).data.attributes.plan.title === 'Mine');
  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('button', { name: 'Remove noc-right' }).click();
  await page.getByText('The file of noc-right is removed.').waitFor();
  assert.equal((await c.context.request.get('/v1/boards/noc-right')).status(), 404);
  c.forgive(/400/);
  c.forgive(/412/);
});

suite.test('a day: 500 disconnects, 3 new builds, a night without the server, and the memory flat', async (t) => {
  const minute = 60000, day = 24 * 60 * minute;
  const start = Date.parse('2026-12-01T12:00:00Z');
  let now = start, build = '', hangUp, connections = 0, loads = 0, down = false, state;
  // The page's clock stands still but for what is said here, and the feed is the
  // server's own with that time on its frames.
  const stamp = (text) => {
    const frame = JSON.parse(text);
    frame.now = new Date(now).toISOString();
    if (frame.type === 'hello' && build) frame.version = build;
    return JSON.stringify(frame);
  };
  const c = await wall({
    timezoneId: 'UTC',
    prepare: async ({ context, page }) => {
      await page.clock.install({ time: start });
      await page.clock.pauseAt(start + 1000);
      now += 1000;
      state = await builds(context);
      page.on('domcontentloaded', () => { loads++; });
      await context.route('**/v1/whoami', async (route) => {
        if (down) return route.abort();
        const answer = await route.fetch();
        const who = await answer.json();
        return route.fulfill({ response: answer, json: { ...who, build: build || who.build } });
      });
      await page.routeWebSocket(/\/v1\/ws$/, (ws) => {
        if (down) return void ws.close({ code: 1001 });
        connections++;
        const server = ws.connectToServer();
        server.onMessage((m) => ws.send(stamp(m)));
        hangUp = async (code) => { // both ends
          await server.close({ code: 1000 }).catch(() => {});
          await ws.close({ code }).catch(() => {});
        };
      });
    },
  });
  const { page, context } = c;
  const real = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const run = async (ms) => {
    now += ms;
    await page.clock.runFor(ms).catch(() => real(200)); // the page may be loading itself anew
  };
  const jump = async (ms) => {
    now += ms;
    await page.clock.fastForward(ms).catch(() => real(200));
  };
  const fresh = () => page.evaluate(() => document.querySelectorAll('.wall-tile').length > 0 && document.querySelectorAll('.wall-tile.old, .wall-age.old, .wall-out').length === 0
    && !document.querySelector('.wall-says, .wall-pair')).catch(() => false);
  const recover = async (what) => {
    for (let i = 0; i < 200; i++) {
      if (await fresh()) return;
      await run(500);
      await real(10);
    }
    assert.fail(`${what}: the wall does not come back: ${await page.locator('body').innerText()}`);
  };
  const memory = async () => {
    const cdp = await context.newCDPSession(page);
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    await cdp.detach();
    return [Math.round(await residentMiB(suite.browser)), Math.round(usedSize / 1048576)]; // of the process, and of what scripts hold
  };

  await recover('at first');
  const rss = {};
  for (let i = 1; i <= 520; i++) {
    if (i % 5) await hangUp(i % 2 ? 1012 : 4500); // else it falls silent
    await jump(day / 520 - 1000);
    if (i % 130 === 0 && i < 520) state.here = build = `build-${i}`;
    await recover(`disconnect ${i}`);
    await run(1000);
    if ([140, 180, 220, 255].includes(i)) rss[i] = await memory();
  }
  await recover('in the evening');
  t.diagnostic(`${connections} connections, ${loads} loads, ${Math.round((now - start) / 3600000)} h, memory ${Object.values(rss).map((m) => m.join(' of ')).join(', ')} MiB`);
  assert.ok(connections > 500, `${connections} connections`);
  assert.ok(now - start >= day - minute, 'a day');
  assert.equal(loads, 1 + 3 + 1, 'three new builds and the night');
  assert.ok(rss[255][0] < rss[180][0] * 1.15 + 8 && rss[255][1] < rss[180][1] * 1.5 + 4, `memory grows: ${JSON.stringify(rss)}`);

  down = true;
  await hangUp(1001);
  for (let h = 0; h < 8; h++) {
    await jump(60 * minute);
    await run(2000);
  }
  await page.locator('.wall-out').waitFor();
  await picture(page, 'night');
  down = false;
  await recover('in the morning');
  c.forgive(/WebSocket|ERR_|Failed to load/);
}, 400000);

import assert from 'node:assert/strict';
import { Suite, until } from './lib/browser.js';

const suite = new Suite();

const rest = (page, method, path, data) => page.context.request.fetch(path, { method, data, headers: { Origin: suite.proxy.url } });

suite.test('restart makes the session anew and the client goes on', async () => {
  const client = await suite.client();
  await client.query('set @before = 41');
  const c = await suite.window({ path: `/sessions/${client.id}` });
  await c.page.getByRole('button', { name: 'Restart' }).click();
  await c.page.goto(`/sessions/${client.id}/timeline`);
  await c.page.getByText('restart', { exact: false }).first().waitFor();
  assert.deepEqual(await client.query('select @before + 1'), [['42']], 'what the session has set is set anew');
});

suite.test('a log level shows its lines while the session works', async () => {
  const client = await suite.client();
  const [c, other] = [await suite.window({ path: `/sessions/${client.id}/log` }), await suite.window({ path: `/sessions/${client.id}/log` })];
  const level = (w) => w.page.locator('[role=switch][data-level=log_info]');
  assert.equal(await level(c).getAttribute('aria-checked'), 'false');
  await client.query('select 1');
  await level(c).click();
  for (const w of [c, other]) await w.page.locator('[role=switch][data-level=log_info][aria-checked=true]').waitFor();
  await client.query('select 4242');
  for (const w of [c, other]) await w.page.locator('#log-tail').getByText(/route .* to /).first().waitFor();
  await level(other).click();
  await c.page.locator('[role=switch][data-level=log_info][aria-checked=false]').waitFor();
});

suite.test('a log level goes off by itself', async () => {
  const client = await suite.client();
  const c = await suite.window({ path: `/sessions/${client.id}/log` });
  assert.equal(await c.page.locator('#log-for').inputValue(), '15m');
  await c.page.click('[data-level=log_info]');
  await c.page.locator('#log-until', { hasText: /goes off in 1[45]:\d\d/ }).waitFor();
  await c.page.selectOption('#log-for', '5m');
  await c.page.locator('#log-until', { hasText: /goes off in [45]:\d\d/ }).waitFor();
  await c.page.click('[data-level=log_debug]');
  await c.page.locator('[data-level=log_debug][aria-checked=true]').waitFor();
  await c.page.click('[data-level=log_info]');
  await c.page.locator('[data-level=log_info][aria-checked=false]').waitFor();
  await c.page.locator('#log-until', { hasText: /goes off in [45]:\d\d/ }).waitFor();
  await c.page.selectOption('#log-for', 'never');
  await c.page.locator('#log-until', { hasText: 'stays on until somebody switches it off' }).waitFor();
});

suite.test('lines of the log are found, and the tail stops when one reads', async () => {
  const client = await suite.client();
  const c = await suite.window({ path: `/sessions/${client.id}/log` });
  await c.page.click('[data-level=log_info]');
  await c.page.locator('[data-level=log_info][aria-checked=true]').waitFor();
  for (let i = 0; i < 60; i++) await client.query(`select ${i}`);
  await until('sixty lines', async () => await c.page.locator('#log-tail .line').count() >= 60);
  await c.page.fill('#log-find', 'nothing has this');
  await c.page.getByText('No line is of this kind.').waitFor();
  await c.page.fill('#log-find', 'route');
  await c.page.locator('#log-tail mark', { hasText: 'route' }).first().waitFor();
  await c.page.locator('.slog-tools [role=status]', { hasText: 'matches' }).waitFor();
  await c.page.keyboard.press('Enter');
  await c.page.locator('#log-chosen').waitFor();
  await c.page.fill('#log-find', '');
  await c.page.evaluate(() => { document.querySelector('#log-tail').scrollTop = 0; });
  const follow = c.page.locator('#log-follow');
  await follow.waitFor();
  const top = await c.page.locator('#log-tail .line').first().innerText();
  for (let i = 0; i < 5; i++) await client.query(`select ${i}`);
  await follow.getByText(/new — Follow/).waitFor();
  assert.equal(await c.page.locator('#log-tail .line').first().innerText(), top);
  await follow.click();
  await follow.waitFor({ state: 'hidden' });
});

suite.test('the timeline zooms, steps and is a table as well', async () => {
  const client = await suite.client();
  await client.query('begin');
  await client.query('select sleep(0.2)');
  await client.query('commit');
  const c = await suite.window({ path: `/sessions/${client.id}/timeline` });
  const { page } = c;
  const picture = page.locator('svg#timeline');
  await picture.waitFor();
  await page.keyboard.press('ArrowLeft');
  const details = page.locator('#timeline-details');
  await details.getByText(/Transaction ended|Server connection/).waitFor();
  await page.keyboard.press('+');
  await until('the address has the part that is shown', async () => page.url().includes('from='));
  await page.click('#timeline-live');
  await until('the address is short again', async () => !page.url().includes('from='));
  const box = await picture.boundingBox();
  await page.mouse.move(box.x + box.width * 0.2, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 4 });
  await page.mouse.up();
  await until('a drag zooms', async () => page.url().includes('from='));
  const shared = page.url();
  await page.click('#timeline-all');
  await page.click('#timeline-table');
  await page.locator('#timeline-rows').getByText('select sleep(0.2)').waitFor();
  await page.locator('#timeline-rows').getByText('Transaction began').first().waitFor();
  await page.goto(shared);
  await page.locator('#timeline-range', { hasText: '–' }).waitFor();
});

suite.test('[ and ] go through the list that one has come from', async () => {
  const clients = await suite.clients(3);
  const c = await suite.window({ path: '/sessions?sort=id' });
  await c.row(clients[2].id).waitFor();
  const ids = await c.ids();
  await c.page.locator(`.row[data-id="${ids[0]}"] a[href*="/sessions/"]`).first().click();
  await c.page.locator('.session-id', { hasText: ids[0] }).waitFor();
  await c.page.keyboard.press(']');
  await c.page.locator('.session-id', { hasText: ids[1] }).waitFor();
  await c.page.keyboard.press('[');
  await c.page.locator('.session-id', { hasText: ids[0] }).waitFor();
});

suite.test('the running statement can be cancelled, and the session lives', async () => {
  const client = await suite.client();
  const c = await suite.window({ path: `/sessions/${client.id}` });
  const done = client.begin('select sleep(60)');
  await c.page.click('#cancel-statement');
  const question = c.page.locator('[role=alertdialog]');
  await question.getByText('select sleep(60)').waitFor();
  await c.keyboardOn('cancel-keep');
  await c.page.keyboard.press('Escape');
  await question.waitFor({ state: 'detached' });
  await c.page.click('#cancel-statement');
  await c.page.click('#cancel-do');
  await done.catch((err) => assert.equal(err.code, 1317));
  assert.deepEqual(await client.query('select 5'), [['5']]);
  await c.page.locator('#cancel-statement').waitFor({ state: 'hidden' });
});

suite.test('the page of a session says when it has ended, and why', async () => {
  const client = await suite.client();
  const [page, killer] = [await suite.window({ path: `/sessions/${client.id}` }), await suite.window()];
  await killer.askKill(client.id);
  await killer.kill('now', { reason: 'runaway report' });
  await page.page.getByText(/This session (has )?ended/).waitFor();
  await page.page.getByText(/runaway report/).first().waitFor();
  assert.equal(await page.page.getByRole('button', { name: 'Kill session…' }).count(), 0);
});

suite.test('who may only read can change nothing', async () => {
  const client = await suite.client();
  const c = await suite.window({ user: 'viewer' });
  await c.row(client.id).waitFor();
  await c.menu(client.id).click();
  const items = await c.row(client.id).locator('.menu [data-do]').allInnerTexts();
  assert.ok(items.includes('Open') && items.includes('Copy ID'), `items ${items}`);
  assert.deepEqual(items.filter((item) => /kill|restart|cancel|…/i.test(item)), [], 'nothing that changes anything');
  await c.page.keyboard.press('Escape');
  await c.page.keyboard.press('j');
  await c.page.keyboard.press('Shift+K');
  assert.equal(await c.dialog.count(), 0);
  for (const [method, path, data] of [
    ['DELETE', `/v1/sessions/${client.id}`],
    ['DELETE', `/v1/sessions/${client.id}?ttl=30`],
    ['POST', `/v1/sessions/${client.id}/restart`],
    ['POST', '/v1/sessions/restart'],
    ['PATCH', `/v1/sessions/${client.id}`, { data: { attributes: { parameters: { log_info: true } } } }],
  ]) {
    const answer = await rest(c, method, path, data);
    assert.equal(answer.status(), 403, `${method} ${path}: ${await answer.text()}`);
  }
  await c.page.goto(`/sessions/${client.id}`);
  await c.page.locator('.session-head').waitFor();
  for (const name of ['Kill session…', 'Restart', 'Cancel statement']) {
    assert.equal(await c.page.getByRole('button', { name }).count(), 0, name);
  }
  await c.page.goto(`/sessions/${client.id}/log`);
  await c.page.locator('#log-levels').waitFor();
  assert.equal(await c.page.locator('[role=switch]').count(), 0);
  assert.deepEqual(await client.query('select 6'), [['6']]);
});

suite.test('hostile text stays text', async () => {
  const nasty = `select '<img src=x onerror="window.hacked=1">', '\u202Ereversed', '\u0007bell', '${'x'.repeat(100000)}'`;
  const client = await suite.client({ attributes: { program_name: '<script>window.hacked=2</script>' } });
  const c = await suite.window();
  await client.query(nasty);
  await c.row(client.id).locator('.c-sql', { hasText: '<img src=x' }).waitFor();
  for (const tab of ['', '/statements', '/log', '/timeline']) {
    await c.page.goto(`/sessions/${client.id}${tab}`);
    await c.page.locator('.session-head').waitFor();
    await c.page.locator('[role=tab][aria-selected=true], .tabs [aria-current=page]').first().waitFor();
    assert.equal(await c.page.evaluate(() => window.hacked), undefined);
    assert.equal(await c.page.locator('main img').count(), 0);
  }
  await c.page.goto(`/sessions?q=${encodeURIComponent('user:"<img src=x onerror=alert(1)>"')}`);
  await c.page.getByText('No session matches').waitFor();
  assert.equal(await c.page.evaluate(() => window.hacked), undefined);
  await assert.rejects(suite.client({ user: '<img src=x onerror=alert(1)>', password: 'x' }), { code: 1045 });
});

suite.test('the server refuses a page of another origin and a plain-text websocket', async () => {
  const c = await suite.window();
  const answer = await c.context.request.fetch('/v1/sessions', { headers: { Origin: 'http://evil.example' } });
  assert.equal(answer.headers()['access-control-allow-origin'], undefined);
  const headers = (await c.context.request.get('/')).headers();
  assert.match(headers['content-security-policy'], /default-src 'none'|default-src 'self'/);
  assert.doesNotMatch(headers['content-security-policy'], /unsafe-inline|'unsafe-eval'/);
  await until('the feed is live', async () => (await c.page.locator('.fresh').innerText()).includes('Live'));
});

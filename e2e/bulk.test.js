import assert from 'node:assert/strict';
import { Suite, until } from './lib/browser.js';

const suite = new Suite();

// ask calls the API as who is logged in in a window.
async function ask(c, method, path, data) {
  const answer = await c.context.request[method](path, { data });
  return { status: answer.status(), body: answer.status() === 204 ? null : await answer.json() };
}

async function start(c, job) {
  const { status, body } = await ask(c, 'post', '/v1/jobs', job);
  assert.equal(status, 202, JSON.stringify(body));
  return body.data.id;
}

suite.test('a job that runs shows its pace to everybody, can be stopped, and says what became of each', async () => {
  const [one, two] = [await suite.window({ path: '/pending' }), await suite.window({ user: 'viewer', path: '/services' })];
  const clients = await suite.clients(12);
  const id = await start(one, { action: 'kill', ids: clients.map((c) => c.id), pace: 1, reason: 'one by one' });
  for (const c of [one, two]) await c.tray.getByText(/Killing \d+ of 12 · 1 a second/).waitFor();
  assert.equal(await two.tray.getByRole('button').count(), 0);
  const polls = [];
  one.page.on('request', (r) => { if (/\/v1\/jobs\/[a-z0-9]+$/.test(r.url()) && r.method() === 'GET') polls.push(r.url()); });
  await one.tray.getByRole('link', { name: /Killing/ }).click();
  await one.page.getByRole('heading', { name: 'Kill now: 12 sessions' }).waitFor();
  await until('some are killed', async () => await one.page.locator('#outcomes tbody tr').count() >= 3);
  await one.tray.getByRole('button', { name: 'Stop' }).click();
  for (const c of [one, two]) await c.tray.waitFor({ state: 'detached' });
  await one.page.locator('.job .chip', { hasText: 'Stopped' }).waitFor();
  const outcomes = () => one.page.locator('#outcomes tbody tr').evaluateAll((rows) => rows.map((r) => r.dataset.id));
  await until('all outcomes are there', async () => (await one.page.locator('[data-result=all]').innerText()) === `All ${(await outcomes()).length}`);
  assert.deepEqual(polls, [], 'the feed brings the outcomes');
  const gone = await outcomes();
  assert.ok(gone.length >= 3 && gone.length < 12, `${gone.length} were killed`);
  for (const client of clients) {
    if (gone.includes(client.id)) assert.equal((await client.ended)?.code, 1927);
    else assert.deepEqual(await client.query('select 1'), [['1']]);
  }
  const [download] = await Promise.all([one.page.waitForEvent('download'), one.page.getByRole('link', { name: 'CSV' }).click()]);
  assert.equal(download.suggestedFilename(), `job-${id}.csv`);
  await one.page.goto('/pending');
  await one.page.locator(`#pending-jobs tr[data-id="${id}"]`, { hasText: 'Stopped' }).waitFor();
});

suite.test('many kills that wait are taken back by one dialog', async () => {
  const [one, two] = [await suite.window({ path: '/pending' }), await suite.window({ path: '/pending' })];
  const clients = await suite.clients(60);
  await start(one, { action: 'kill', ids: clients.map((c) => c.id), ttl: '1h', count: 60 });
  for (const c of [one, two]) await c.tray.getByText('60 kills pending').waitFor();
  await one.page.getByRole('button', { name: 'Take kills back' }).click();
  await one.page.getByRole('heading', { name: 'Take back kills of 60 sessions?' }).waitFor();
  await one.keyboardOn('bulk-keep');
  await one.page.click('#bulk-pace-0');
  await one.page.click('#bulk-do');
  await one.dialog.waitFor({ state: 'detached' });
  for (const c of [one, two]) await c.page.getByText('No kill is pending.').waitFor();
  for (const client of clients) assert.deepEqual(await client.query('select 1'), [['1']]);
});

// selectAll selects all sessions of the clients on the sessions page.
async function selectAll(c, clients, filter) {
  await c.page.goto(`/sessions?q=${encodeURIComponent(filter)}&sort=id`);
  await c.row(clients[0].id).waitFor();
  await c.page.keyboard.press('*');
  const bar = c.page.getByRole('toolbar', { name: 'Selected sessions' });
  await bar.getByText(`all ${clients.length} matching`, { exact: true }).waitFor();
  return bar;
}

suite.test('sixty sessions are killed when their number is typed, and nobody else', async () => {
  const [one, two] = [await suite.window(), await suite.window({ path: '/pending' })];
  const clients = await suite.clients(60, { port: suite.proxy.readOnly });
  const [other] = await suite.clients(1);
  const bar = await selectAll(one, clients, 'service:Read-Connection-Router');
  await bar.getByRole('button', { name: 'Kill…' }).click();
  await one.page.getByRole('heading', { name: 'Kill 60 sessions?' }).waitFor();
  await one.dialog.getByText('Matches now 60.').waitFor();
  await one.keyboardOn('bulk-keep');
  assert.ok(await one.page.locator('#bulk-do').isDisabled(), 'before the number is typed');

  // Another one comes: it is not in the list that is meant.
  const late = await suite.client({ port: suite.proxy.readOnly });
  await one.dialog.getByText('Matches now 61 (+1 since the preview).').waitFor();
  await one.page.fill('#bulk-count', '61');
  assert.ok(await one.page.locator('#bulk-do').isDisabled(), 'with the wrong number');
  await one.page.fill('#bulk-count', '60');
  await one.page.click('#bulk-now');
  await one.page.fill('#bulk-reason', 'reconnect storm');
  await one.page.click('#bulk-do');
  await one.dialog.waitFor({ state: 'detached' });
  await two.tray.getByText(/Killing \d+ of 60 · 10 a second/).waitFor();
  for (const client of clients) assert.equal((await client.ended)?.code, 1927);
  await two.page.locator('#pending-jobs tbody tr').first().getByText('60 killed').waitFor();
  for (const client of [late, other]) assert.deepEqual(await client.query('select 1'), [['1']]);
});

suite.test('rows that change places behind the dialog never change who is killed', async () => {
  const c = await suite.window({ path: '/sessions?sort=-queries' });
  const clients = await suite.clients(6, { port: suite.proxy.readOnly });
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  const ids = await c.ids();
  const chosen = clients.filter((client) => client.id === ids[1] || client.id === ids[3]);
  const others = clients.filter((client) => !chosen.includes(client));
  for (const client of chosen) await c.check(client.id).click();
  await c.page.getByRole('toolbar', { name: 'Selected sessions' }).getByRole('button', { name: 'Kill…' }).click();
  await c.page.getByRole('heading', { name: 'Kill 2 sessions?' }).waitFor();
  for (const client of others) for (let i = 0; i < 20; i++) await client.query('select 1');
  await c.page.click('#bulk-now');
  await c.page.click('#bulk-do');
  await c.dialog.waitFor({ state: 'detached' });
  for (const client of chosen) assert.equal((await client.ended)?.code, 1927);
  for (const client of others) assert.deepEqual(await client.query('select 1'), [['1']]);
});

suite.test('log levels of several sessions are switched for a while', async () => {
  const c = await suite.window();
  const clients = await suite.clients(3, { port: suite.proxy.readOnly });
  const bar = await selectAll(c, clients, 'service:Read-Connection-Router');
  await bar.getByRole('button', { name: 'Log level…' }).click();
  await c.page.getByRole('heading', { name: 'Change 3 sessions?' }).waitFor();
  await c.page.selectOption('#bulk-log_debug', 'on');
  await c.page.click('#bulk-pace-0');
  await c.page.click('#bulk-do');
  await c.dialog.waitFor({ state: 'detached' });
  const levels = async (client) => (await ask(c, 'get', `/v1/sessions/${client.id}`)).body.data.attributes.parameters;
  for (const client of clients) await until('debug is on', async () => (await levels(client)).log_debug);
});

suite.test('many are killed when idle, or given up, as one is', async () => {
  const c = await suite.window();
  const clients = await suite.clients(3, { port: suite.proxy.readOnly });
  for (const client of clients) await client.query('begin');
  const bar = await selectAll(c, clients, 'service:Read-Connection-Router');
  await bar.getByRole('button', { name: 'Kill…' }).click();
  await c.page.click('#bulk-idle');
  await c.page.selectOption('#bulk-otherwise', 'keep');
  await c.page.selectOption('#bulk-limit', '1m');
  await c.page.click('#bulk-pace-0');
  await c.page.click('#bulk-do');
  await c.dialog.waitFor({ state: 'detached' });
  const pending = async (client) => (await ask(c, 'get', `/v1/sessions/${client.id}`)).body.data.attributes.pending?.kill;
  for (const client of clients) {
    await until('a kill waits', async () => await pending(client));
    const { when, otherwise } = await pending(client);
    assert.deepEqual({ when, otherwise }, { when: 'idle', otherwise: 'keep' });
  }
  await clients[0].query('commit');
  assert.equal((await clients[0].ended)?.code, 1927);
  assert.deepEqual(await clients[1].query('select 1'), [['1']], 'who is not idle lives');
});

suite.test('who asks for too much is told so, in the dialog and for a file', async () => {
  const c = await suite.window();
  const [client] = await suite.clients(1, { port: suite.proxy.readOnly });
  await selectAll(c, [client], 'service:Read-Connection-Router id:' + client.id);
  const jobs = async () => (await ask(c, 'post', '/v1/jobs', { action: 'restart', filter: 'user:nobody' })).status;
  await c.page.getByRole('toolbar', { name: 'Selected sessions' }).getByRole('button', { name: 'Restart…' }).click();
  await c.dialog.waitFor();
  await until('the button can be pressed', async () => await c.page.locator('#bulk-do').isEnabled());
  await until('no more jobs are taken', async () => await jobs() === 429);
  const drain = setInterval(() => jobs().catch(() => {}), 150); // a script in a loop
  await c.page.click('#bulk-do');
  await c.dialog.getByText(/too many jobs: at most 20 at once and one more every 3 s; try again in \d s/).waitFor();
  clearInterval(drain);
  await c.page.click('#bulk-keep');
  await until('no more exports are made', async () => (await c.context.request.get('/v1/sessions?format=csv')).status() === 429);
  await c.page.click('#open-selected');
  await c.page.locator('.menu:popover-open a', { hasText: 'CSV' }).first().click();
  await c.page.getByText(/too many exports/).waitFor();
  c.forgive(/429/);
});

import assert from 'node:assert/strict';
import { Suite, until } from './lib/browser.js';

const suite = new Suite();

// preview asks the server what a job would do, as the dialog does.
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
  await one.tray.getByRole('link', { name: /Killing/ }).click();
  await one.page.getByRole('heading', { name: /Kill now\.? 12 sessions/ }).waitFor();
  await until('some are killed', async () => await one.page.locator('#outcomes tbody tr').count() >= 3);
  await one.tray.getByRole('button', { name: 'Stop' }).click();
  for (const c of [one, two]) await c.tray.waitFor({ state: 'detached' });
  await one.page.locator('.job .chip', { hasText: 'Stopped' }).waitFor();
  const gone = await one.page.locator('#outcomes tbody tr').evaluateAll((rows) => rows.map((r) => r.dataset.id));
  assert.ok(gone.length >= 3 && gone.length < 12, `${gone.length} were killed`);
  for (const client of clients) {
    if (gone.includes(client.id)) assert.equal((await client.ended)?.code, 1927);
    else assert.deepEqual(await client.query('select 1'), [['1']]);
  }
  const [download] = await Promise.all([one.page.waitForEvent('download'), one.page.getByRole('link', { name: 'CSV' }).click()]);
  assert.equal(download.suggestedFilename(), `job-${id}.csv`);
  await one.page.getByRole('link', { name: 'Open' }).count();
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
  assert.equal(await one.page.evaluate(() => document.activeElement.id), 'bulk-keep');
  await one.page.click('#bulk-pace-0');
  await one.page.click('#bulk-do');
  await one.dialog.waitFor({ state: 'detached' });
  for (const c of [one, two]) await c.page.getByText('No kill is pending.').waitFor();
  for (const client of clients) assert.deepEqual(await client.query('select 1'), [['1']]);
});

import assert from 'node:assert/strict';
import { Suite, timed, until } from './lib/browser.js';

const suite = new Suite();

suite.test('a kill with a countdown shows in every window and can be cancelled in any', async () => {
  const [one, two] = [await suite.window(), await suite.window({ path: '/services' })];
  const cli = await suite.cli();
  await one.row(cli.id).waitFor();
  await one.askKill(cli.id);
  assert.equal(await one.page.evaluate(() => document.activeElement.id), 'kill-keep', 'the safe button has the keyboard');
  await one.kill('30s', { reason: 'Maintenance of the shop' });
  for (const c of [one, two]) {
    await c.tray.getByText('1 kill pending').waitFor();
    await c.tray.getByText(/by admin · “Maintenance of the shop”/).waitFor();
    assert.match(await c.tray.innerText(), /0:[0-3]\d/);
  }
  await one.row(cli.id).locator('.chip', { hasText: /Kill 0:[0-3]\d/ }).waitFor();
  const before = await two.tray.innerText();
  await until('the countdown counts', async () => await two.tray.innerText() !== before);

  await two.tray.getByRole('button', { name: 'Cancel' }).click();
  await Promise.all([one, two].map((c) => c.tray.waitFor({ state: 'detached' })));
  cli.say('select 7654321;');
  await cli.answer(/7654321/);
});

suite.test('a kill after a time of choice ends the client with the reason', async (t) => {
  const [one, two] = [await suite.window(), await suite.window()];
  const client = await suite.client();
  await one.row(client.id).waitFor();
  await one.askKill(client.id);
  await one.kill('custom', { custom: '2s', reason: 'a <b>bold</b> reason' });
  await two.tray.getByText('“a <b>bold</b> reason”').waitFor();
  const err = await timed(t, 'a kill after 2 s', () => client.ended);
  assert.equal(err?.code, 1927);
  assert.match(err.message, /a <b>bold<\/b> reason/);
  await Promise.all([one, two].map((c) => c.row(client.id).waitFor({ state: 'detached' })));
});

suite.test('a kill stops the statement that runs', async (t) => {
  const c = await suite.window();
  const cli = await suite.cli();
  cli.say('select sleep(60);');
  await c.row(cli.id).locator('.chip', { hasText: 'Running' }).waitFor();
  await c.askKill(cli.id);
  await timed(t, 'kill to the error at the client', async () => {
    await c.kill('now', { reason: 'too slow' });
    await cli.answer(/ERROR 1927 .*too slow/);
  });
  await c.row(cli.id).waitFor({ state: 'detached' });
});

suite.test('a nonsense time is refused in the dialog', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.row(client.id).waitFor();
  await c.askKill(client.id);
  await c.page.click('#kill-custom');
  await c.page.fill('#kill-after', 'soon');
  await c.page.click('#kill-do');
  await c.dialog.getByText('That is no time span').waitFor();
  await c.page.keyboard.press('Escape');
  await c.dialog.waitFor({ state: 'detached' });
  assert.deepEqual(await client.query('select 1'), [['1']]);
});

suite.test('rows that change places under the pointer never change who is killed', async () => {
  const c = await suite.window({ path: '/sessions?sort=-queries' });
  const clients = await suite.clients(5);
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  const [first] = await c.ids();
  const { x, y, height } = await c.row(first).boundingBox();
  const rowAt = ([x, y]) => document.elementsFromPoint(x, y).find((e) => e.closest('.row')).closest('.row').dataset.id;
  const point = [x + 20, y + height / 2];
  let most = 8;
  while (clients.length > 1) {
    // Another row comes to where the pointer is going.
    const looked = await c.page.evaluate(rowAt, point);
    const other = clients.find((client) => client.id !== looked);
    for (const end = most; most < 2 * end; most++) await other.query('select 1');
    await until(`${other.id} is on top`, async () => (await c.ids())[0] === other.id);
    // The click means the row that is there now, in the same instant.
    const clicked = await c.page.evaluate(([x, y]) => {
      const row = document.elementsFromPoint(x, y).find((e) => e.closest('.row')).closest('.row');
      row.querySelector('[data-do=menu]').click();
      return row.dataset.id;
    }, point);
    assert.equal(clicked, other.id);
    // While the menu and the dialog are open the rest moves on.
    const rival = clients.find((client) => client.id !== clicked);
    for (const end = most; most < 2 * end; most++) await rival.query('select 1');
    await c.item(clicked, 'kill').click();
    await c.page.getByRole('heading', { name: `Kill session ${clicked}?` }).waitFor();
    assert.match(await c.dialog.innerText(), new RegExp(`\\b${clicked}\\b`));
    const victim = clients.splice(clients.findIndex((client) => client.id === clicked), 1)[0];
    await c.kill('now');
    assert.equal((await victim.ended)?.code, 1927);
    for (const client of clients) assert.deepEqual(await client.query('select 2'), [['2']]);
    await c.row(clicked).waitFor({ state: 'detached' });
  }
});

suite.test('the keyboard cursor stays on its session when the rows move', async () => {
  const c = await suite.window({ path: '/sessions?sort=-queries' });
  const clients = await suite.clients(3);
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  await c.page.keyboard.press('j');
  const chosen = await c.page.locator('.row.sel').getAttribute('data-id');
  const other = clients.find((client) => client.id !== chosen);
  for (let i = 0; i < 20; i++) await other.query('select 1');
  await until('the rows have moved', async () => (await c.ids())[0] === other.id);
  await c.page.keyboard.press('Shift+K');
  await c.page.getByRole('heading', { name: `Kill session ${chosen}?` }).waitFor();
  await c.kill('now');
  assert.equal((await clients.find((client) => client.id === chosen).ended)?.code, 1927);
  assert.deepEqual(await other.query('select 3'), [['3']]);
});

suite.test('a session that ended while the dialog was open is not replaced by another', async () => {
  const c = await suite.window();
  const [victim, other] = await suite.clients(2);
  await c.row(victim.id).waitFor();
  await c.askKill(victim.id);
  victim.close();
  await c.dialog.getByText('This session has ended in the meantime.').waitFor();
  assert.ok(await c.page.locator('#kill-do').isDisabled());
  await c.page.keyboard.press('Escape');
  await c.dialog.waitFor({ state: 'detached' });
  await c.row(victim.id).waitFor({ state: 'detached' });
  assert.deepEqual(await other.query('select 3'), [['3']]);
});

suite.test('kill now from the tray of another window', async () => {
  const [one, two] = [await suite.window(), await suite.window()];
  const client = await suite.client();
  await one.row(client.id).waitFor();
  await one.askKill(client.id);
  await one.kill('5m');
  await two.tray.getByRole('button', { name: 'Kill now' }).click();
  await two.page.getByRole('heading', { name: `Kill session ${client.id}?` }).waitFor();
  await two.page.getByText('This cannot be taken back.').waitFor();
  await two.page.click('#kill-do');
  const err = await client.ended;
  assert.equal(err?.code, 1927);
  await Promise.all([one, two].map((c) => c.row(client.id).waitFor({ state: 'detached' })));
  await Promise.all([one, two].map((c) => c.tray.waitFor({ state: 'detached' })));
});

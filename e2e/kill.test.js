import assert from 'node:assert/strict';
import { Suite, timed, until } from './lib/browser.js';

const suite = new Suite();

suite.test('a kill with a countdown shows in every window and can be cancelled in any', async () => {
  const [one, two] = [await suite.window(), await suite.window({ path: '/services' })];
  const cli = await suite.cli();
  await one.row(cli.id).waitFor();
  await one.askKill(cli.id);
  await one.keyboardOn('kill-keep');
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
  await c.dialog.getByText('That is no time:').waitFor();
  await c.keyboardOn('kill-after');
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
  await two.page.getByText('You can undo it for 5 s.').waitFor();
  await two.page.getByText('yours takes its place').waitFor();
  await two.page.click('#kill-do', { modifiers: ['Shift'] });
  const err = await client.ended;
  assert.equal(err?.code, 1927);
  await Promise.all([one, two].map((c) => c.row(client.id).waitFor({ state: 'detached' })));
  await Promise.all([one, two].map((c) => c.tray.waitFor({ state: 'detached' })));
});

suite.test('a kill at once can be undone for five seconds, here with Shift+U', async (t) => {
  const [one, two] = [await suite.window(), await suite.window({ path: '/services' })];
  const client = await suite.client();
  await one.row(client.id).waitFor();
  await one.askKill(client.id);
  await one.kill('now', { grace: true });
  await one.tray.getByText('Killing…').waitFor();
  await two.tray.getByText('1 kill pending').waitFor();
  await one.tray.getByRole('button', { name: 'Undo' }).click();
  await Promise.all([one, two].map((c) => c.tray.waitFor({ state: 'detached' })));

  await one.askKill(client.id);
  await one.kill('now', { grace: true });
  await one.tray.getByText('Killing…').waitFor();
  await one.page.keyboard.press('Shift+U');
  await one.tray.waitFor({ state: 'detached' });
  assert.deepEqual(await client.query('select 1'), [['1']]);

  await one.askKill(client.id);
  const err = await timed(t, 'a kill at once with its grace', async () => {
    await one.kill('now', { grace: true });
    return client.ended;
  });
  assert.equal(err?.code, 1927);
});

suite.test('the keyboard stays in the dialog, Enter is safe and goes back to where it came from', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.page.goto(`/sessions/${client.id}`);
  const button = c.page.getByRole('button', { name: 'Kill session' });
  await button.focus();
  await c.page.keyboard.press('Enter');
  await c.dialog.waitFor();
  const active = () => c.page.evaluate(() => document.activeElement.id);
  await c.keyboardOn('kill-keep');
  const seen = new Set();
  for (let i = 0; i < 12; i++) {
    seen.add(await active());
    assert.ok(await c.page.evaluate(() => document.querySelector('#kill-dialog').contains(document.activeElement)), [...seen].join());
    await c.page.keyboard.press(i < 6 ? 'Tab' : 'Shift+Tab');
  }
  for (const id of ['kill-keep', 'kill-do', 'kill-30s', 'kill-reason', 'kill-tell']) assert.ok(seen.has(id), `${id} of ${[...seen]}`);
  await c.page.focus('#kill-reason');
  await c.page.keyboard.press('Enter');
  await c.page.focus('#kill-30s');
  await c.page.keyboard.press('ArrowRight');
  await c.page.getByRole('button', { name: 'Kill in 5 min' }).waitFor();
  assert.equal(await active(), 'kill-5m');
  await c.page.focus('#kill-keep');
  await c.page.keyboard.press('Enter');
  await c.dialog.waitFor({ state: 'detached' });
  await until('the button has the keyboard', () => button.evaluate((e) => e === document.activeElement));
  assert.deepEqual(await client.query('select 1'), [['1']]);
  assert.equal(await c.tray.count(), 0);
});

suite.test('the dialog names what is lost, and times of day become countdowns', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.row(client.id).waitFor();
  await c.askKill(client.id);
  await c.page.getByText('Nothing is running.').waitFor();
  await client.query('begin');
  await client.query('insert into signalbox_demo.notes values (1)').catch(() => {});
  await c.page.getByText(/Open transaction \(.*\) will be rolled back/).waitFor();
  await c.page.click('#kill-custom');
  const at = new Date(Date.now() + 2 * 3600_000);
  const clock = `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
  await c.page.fill('#kill-after', clock);
  await c.page.getByText(new RegExp(`at ${clock}:00( tomorrow)?, in (1h 59m|2h 00m)`)).waitFor();
  await c.page.click(`text=Kill at ${clock}`);
  await c.dialog.waitFor({ state: 'detached' });
  await c.tray.getByText(/1:59:\d\d|2:00:00/).waitFor();
  await c.page.getByRole('button', { name: 'Cancel' }).first().click();
  await c.tray.waitFor({ state: 'detached' });
});

suite.test('a reason that was given is offered again', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.row(client.id).waitFor();
  await c.askKill(client.id);
  await c.kill('5m', { reason: 'stuck lock, OPS-4411' });
  await c.tray.getByRole('button', { name: 'Cancel' }).click();
  await c.tray.waitFor({ state: 'detached' });
  await c.askKill(client.id);
  assert.equal(await c.page.locator('#kill-reasons option').first().getAttribute('value'), 'stuck lock, OPS-4411');
  assert.match(await c.page.locator('#kill-client').innerText(), /gets “Connection was killed”/);
});

suite.test('who may only look sees what waits and can do nothing about it', async () => {
  const [one, two] = [await suite.window(), await suite.window({ user: 'viewer', path: '/pending' })];
  const client = await suite.client();
  await one.row(client.id).waitFor();
  await one.askKill(client.id);
  await one.kill('5m', { reason: 'to be seen' });
  await two.page.locator('#pending-kills').getByText('to be seen').waitFor();
  await two.tray.getByText('1 kill pending').waitFor();
  assert.equal(await two.page.locator('main button').count(), 0);
  assert.equal(await two.tray.getByRole('button').count(), 0);
  await one.page.goto('/pending');
  await one.page.locator(`#pending-kills tr[data-id="${client.id}"]`).getByRole('button', { name: 'Cancel' }).click();
  await two.page.getByText('No kill is pending.').waitFor();
});

suite.test('a button that has become another session\'s does nothing to it', async () => {
  const c = await suite.window({ path: '/pending' });
  const { page } = c;
  const clients = await suite.clients(3);
  const kill = async (client, seconds) => assert.equal((await c.context.request.delete(`/v1/sessions/${client.id}?ttl=${seconds}`)).status(), 204);
  const [first, second, third] = clients;
  await kill(second, 500);
  await kill(third, 600);
  await kill(first, 400);
  const rows = page.locator('#pending-kills tbody tr');
  const shown = () => rows.evaluateAll((all) => all.map((e) => e.dataset.id));
  await until('three kills wait', async () => (await shown()).join() === clients.map((one) => one.id).join());

  // The pointer rests on a button, and what it was for goes away.
  const cancel = rows.first().getByRole('button', { name: 'Cancel' });
  const { x, y, width, height } = await cancel.boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  assert.equal((await c.context.request.delete(`/v1/sessions/${first.id}`)).status(), 204);
  await until('the next one is there', async () => (await shown())[0] === second.id);
  await page.mouse.down();
  await page.mouse.up();
  await page.getByText(`press again if you mean ${second.id}`).waitFor();
  assert.deepEqual(await shown(), [second.id, third.id]);

  // The keyboard is there, and the same happens.
  await cancel.focus();
  assert.equal((await c.context.request.delete(`/v1/sessions/${second.id}`)).status(), 204);
  await until('the last one is there', async () => (await shown())[0] === third.id);
  await page.keyboard.press('Enter');
  await page.getByText(`press again if you mean ${third.id}`).waitFor();
  assert.deepEqual(await shown(), [third.id]);
  await page.keyboard.press('Enter');
  await page.getByText('No kill is pending.').waitFor();
  assert.deepEqual(await third.query('select 1'), [['1']]);
});

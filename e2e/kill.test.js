import assert from 'node:assert/strict';
import { Suite, until } from './lib/browser.js';

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

suite.test('a kill after a time of choice ends the client with the reason', async () => {
  const [one, two] = [await suite.window(), await suite.window()];
  const cli = await suite.cli();
  await one.row(cli.id).waitFor();
  await one.askKill(cli.id);
  await one.page.click('#kill-custom');
  await one.page.locator('input#kill-custom, #kill-after').first().waitFor();
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

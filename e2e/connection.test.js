import assert from 'node:assert/strict';
import { Suite } from './lib/browser.js';

const suite = new Suite();

suite.test('a feed that falls silent is shown as stale, and nobody can act on it', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.row(client.id).waitFor();
  await c.askKill(client.id);
  suite.proxy.signal('SIGSTOP');
  try {
    await c.page.locator('.fresh.stale').waitFor({ timeout: 40000 });
    assert.ok(await c.page.locator('.app').evaluate((e) => e.classList.contains('is-stale')));
    assert.ok(await c.page.locator('#kill-do').isDisabled());
    await c.page.getByText('Can\'t act on stale data — reconnect first.').waitFor();
    await c.page.keyboard.press('Escape');
    assert.ok(await c.row(client.id).isVisible(), 'what was last known stays on the screen');
    await c.row(client.id).getByText('≥').first().waitFor(); // it is not known what has become of it
    assert.equal(await c.page.locator('#said').textContent(), 'Connection lost. What is shown is old.');
    const stands = await c.row(client.id).textContent();
    await c.page.waitForTimeout(2000);
    assert.equal(await c.row(client.id).textContent(), stands, 'clocks that cannot be known stand still');
  } finally {
    suite.proxy.signal('SIGCONT');
  }
  await c.page.locator('.fresh', { hasText: 'Live' }).waitFor({ timeout: 30000 });
  assert.deepEqual(await client.query('select 7'), [['7']]);
  c.forgive(/WebSocket|ERR_/);
});

suite.test('the console finds a server that was restarted', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.row(client.id).waitFor();
  await suite.proxy.restart();
  const later = await suite.client();
  await c.page.waitForSelector(`.row[data-id="${later.id}"], #user`, { timeout: 60000 });
  if (await c.page.locator('#user').count() > 0) { // its tokens were of the program before
    await c.page.fill('#user', 'admin');
    await c.page.fill('#password', 'admin-demo');
    await c.page.keyboard.press('Enter');
    await c.row(later.id).waitFor();
  }
  await c.page.locator('.fresh', { hasText: 'Live' }).waitFor();
  c.forgive(/WebSocket|ERR_|401/);
});

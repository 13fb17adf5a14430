// Live queries: what runs is shown, and the one that is meant is cancelled.
import assert from 'node:assert/strict';
import { Suite } from './lib/browser.js';

const suite = new Suite({ clients: 4 });

suite.test('a statement is cancelled and its session lives on', async () => {
  const [one, other] = await suite.clients(2);
  one.begin('select sleep(31)');
  const second = other.begin('select sleep(32)');
  const c = await suite.window({ path: '/queries?q=stmt%3Asleep' });
  const row = (id) => c.page.locator(`.queries tr[data-id="${id}"]`).first();
  await row(one.id).waitFor();
  await row(other.id).getByRole('button', { name: `Cancel the statement of session ${other.id}` }).click();
  const ask = c.page.locator('.ask');
  assert.match(await ask.textContent(), new RegExp(`Cancel the statement of session ${other.id}\\?.*select sleep\\(32\\)`));
  await c.keyboardOn('Let it run');
  await c.page.keyboard.press('Escape');
  await ask.waitFor({ state: 'detached' });
  await row(other.id).locator('[data-do=cancel]').click();
  await ask.getByRole('button', { name: 'Cancel statement' }).click();
  await c.page.locator('.toast', { hasText: `The statement of session ${other.id} was cancelled.` }).waitFor();
  await assert.rejects(second, { code: 1317 });
  await row(other.id).waitFor({ state: 'detached' });
  assert.ok(await row(one.id).isVisible());
  assert.deepEqual(await other.query('select 1'), [['1']]);
});

suite.test('who looks at old news cancels nothing', async () => {
  const client = await suite.client();
  const c = await suite.window({ path: '/queries?q=stmt%3Asleep' });
  client.begin('select sleep(4)').catch(() => {});
  const row = c.page.locator(`.queries tr[data-id="${client.id}"]`).first();
  await row.locator('[data-do=cancel]').click();
  await c.page.locator('.ask', { hasText: 'It has ended in the meantime.' }).waitFor();
  assert.ok(await c.page.locator('.ask').getByRole('button', { name: 'Cancel statement' }).isDisabled());
  await c.page.locator('.ask').getByRole('button', { name: 'Let it run' }).click();
  await row.waitFor({ state: 'detached' });
});

suite.test('the grouping is in the address and the back button leads out of it', async () => {
  const c = await suite.window({ path: '/queries' });
  await c.page.getByRole('radio', { name: 'By fingerprint' }).click();
  await c.page.waitForURL('**/queries?group=fingerprint');
  await c.page.goBack();
  await c.page.locator('.t.of-queries').waitFor();
  assert.equal(await c.page.getByRole('radio', { name: 'Each statement' }).getAttribute('aria-checked'), 'true');
});

suite.test('viewers see the statements and no buttons', async () => {
  const client = await suite.client();
  client.begin('select sleep(5)').catch(() => {});
  const c = await suite.window({ user: 'viewer', path: '/queries?q=stmt%3Asleep' });
  await c.page.locator(`.queries tr[data-id="${client.id}"]`).waitFor();
  assert.equal(await c.page.locator('[data-do=cancel]').count(), 0);
});

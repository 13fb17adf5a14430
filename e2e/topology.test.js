// The topology: links, the way of one session, and tables that say the same.
import assert from 'node:assert/strict';
import { Suite } from './lib/browser.js';

const suite = new Suite({ clients: 6 });

suite.test('boxes lead to what they stand for, by the mouse and by the keyboard', async () => {
  const c = await suite.window({ path: '/topology' });
  const { page } = c;
  const service = page.locator('[data-node="service:RW-Split-Router"]');
  await service.hover();
  await page.locator('.topo.some').waitFor();
  assert.match(await service.getAttribute('class'), /lit/);
  assert.doesNotMatch(await page.locator('[data-node="listener:Read-Connection-Listener"]').getAttribute('class'), /lit/);
  await service.click();
  await page.waitForURL('**/services/RW-Split-Router');
  await page.goBack();
  await page.locator('[data-node="server:server1"]').focus();
  await page.locator('.topo.some').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/servers/server1');
});

suite.test('the keyboard stays on its box when others come and go', async () => {
  const c = await suite.window({ path: '/topology' });
  const { page } = c;
  await page.locator('[data-node^="client:"]').first().waitFor();
  const box = () => page.evaluate(() => document.activeElement.dataset.node);
  await page.locator('[data-node="server:server1"]').focus();
  const client = await suite.client({ user: 'demo' });
  await page.locator('[data-node="client:demo"]').waitFor();
  assert.equal(await box(), 'server:server1');
  await page.locator('[data-node="server:server2"]').focus();
  await client.close();
  await page.locator('[data-node="client:demo"]').waitFor({ state: 'detached' });
  assert.equal(await box(), 'server:server2');
  const another = await suite.client({ user: 'demo' });
  await page.locator('[data-node="client:demo"]').focus();
  await another.close();
  await page.locator('h1:focus', { hasText: 'Topology' }).waitFor(); // its box is not another one now
  await page.locator('[data-node="server:server2"]').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/servers/server2');
});

suite.test('one session has a way of its own, which ends with it', async () => {
  const client = await suite.client();
  await client.query('select 1');
  const c = await suite.window({ path: `/topology?focus=session:${client.id}` });
  const { page } = c;
  await page.locator(`[data-node="client:${client.id}"]`).waitFor();
  assert.equal(await page.locator('[data-node^="service:"]').count(), 1);
  assert.match(await page.locator('[data-node="service:RW-Split-Router"] .inside').first().textContent(), /^1 Hint$/);
  await page.getByRole('link', { name: 'Table' }).click();
  await page.waitForURL('**view=table**');
  assert.match(page.url(), /focus=session/);
  await page.locator('tr', { hasText: 'RW-Split-Listener' }).first().waitFor();
  client.close();
  await page.locator('.empty', { hasText: 'has ended' }).waitFor();
  await page.getByRole('link', { name: 'Show all' }).last().click();
  await page.locator('tr', { hasText: 'Read-Connection-Router' }).first().waitFor();
  await page.goBack();
  await page.locator('.empty').waitFor();
});

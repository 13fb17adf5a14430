// The overview: what needs a person comes up by itself, with one thing to do.
import assert from 'node:assert/strict';
import { Suite } from './lib/browser.js';

const suite = new Suite({ clients: 8 });

suite.test('a kill that is pending stands on the overview and can be cancelled there', async () => {
  const victim = await suite.client();
  const c = await suite.window({ path: '/overview' });
  const line = c.page.locator(`.concern[data-id="${victim.id}"]`);
  const answer = await c.context.request.delete(`/v1/sessions/${victim.id}?ttl=60&reason=stuck`, { headers: { 'Sec-Fetch-Site': 'same-origin' } });
  assert.ok(answer.ok(), await answer.text());
  await line.waitFor();
  assert.match(await line.textContent(), /will be killed by admin, “stuck”/);
  assert.match(await line.locator('.age').textContent(), /in (1:00|0:5\d)/);
  await line.getByRole('button', { name: `Cancel ${victim.id}` }).click();
  await line.waitFor({ state: 'detached' });
  assert.ok(victim.alive);
});

suite.test('who may not act is led to the session', async () => {
  const victim = await suite.client();
  const admin = await suite.window();
  await admin.context.request.delete(`/v1/sessions/${victim.id}?ttl=60`);
  const c = await suite.window({ user: 'viewer', path: '/overview' });
  await c.page.getByRole('link', { name: `Open ${victim.id}` }).click();
  await c.page.waitForURL(`**/sessions/${victim.id}`);
  await c.page.goBack();
  await c.page.locator('.overview').waitFor();
});

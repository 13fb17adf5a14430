// The audit log: what is in it, found by its filter, checked and exported.
import assert from 'node:assert/strict';
import { Suite } from './lib/browser.js';

const suite = new Suite({ clients: 0 });

suite.test('changes are found by the filter, and the chain is checked', async () => {
  const victim = await suite.client();
  const c = await suite.window();
  const { page } = c;
  await c.row(victim.id).waitFor();
  // A job, as the bulk dialog will make it, and an attempt that is refused.
  const post = (path, body) => page.evaluate(async ([path, body]) => {
    const r = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    return { status: r.status, text: await r.text() };
  }, [path, body]);
  const preview = await post('/v1/jobs', { action: 'kill', ids: [String(victim.id)], dry_run: true });
  assert.equal(preview.status, 200);
  assert.equal((await post('/v1/jobs', { action: 'kill', ids: ['0'] })).status, 400);
  const job = await post('/v1/jobs', { action: 'kill', ids: [String(victim.id)], reason: 'stuck <b>lock</b>' });
  assert.equal(job.status, 202);
  const { id } = JSON.parse(job.text).data;
  await assert.rejects(victim.query('select 1'));

  await page.goto('/audit');
  await page.locator('tr[data-id]').first().waitFor();
  await page.locator('tr[data-id]', { hasText: 'job.end' }).waitFor();
  assert.ok(await page.getByText('stuck <b>lock</b>').first().isVisible(), 'a reason is a text');

  await page.locator('#audit-q').fill('action:job.* result:refused');
  await page.locator('#audit-q').press('Enter');
  await page.waitForURL(/q=action/);
  await page.locator('tr[data-id]', { hasText: 'not the id of a session' }).waitFor();
  await assert.doesNotReject(page.waitForFunction(() => document.querySelectorAll('tr[data-id]').length === 1));
  await page.reload();
  await page.locator('tr[data-id]').waitFor();
  assert.equal(await page.locator('#audit-q').inputValue(), 'action:job.* result:refused');

  await page.locator('#audit-q').fill('colour:red');
  await page.locator('#audit-q').press('Enter');
  await page.getByText('the keys are actor').waitFor();

  await page.locator('#audit-q').fill(`target:jobs/${id}`);
  await page.locator('#audit-q').press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('tr[data-id]').length === 2);
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.locator('.check', { hasText: 'as they were written' }).waitFor();

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export' }).click()]);
  assert.match(download.suggestedFilename(), /^audit-\d{8}T\d{6}Z\.ndjson$/);
  c.forgive(/400/); // the two that were refused
});

// The log: it follows its end, stands still while one reads, and finds.
import assert from 'node:assert/strict';
import { Suite, until } from './lib/browser.js';

const suite = new Suite({ clients: 0 });

// noise has sessions log lines of every level into the program's log, and returns
// the id of one of them.
async function noise(c, statements) {
  const client = await suite.client();
  const answer = await c.context.request.patch(`/v1/sessions/${client.id}`, {
    data: { data: { attributes: { parameters: { log_info: true, log_debug: true } } } },
  });
  assert.equal(answer.status(), 204, await answer.text());
  for (let i = 0; i < statements; i++) await client.query(`select ${i} as needle${i % 10} /* <img src=x onerror=alert(1)> */`);
  return client;
}

suite.test('the log follows, stands still and finds', async () => {
  const c = await suite.window({ path: '/log' });
  const { page } = c;
  const client = await noise(c, 150);
  await page.locator('.entry', { hasText: 'needle9' }).first().waitFor();
  const end = () => page.locator('#log-lines').evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  assert.ok(await end() < 24, 'the end is in sight');
  assert.match(await page.locator('.entry .at').last().textContent(), /\d\d:\d\d:\d\d\.\d{3}$/);

  await until('one has left the end', async () => { // new lines may just come, and be followed
    await page.locator('#log-lines').evaluate((e) => { e.scrollTop = 200; });
    return page.locator('.away').isVisible();
  });
  const first = () => page.locator('#log-lines').evaluate((e) => document.elementFromPoint(e.getBoundingClientRect().x + 400, e.getBoundingClientRect().y + 30).closest('.entry').id);
  const at = await first();
  await client.query('select 1 as fresh');
  await page.locator('.away', { hasText: 'new — Follow' }).waitFor();
  assert.equal(await first(), at, 'nothing has moved');
  await page.keyboard.press('Shift+G');
  await page.locator('.away').waitFor({ state: 'detached' });
  await page.locator('.entry', { hasText: 'fresh' }).first().waitFor();

  await page.keyboard.press('/');
  await page.keyboard.type('NEEDLE7');
  await page.locator('.found [role=status]', { hasText: 'lines' }).waitFor();
  await page.keyboard.press('Enter');
  const place = page.locator('.found [role=status]', { hasText: ' of ' });
  const [, last, all] = (await place.textContent()).match(/(\d+) of (\d+)/);
  assert.equal(last, all);
  assert.equal((await page.locator('.entry.found mark').first().textContent()).toLowerCase(), 'needle7');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+N');
  await page.locator('.found [role=status]', { hasText: `${all - 1} of ${all}` }).waitFor();
  assert.ok(await page.locator('.entry.found').isVisible());
  assert.match(page.url(), /q=NEEDLE7/);
  assert.equal(await page.locator('.journal img').count(), 0);
});

suite.test('levels and sessions are in the address', async () => {
  const c = await suite.window({ path: '/log' });
  const { page } = c;
  const one = await noise(c, 3);
  const other = await noise(c, 3);
  await page.locator(`.entry [data-session="${other.id}"]`).first().click();
  await page.waitForFunction((id) => [...document.querySelectorAll('.entry .of')].every((e) => e.textContent === id), other.id);
  assert.match(page.url(), new RegExp(`session=${other.id}`));
  assert.equal(await page.locator('#log-session').inputValue(), other.id);
  await page.goto(`/log?session=${one.id}&level=info&wrap=1`);
  await page.locator('.wraps .entry').first().waitFor();
  assert.equal(await page.locator('.entry .level.debug').count(), 0);
  await page.keyboard.press('w');
  await page.locator('.entries:not(.wraps)').waitFor();
  assert.doesNotMatch(page.url(), /wrap/);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  assert.match((await download).suggestedFilename(), /^signalbox-log-\d{8}T\d{6}Z\.txt$/);
  await page.goto('/log?session=999999');
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.locator('.entry').first().waitFor();
});

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

suite.test('what is found is asked for in the language of filters, and mistakes are shown where they are', async () => {
  const c = await suite.window({ path: '/log' });
  const { page } = c;
  const client = await noise(c, 20);
  const other = await noise(c, 20);
  await page.locator('.entry', { hasText: 'needle9' }).first().waitFor();
  await page.fill('#log-find', `session:${client.id} level:!debug needle3`);
  await page.getByRole('switch', { name: 'Only these' }).click();
  await page.waitForFunction((id) => {
    const lines = [...document.querySelectorAll('.entry:not(.gap)')];
    return lines.length > 0 && lines.every((e) => e.querySelector('.of').textContent === id && /needle3/.test(e.textContent) && !e.querySelector('.level.debug'));
  }, client.id);
  assert.equal((await page.locator('.entry mark').first().textContent()).toLowerCase(), 'needle3');
  const shown = await page.locator('.entry:not(.gap)').count();
  await page.fill('#log-find', `session:${client.id} level:loud`);
  const problem = page.locator('#log-problem');
  await problem.getByText('There is no such level; there are alert, error, warning, notice, info, debug.').waitFor();
  assert.equal((await problem.locator('u').textContent()).trim(), 'loud');
  assert.equal(await page.locator('#log-find').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.locator('.entry:not(.gap)').count(), shown, 'what was found before stays');
  await page.fill('#log-find', 'user:app');
  await problem.getByText('There is no key user').waitFor();
  await page.fill('#log-find', `/needle[45]/ session:${other.id} | "no such text"`);
  await problem.waitFor({ state: 'hidden' });
  await page.waitForFunction(() => [...document.querySelectorAll('.entry:not(.gap) .what')].every((e) => /needle[45]/.test(e.textContent)));
  await page.goto(`/sessions/${client.id}/log`);
  await page.locator('.slog-tail .line').first().waitFor();
  await page.fill('#log-find', 'level:info needle7');
  await page.waitForFunction(() => {
    const lines = [...document.querySelectorAll('.slog-tail .line')];
    return lines.length > 0 && lines.every((e) => /needle7/.test(e.textContent));
  });
  await page.locator('.slog-tail mark', { hasText: 'needle7' }).first().waitFor();
  await page.locator('#log-tail').focus();
  await page.keyboard.press('n');
  await page.locator('#log-chosen').waitFor();
  await page.fill('#log-find', 'level:loud');
  await page.locator('#log-problem u', { hasText: 'loud' }).waitFor();
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

// The main job without a mouse: nothing here clicks or focuses anything but by
// keys, and after each step the keyboard is somewhere that one can see.
import assert from 'node:assert/strict';
import { Suite, until } from './lib/browser.js';

const suite = new Suite();

// here says what has the keyboard, and fails when that is nothing or cannot be
// seen.
async function here(page, step) {
  const at = await page.evaluate(() => {
    const e = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(e);
    const { width, height, top, bottom } = e.getBoundingClientRect();
    // what stands for it may be the box around it, or what is painted over that
    const around = [getComputedStyle(e), getComputedStyle(e.parentElement ?? e)];
    const over = getComputedStyle(e.parentElement ?? e, '::before');
    return {
      name: e.id || e.textContent.slice(0, 30) || e.tagName, lost: e === document.body || !e.isConnected,
      heading: e.tagName === 'H1' || e.id === 'main', out: width === 0 || height === 0 || bottom < 0 || top > innerHeight,
      marked: over.content !== 'none' && over.borderTopStyle === 'solid' ||
        around.some((s) => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'),
      outline: `${outlineStyle} ${outlineWidth} ${boxShadow}`,
    };
  });
  assert.ok(!at.lost, `${step}: the keyboard is lost`);
  assert.ok(at.heading || !at.out, `${step}: ${at.name} has the keyboard and is not on the screen`);
  assert.ok(at.heading || at.marked, `${step}: nothing shows that ${at.name} has the keyboard: ${at.outline}`);
  return at.name;
}

const has = (page, selector) => page.evaluate((s) => document.activeElement?.matches(s), selector);

// tab goes on by Tab, or by another key, until what the selector says has the
// keyboard. Every stop on the way must be seen.
async function tab(page, selector, key = 'Tab') {
  const stops = [];
  for (let i = 0; i < 60; i++) {
    if (await has(page, selector)) {
      await here(page, selector);
      return;
    }
    await page.keyboard.press(key);
    stops.push(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent.slice(0, 20)));
  }
  assert.fail(`${key} does not lead to ${selector}: ${stops.join(', ')}`);
}

suite.test('the main job is done without a mouse', async () => {
  const [client, ...others] = await suite.clients(4);
  const crowd = await suite.clients(3, { port: suite.proxy.readOnly });
  const c = await suite.window({ user: '', path: '/sessions' });
  const { page } = c, { keyboard } = page;

  await until('the login has the keyboard', () => has(page, '#user'));
  await here(page, 'the login');
  await keyboard.type('admin');
  await tab(page, '#password');
  await keyboard.type('admin-demo');
  await keyboard.press('Enter');
  await page.locator('.fresh', { hasText: 'Live' }).waitFor();
  await c.row(client.id).waitFor();

  // Filter.
  await keyboard.press('/');
  await until('the filter box has the keyboard', () => has(page, '#filter'));
  await here(page, 'the filter');
  await keyboard.type(`id:${client.id}`);
  await keyboard.press('Enter');
  await c.row(others[0].id).waitFor({ state: 'detached' });
  await here(page, 'the filter was given');

  // Open the session.
  await tab(page, '#rows');
  await keyboard.press('j');
  await page.locator(`.row.sel[data-id="${client.id}"]`).waitFor();
  await here(page, 'the cursor');
  await keyboard.press('Enter');
  await page.waitForURL(`**/sessions/${client.id}`);
  await until('the page has the keyboard', () => has(page, 'main, main *'));

  // Its filters in another order.
  await tab(page, 'main a[href$="/chain"]');
  await keyboard.press('Enter');
  await page.locator('#chain-now').waitFor();
  const order = () => page.locator('#chain-new li').evaluateAll((rows) => rows.map((row) => row.dataset.name));
  const before = await order();
  await tab(page, `#chain-new li[data-name="${before[0]}"]`);
  await keyboard.press(' ');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  const want = [before[1], before[0], ...before.slice(2)];
  await until('the order is another', async () => String(await order()) === String(want));
  await here(page, 'a filter was moved');
  await tab(page, '#chain-apply');
  await keyboard.press('Enter');
  await until('the chain runs', async () => String(await page.locator('#chain-now tbody tr td:nth-child(2)').allInnerTexts()) === String(want));
  assert.deepEqual(await client.query('select 1'), [['1']]);
  await here(page, 'the chain was applied');

  // A log level.
  await tab(page, 'main a[href$="/log"]', 'Shift+Tab');
  await keyboard.press('Enter');
  await tab(page, '[data-level=log_info]');
  await keyboard.press(' ');
  await page.locator('[data-level=log_info][aria-checked=true]').waitFor();
  await here(page, 'the level is on');

  // Kill it in a while, and think better of it.
  for (const key of ['g', 's']) await keyboard.press(key);
  await page.waitForURL('**/sessions*');
  await c.row(client.id).waitFor();
  await tab(page, '#rows');
  await until('the cursor finds it', async () => {
    if (await page.locator(`.row.sel[data-id="${client.id}"]`).count() > 0) return true;
    await keyboard.press('j');
    return false;
  });
  await keyboard.press('Shift+K');
  await c.dialog.waitFor();
  await until('the dialog has the keyboard', () => has(page, '#kill-keep'));
  await here(page, 'the kill dialog');
  await tab(page, '#kill-dialog [role=radio], #kill-dialog [type=radio]', 'Shift+Tab');
  for (let i = 0; i < 8 && !await has(page, '#kill-5m'); i++) {
    const at = await here(page, 'a time of the kill');
    await keyboard.press('ArrowRight');
    await until('the next time has the keyboard', async () => await here(page, 'a time of the kill') !== at);
  }
  await page.getByRole('button', { name: 'Kill in 5 min' }).waitFor();
  await tab(page, '#kill-do');
  await keyboard.press('Enter');
  await c.dialog.waitFor({ state: 'detached' });
  await c.tray.waitFor();
  await here(page, 'the kill is pending');
  await tab(page, '.tray button');
  await until('it is the button to cancel', async () => {
    if (await page.evaluate(() => /Cancel/.test(document.activeElement.textContent))) return true;
    await keyboard.press('Tab');
    return false;
  });
  await keyboard.press('Enter');
  await c.tray.waitFor({ state: 'detached' });
  assert.deepEqual(await client.query('select 2'), [['2']]);

  // Kill several, their number typed.
  for (const key of ['g', 's']) await keyboard.press(key);
  await keyboard.press('/');
  await until('the filter box has the keyboard', () => has(page, '#filter'));
  await keyboard.type('service:Read-Connection-Router');
  await keyboard.press('Enter');
  await c.row(client.id).waitFor({ state: 'detached' });
  await tab(page, '#rows');
  await until('the rows are counted', async () => (await page.locator('.sum').innerText()).startsWith(`${crowd.length} of `));
  await keyboard.press('*');
  await page.getByText(`all ${crowd.length} matching`, { exact: true }).waitFor();
  await tab(page, '.bulk [data-do=kill]', 'Shift+Tab');
  await keyboard.press('Enter');
  await c.dialog.waitFor();
  await until('the dialog has the keyboard', () => has(page, '#bulk-keep'));
  await here(page, 'the bulk dialog');
  await tab(page, '#bulk-do, #bulk-count', 'Shift+Tab');
  if (await has(page, '#bulk-count')) await keyboard.type(String(crowd.length));
  await tab(page, '#bulk-do');
  await keyboard.press('Enter');
  await c.dialog.waitFor({ state: 'detached' });
  await c.tray.waitFor();
  await here(page, 'the sessions are being killed');
  c.forgive(/401/);
});

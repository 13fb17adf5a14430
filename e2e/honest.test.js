// What the console shows when things go wrong, and when text is hostile.
import assert from 'node:assert/strict';
import { passwords, Suite, until } from './lib/browser.js';

const suite = new Suite();

suite.test('a feed that is slow says so, is no reason to stop, and is live again', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.row(client.id).waitFor();
  suite.proxy.signal('SIGSTOP');
  try {
    await c.page.locator('.fresh.slow').waitFor({ timeout: 9000 });
    assert.equal(await c.page.locator('.is-stale').count(), 0, 'slow is not stale');
    assert.ok(await c.page.getByRole('button', { name: 'Kill matching…' }).isEnabled());
  } finally {
    suite.proxy.signal('SIGCONT');
  }
  await c.page.locator('.fresh', { hasText: 'Live' }).waitFor();
  assert.equal(await c.page.locator('.fresh.slow').count(), 0);
  assert.deepEqual(await client.query('select 1'), [['1']]);
  c.forgive(/WebSocket|ERR_/);
});

suite.test('hostile text makes no page wider, no element and no other reading order', async () => {
  const marks = '\u202Etxt.exe\u202C \u0000\u0007\u001b[31m\u2028';
  const client = await suite.client({ attributes: { program_name: `<img src=x onerror="window.hacked=1">${marks}${'W'.repeat(400)}` } });
  await client.query(`select '<svg onload="window.hacked=2">', '${marks.replaceAll('\u0000', '')}', '${'W'.repeat(1 << 20)}'`);
  for (const width of [1280, 640, 320]) {
    const c = await suite.window({ viewport: { width, height: 800 } });
    const hostile = encodeURIComponent(`sql:"<img src=x onerror=window.hacked=3>${marks.replaceAll('\u0000', '')}"`);
    for (const path of ['/sessions', `/sessions?q=${hostile}`, `/sessions/${client.id}`, `/sessions/${client.id}/statements`,
      `/sessions/${client.id}/timeline`, `/sessions/${client.id}/log`, `/queries?q=${hostile}`, `/services/${hostile}`, `/pending/${hostile}`, '/log']) {
      await c.page.goto(path);
      await c.page.locator('.fresh', { hasText: 'Live' }).waitFor();
      await c.page.locator('main :is(h1, h2, .row, .empty, .instead)').first().waitFor({ state: 'attached' });
      await c.page.waitForTimeout(150);
      const { over, hacked, strange } = await c.page.evaluate(() => ({
        over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        hacked: window.hacked, strange: document.querySelectorAll('main img, main script, main [onerror], main [onload]').length,
      }));
      assert.equal(hacked, undefined, path);
      assert.equal(strange, 0, `${path} has foreign elements`);
      assert.ok(over <= 0, `${path} is ${over} px too wide at ${width}`);
    }
    c.forgive(/40[04]/);
  }
});

suite.test('a statement that ends while one is asked about it takes no other with it', async () => {
  const c = await suite.window({ path: '/queries' });
  const [one, two] = await suite.clients(2);
  const first = one.begin('select sleep(3)'), second = two.begin('select sleep(7)');
  await c.page.locator(`[data-id="${two.id}"] [data-do=cancel]`).first().waitFor();
  await c.page.locator(`[data-id="${one.id}"] [data-do=cancel]`).first().click();
  const confirm = c.page.locator('.ask [data-do=confirm]');
  await confirm.waitFor();
  const { x, y, width, height } = await confirm.boundingBox();
  await first;
  await until('nothing is left to be cancelled', async () => await confirm.count() === 0 || await confirm.isDisabled());
  await c.page.mouse.click(x + width / 2, y + height / 2);
  assert.deepEqual(await second, [['0']], 'the other statement came to its end');
  for (const client of [one, two]) assert.deepEqual(await client.query('select 1'), [['1']]);
});

// operator makes a second administrator and returns a window of theirs.
async function operator(one, name, path) {
  passwords[name] ??= 'second-operator';
  const made = await one.context.request.post('/v1/users/inet', {
    data: { data: { id: name, type: 'inet', attributes: { password: passwords[name], account: 'admin' } } },
  });
  assert.ok([204, 409, 400].includes(made.status()), `${made.status()} ${await made.text()}`);
  return suite.window({ user: name, path });
}

suite.test('two operators on one session see what the other has asked for, and whose it is', async () => {
  const client = await suite.client();
  await client.query('begin');
  const one = await suite.window({ path: `/sessions/${client.id}` });
  const two = await operator(one, 'ops2', `/sessions/${client.id}`);
  const waits = (c) => c.page.locator('.waits');
  const ask = async (c, when, reason) => {
    await c.page.getByRole('button', { name: 'Kill session…' }).click();
    await c.dialog.waitFor();
    await c.kill(when, { reason });
  };

  // A kill: both see the same one, and the later takes the place of the earlier.
  await ask(one, '5m', 'from one');
  await waits(two).getByText('by admin · from one').waitFor();
  await two.tray.getByText('by admin · “from one”').waitFor();
  await two.page.getByRole('button', { name: 'Kill session…' }).click();
  await two.dialog.getByText(/by admin at .*; yours takes its place/).waitFor();
  await two.kill('idle', { reason: 'from two' });
  for (const c of [one, two]) await waits(c).getByText('by ops2 · from two').waitFor();
  await client.query('commit');
  assert.equal((await client.ended)?.code, 1927, 'it is idle now');
  for (const c of [one, two]) await c.page.getByText(/This session ended at .*ops2/).waitFor();

  // A swap of filters: who did not ask for it sees it, and takes it back.
  const next = await suite.client();
  await next.query('begin');
  for (const c of [one, two]) {
    await c.page.goto(`/sessions/${next.id}`);
    await c.page.locator('.session-head').waitFor();
  }
  const swap = await two.context.request.patch(`/v1/sessions/${next.id}/relationships/filters`, { data: { data: [] } });
  assert.equal(swap.status(), 204, await swap.text());
  for (const c of [one, two]) await waits(c).getByText('Swap waits for the end of the transaction').waitFor();
  await waits(one).getByRole('button', { name: 'Cancel' }).click();
  for (const c of [one, two]) await waits(c).waitFor({ state: 'hidden' });

  // A conflict: what one does while the other is asked changes the question.
  await one.page.getByRole('button', { name: 'Kill session…' }).click();
  await one.dialog.getByText(/Open transaction/).waitFor();
  await ask(two, 'now', 'two was quicker');
  assert.equal((await next.ended)?.code, 1927);
  await one.dialog.getByText('This session has ended in the meantime. There is nothing left to kill.').waitFor();
  assert.ok(await one.page.locator('#kill-do').isDisabled());
  await one.page.keyboard.press('Escape');
  await one.page.getByText(/This session ended at .*ops2/).waitFor();
});

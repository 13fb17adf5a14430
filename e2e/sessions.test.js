import assert from 'node:assert/strict';
import { Suite, timed, until } from './lib/browser.js';

const suite = new Suite();

suite.test('a session comes and goes without reloading', async (t) => {
  const c = await suite.window();
  let cli;
  await timed(t, 'mariadb started to its row', async () => {
    cli = await suite.cli();
    await c.row(cli.id).waitFor();
  });
  cli.say('select 1234567 from orders limit 1;');
  await timed(t, 'statement to its row', () => c.row(cli.id).locator('.c-sql', { hasText: '1234567' }).waitFor());
  await timed(t, 'quit to no row', async () => {
    await cli.quit();
    await c.row(cli.id).waitFor({ state: 'detached' });
  });
});

suite.test('a running statement and an open transaction show', async () => {
  const c = await suite.window();
  const [busy, open] = await suite.clients(2);
  busy.begin('select sleep(20)');
  await c.row(busy.id).locator('.chip', { hasText: 'Running' }).waitFor();
  await open.query('begin');
  await open.query('update products set stock = stock where id = 1');
  await c.row(open.id).locator('.chip', { hasText: 'In trx' }).waitFor();
  await open.query('rollback');
  await c.row(open.id).locator('.chip', { hasText: 'Idle' }).waitFor();
});

suite.test('the filter narrows, stays in the address and comes back', async () => {
  const c = await suite.window();
  const [shop, idle] = [await suite.client({ user: 'webshop', password: 'webshop-demo' }), await suite.client()];
  await Promise.all([c.row(shop.id).waitFor(), c.row(idle.id).waitFor()]);

  await c.page.click('#filter');
  await c.page.keyboard.type('user:web*');
  await c.row(idle.id).waitFor({ state: 'detached' });
  await c.row(shop.id).waitFor();
  await c.page.keyboard.press('Enter');
  await c.page.locator('.tok', { hasText: 'user:web*' }).waitFor();
  assert.equal(await c.page.inputValue('#filter'), '');
  await c.page.locator('.hrow [data-sort=age]').click();
  await c.page.locator('.hrow [aria-sort=descending] [data-sort=age]').waitFor();
  const address = new URL(c.page.url());
  assert.equal(address.searchParams.get('q'), 'user:web*');
  assert.equal(address.searchParams.get('sort'), '-age');

  await c.row(shop.id).locator('.c-id a').click();
  await c.page.waitForURL(`**/sessions/${shop.id}`);
  await c.page.goBack();
  await c.page.locator('.tok', { hasText: 'user:web*' }).waitFor();
  await c.row(shop.id).waitFor();
  await c.page.locator('.hrow [aria-sort=descending] [data-sort=age]').waitFor();
  assert.deepEqual(await c.ids(), [shop.id]);

  await c.page.reload();
  await c.page.locator('.tok', { hasText: 'user:web*' }).waitFor();
  await c.row(shop.id).waitFor();
  assert.deepEqual(await c.ids(), [shop.id]);

  await c.page.getByLabel('Remove user:web*').click();
  await c.row(idle.id).waitFor();
});

suite.test('a mistake in the filter is shown where it is', async () => {
  const c = await suite.window();
  const client = await suite.client();
  await c.row(client.id).waitFor();
  await c.page.fill('#filter', 'user:demo (age>');
  const problem = c.page.locator('.qerr');
  await problem.waitFor();
  assert.match(await problem.locator('u').innerText(), /^\S?/);
  assert.match(await problem.innerText(), /[a-z]{3,}.*\.$/s, 'a sentence');
  assert.ok(await c.row(client.id).isVisible(), 'the last filter that was right stays');
  await c.page.fill('#filter', 'user:nobody');
  await problem.waitFor({ state: 'detached' });
  await c.page.getByText('No session matches').waitFor();
  await c.page.getByRole('button', { name: 'Clear filter' }).click();
  await c.row(client.id).waitFor();
});

suite.test('the counts of the summary are filters', async () => {
  const c = await suite.window();
  const [busy, idle] = await suite.clients(2);
  busy.begin('select sleep(20)');
  await c.row(idle.id).waitFor();
  await c.page.locator('.sum [data-query="state:running"]').click();
  await c.row(idle.id).waitFor({ state: 'detached' });
  assert.deepEqual(await c.ids(), [busy.id]);
  await c.page.keyboard.press('/');
  await c.page.keyboard.press('Backspace'); // takes the chip apart
  assert.equal(await c.page.inputValue('#filter'), 'state:running');
});

suite.test('headers sort', async () => {
  const c = await suite.window();
  const clients = await suite.clients(5);
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  const byId = clients.map((client) => client.id).sort((a, b) => a - b);
  const order = async (want) => until(`order ${want}`, async () => String(await c.ids()) === String(want));
  await c.page.locator('[data-sort=id]').click();
  await order(byId.toReversed());
  await c.page.locator('[data-sort=id]').click();
  await order(byId);
  assert.equal(new URL(c.page.url()).searchParams.get('sort'), 'id');
});

suite.test('keys move the cursor, hold the rows and open the dialog', async () => {
  const c = await suite.window({ path: '/sessions?sort=id' });
  const clients = await suite.clients(3);
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  const ids = await c.ids();
  await c.page.keyboard.press('j');
  await c.page.keyboard.press('j');
  await c.page.locator(`.row.sel[data-id="${ids[1]}"]`).waitFor();
  await c.page.keyboard.press(' ');
  await c.page.locator('.fresh', { hasText: 'Held' }).waitFor();
  clients.find((client) => client.id === ids[0]).close();
  const late = await suite.client();
  await c.page.locator(`.row.ghost[data-id="${ids[0]}"]`).waitFor();
  await c.page.getByText('1 new · 1 ended while held').waitFor();
  assert.equal(await c.row(late.id).count(), 0);
  await c.page.keyboard.press('Shift+K');
  await c.page.getByRole('heading', { name: `Kill session ${ids[1]}?` }).waitFor();
  assert.equal(await c.page.evaluate(() => document.activeElement.id), 'kill-keep');
  await c.page.keyboard.press('Escape');
  await c.dialog.waitFor({ state: 'detached' });
  await c.page.keyboard.press('Escape');
  await c.page.getByRole('button', { name: 'Release rows' }).click();
  await c.row(late.id).waitFor();
  assert.equal(await c.row(ids[0]).count(), 0);
});

suite.test('of many sessions only a window is in the page', async (t) => {
  const clients = await suite.clients(300);
  const c = await suite.window({ path: '/sessions?sort=id' });
  await c.page.locator('.row').first().waitFor();
  assert.ok(await c.page.locator('.row').count() <= 160, 'rows in the page');
  const last = clients.map((client) => client.id).sort((a, b) => a - b).at(-1);
  await timed(t, 'scrolling to the last of 300', async () => {
    await c.page.locator('#rows').evaluate((rows) => { rows.scrollTop = rows.scrollHeight; });
    await c.row(last).waitFor();
  });
  assert.ok(await c.page.locator('.row').count() <= 160, 'rows in the page at the end');
  const box = await c.row(last).boundingBox();
  assert.ok(box.y + box.height <= 900 && box.y > 0, 'the last row is on the screen');
  assert.ok(await c.row(last).evaluate((row) => {
    const { x, y, height } = row.getBoundingClientRect();
    return row.contains(document.elementFromPoint(x + 20, y + height / 2));
  }), 'the last row is not covered');
});

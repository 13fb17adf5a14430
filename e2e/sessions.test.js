import assert from 'node:assert/strict';
import { results, Suite, timed, until } from './lib/browser.js';

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

suite.test('elements are in the order of the rows, and a row is one session in all its parts', async () => {
  const clients = await suite.clients(12);
  const c = await suite.window({ path: '/sessions?sort=-idle' });
  await c.row(clients[11].id).waitFor();
  // What a row says is of one session at any instant. Elements are put in order
  // right after they are drawn, before anything is painted.
  const look = (when) => until(`${when}: rows in order`, async () => {
    const rows = await c.page.locator('.row').evaluateAll((list) => list.map((row) => ({
      id: row.dataset.id, link: row.querySelector('.c-id a').textContent, name: row.getAttribute('aria-label').match(/\d+/)[0],
      index: Number(row.getAttribute('aria-rowindex')), top: row.getBoundingClientRect().top,
    })));
    for (const row of rows) assert.deepEqual([row.link, row.name], [row.id, row.id], when);
    return rows.every((row, i) => row.index === rows[0].index + i && (i === 0 || row.top > rows[i - 1].top)) && rows.map((row) => row.id);
  });
  for (let i = 0; i < 20; i++) {
    await clients[i * 5 % 12].query('select 1');
    await look(`after ${i + 1} statements`);
  }
  for (const client of clients.slice(0, 3)) await client.close();
  await c.row(clients[0].id).waitFor({ state: 'detached' });
  await look('some have ended');
  const more = await suite.clients(4);
  await c.row(more[3].id).waitFor();
  await look('some have come');
  for (const sort of ['id', 'id', 'age', 'user']) {
    await c.page.click(`[data-sort="${sort}"]`);
    await c.page.waitForTimeout(300);
    await look(`by ${sort}`);
  }
  const last = (await look('at last')).at(-1);
  await c.menu(last).click();
  await c.page.getByRole('menu', { name: `Session ${last}` }).waitFor();
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
  await c.keyboardOn('kill-keep');
  await c.page.keyboard.press('Escape');
  await c.dialog.waitFor({ state: 'detached' });
  await c.page.keyboard.press('Escape');
  await c.page.getByRole('button', { name: 'Release rows' }).click();
  await c.row(late.id).waitFor();
  assert.equal(await c.row(ids[0]).count(), 0);
});

suite.test('what is selected is sessions, wherever their rows go', async () => {
  const c = await suite.window({ path: '/sessions?sort=-queries' });
  const clients = await suite.clients(6);
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  const ids = await c.ids();
  await c.check(ids[1]).click();
  await c.check(ids[3]).click({ modifiers: ['Shift'] });
  const bar = c.page.getByRole('toolbar', { name: 'Selected sessions' });
  await bar.getByText('3 selected').waitFor();
  const chosen = () => c.page.locator('.row[aria-selected=true]').evaluateAll((rows) => rows.map((row) => row.dataset.id).sort());
  assert.deepEqual(await chosen(), ids.slice(1, 4).sort());

  // The order changes behind the selection, and one of it ends.
  const of = (id) => clients.find((client) => client.id === id);
  for (let i = 0; i < 20; i++) await of(ids[5]).query('select 1');
  of(ids[2]).close();
  await bar.getByText('2 selected').waitFor();
  await bar.getByText('1 has ended and is no longer selected').waitFor();
  await c.page.locator(`.row.ghost[data-id="${ids[2]}"] .note`, { hasText: /^ended \d\d:\d\d:\d\d/ }).waitFor();
  assert.deepEqual(await chosen(), [ids[1], ids[3]].sort());
  assert.deepEqual((await c.ids()).filter((id) => ids.includes(id)), ids, 'the rows stay where they are');

  await c.page.keyboard.press('*');
  await bar.getByText(/all 5 matching/).waitFor();
  await c.check(ids[0]).click();
  await bar.getByText(/all 4 matching/).waitFor();
  await c.page.keyboard.press('Escape');
  await bar.waitFor({ state: 'detached' });
  await until('the order is followed again', async () => (await c.ids())[0] === ids[5]);
  assert.equal(await c.row(ids[2]).count(), 0);
});

suite.test('rows are selected by the keyboard alone', async () => {
  const c = await suite.window({ path: '/sessions?sort=id' });
  const clients = await suite.clients(5);
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  const ids = await c.ids();
  await c.page.locator('#rows').focus();
  for (const key of ['Home', 'Shift+ArrowDown', 'Shift+ArrowDown']) await c.page.keyboard.press(key);
  await c.page.getByText('3 selected').waitFor();
  await c.page.keyboard.press('Shift+ArrowUp');
  await c.page.getByText('2 selected').waitFor();
  assert.equal(await c.page.locator('#rows').getAttribute('aria-activedescendant'), `row-${ids[1]}`);
  await c.page.keyboard.press('x');
  await c.page.getByText('1 selected').waitFor();
  await c.page.keyboard.press('.');
  await c.page.locator('.menu:popover-open').waitFor();
  await c.keyboardOn('Open');
  await c.page.keyboard.press('End');
  await c.keyboardOn('Kill session…');
  await c.page.keyboard.press('ArrowDown');
  await c.keyboardOn('Open');
  await c.page.keyboard.press('Escape');
  await c.page.locator('.menu:popover-open').waitFor({ state: 'detached' });
  await c.keyboardOn('rows');
  assert.equal(await c.page.locator('#rows [tabindex="0"], #rows a:not([tabindex])').count(), 0, 'the table is one stop of the Tab key');
});

suite.test('held rows tick, and stand still when told to', async () => {
  const c = await suite.window({ path: '/sessions?sort=id' });
  const [client] = await suite.clients(1);
  await c.row(client.id).waitFor();
  const age = () => c.row(client.id).locator('.c-age').innerText();
  await c.page.keyboard.press(' ');
  await c.page.locator('.fresh', { hasText: 'Held' }).waitFor();
  const before = await age();
  await until('the age of a held row goes on', async () => await age() !== before);
  await c.page.keyboard.press('Shift+Space');
  await c.page.getByText(/Everything stands still since/).waitFor();
  const still = await age();
  await c.page.waitForTimeout(2500);
  assert.equal(await age(), still);
  await c.page.keyboard.press('Shift+Space');
  await c.page.locator('.fresh', { hasText: 'Live' }).waitFor();
  await until('the age goes on', async () => await age() !== still);
});

suite.test('a session that ends is a ghost for a moment', async () => {
  const c = await suite.window();
  const [client] = await suite.clients(1);
  await c.row(client.id).waitFor();
  client.close();
  await c.page.locator(`.row.ghost[data-id="${client.id}"]`).waitFor();
  const shrinks = c.page.evaluate((id) => new Promise((resolve) => {
    const heights = [];
    const look = () => {
      const row = document.querySelector(`.row.ghost[data-id="${id}"]`);
      if (!row) return resolve(heights);
      heights.push(row.offsetHeight);
      requestAnimationFrame(look);
    };
    look();
  }), client.id);
  await c.row(client.id).waitFor({ state: 'detached', timeout: 6000 });
  const heights = await shrinks;
  assert.ok(heights[0] > 24 && heights.at(-1) < heights[0] && heights.every((h, i) => i === 0 || h <= heights[i - 1]), `heights ${heights}`);
});

suite.test('columns are chosen, kept and in the address', async () => {
  const c = await suite.window();
  const [client] = await suite.clients(1);
  await c.row(client.id).waitFor();
  await c.page.getByRole('button', { name: 'Columns' }).click();
  await c.page.getByRole('menuitemcheckbox', { name: /^Memory/ }).click();
  await c.row(client.id).locator('.c-mem').waitFor();
  await c.page.getByRole('menuitemcheckbox', { name: /^Schema/ }).click();
  await c.row(client.id).locator('.c-schema').waitFor({ state: 'detached' });
  await c.page.keyboard.press('Escape');
  const cols = new URL(c.page.url()).searchParams.get('cols').split(',');
  assert.ok(cols.includes('mem') && !cols.includes('schema'), `columns ${cols}`);
  await c.page.goto('/sessions');
  await c.row(client.id).locator('.c-mem').waitFor();
  await c.page.getByRole('button', { name: 'Columns' }).click();
  await c.page.getByRole('menuitem', { name: 'The usual columns' }).click();
  await c.row(client.id).locator('.c-mem').waitFor({ state: 'detached' });
  await c.row(client.id).locator('.c-schema').waitFor();
  await c.page.setViewportSize({ width: 1300, height: 800 });
  await c.row(client.id).locator('.c-io').waitFor({ state: 'detached' });
  await c.page.setViewportSize({ width: 1100, height: 800 });
  await c.row(client.id).locator('.c-backend').waitFor({ state: 'detached' });
  await c.page.setViewportSize({ width: 800, height: 800 });
  await c.page.locator('.cards').waitFor();
  await until('two lines', async () => (await c.row(client.id).boundingBox()).height > 50);
  await c.page.setViewportSize({ width: 320, height: 640 });
  await until('it fits', async () => c.page.evaluate(() => document.documentElement.scrollWidth <= 320 && document.querySelector('#rows').scrollWidth <= 320));
});

suite.test('views are saved, shown, renamed and deleted, and the back button works', async () => {
  const c = await suite.window();
  const [busy, idle] = await suite.clients(2);
  busy.begin('select sleep(30)');
  await c.row(idle.id).waitFor();
  const views = c.page.locator('#open-views');
  const pick = async (role, name) => {
    await views.click();
    await c.page.getByRole(role, { name }).click();
  };
  await pick('menuitemradio', 'Running');
  await c.row(idle.id).waitFor({ state: 'detached' });
  assert.equal(new URL(c.page.url()).search, '?q=state%3Arunning&sort=-in-state');
  assert.equal(await views.innerText(), 'Running');
  await c.page.goBack();
  await c.row(idle.id).waitFor();
  assert.equal(await views.innerText(), 'All sessions');
  await c.page.goForward();
  await c.row(idle.id).waitFor({ state: 'detached' });

  await c.page.click('#filter');
  await c.page.keyboard.type('user:demo');
  await c.page.keyboard.press('Enter');
  await pick('menuitem', 'Save this view as…');
  await c.page.getByRole('button', { name: 'Save' }).click();
  await c.page.getByText('A view needs a name.').waitFor();
  await c.page.fill('#view-name', '<b>busy</b>');
  await c.page.keyboard.press('Enter');
  await until('its name shows', async () => await views.innerText() === '<b>busy</b>');
  await pick('menuitemradio', 'All sessions');
  await c.row(idle.id).waitFor();
  await pick('menuitemradio', '<b>busy</b>');
  await c.row(idle.id).waitFor({ state: 'detached' });
  await pick('menuitem', /^Rename/);
  await c.page.fill('#view-name', 'mine');
  await c.page.keyboard.press('Enter');
  await until('its new name shows', async () => await views.innerText() === 'mine');
  await pick('menuitem', /^Delete/);
  await until('it has no name', async () => await views.innerText() === 'Views');
  await c.page.getByRole('navigation').getByRole('link', { name: /^Sessions/ }).click();
  await c.row(idle.id).waitFor();
  assert.equal(new URL(c.page.url()).search, '', 'the way to the page leads to all of it');
  await c.page.goBack();
  await c.row(idle.id).waitFor({ state: 'detached' });
});

suite.test('the filter box completes, and chips are edited by the keyboard', async () => {
  const c = await suite.window();
  const [client] = await suite.clients(1);
  await c.row(client.id).waitFor();
  await c.page.keyboard.press('/');
  await c.page.keyboard.type('sta');
  await c.page.getByRole('option', { name: /state:/ }).waitFor();
  await c.page.keyboard.press('ArrowDown');
  await c.page.keyboard.press('Enter');
  assert.equal(await c.page.inputValue('#filter'), 'state:');
  await c.page.keyboard.type('id');
  await c.page.keyboard.press('ArrowDown');
  await c.page.keyboard.press('Enter');
  await c.page.locator('.tok', { hasText: 'state:idle' }).waitFor();
  await c.page.keyboard.type('age>0s');
  await c.page.keyboard.press('Enter');
  await c.page.locator('.tok', { hasText: 'age>0s' }).waitFor();
  for (const key of ['ArrowLeft', 'ArrowLeft', 'Delete']) await c.page.keyboard.press(key);
  await c.page.locator('.tok', { hasText: 'state:idle' }).waitFor({ state: 'detached' });
  await c.page.keyboard.press('Alt+/');
  assert.equal(await c.page.inputValue('#filter'), 'age>0s');
  await c.page.keyboard.press('Alt+/');
  await c.page.locator('.tok', { hasText: 'age>0s' }).waitFor();
  await c.page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text', 'user:demo\nserver:!nowhere');
    document.querySelector('#filter').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await c.page.locator('.tok', { hasText: 'server:!nowhere' }).waitFor();
  assert.equal(new URL(c.page.url()).searchParams.get('q'), 'age>0s user:demo server:!nowhere');
  await c.row(client.id).waitFor();
});

suite.test('sessions are exported and copied as they are shown', async () => {
  const c = await suite.window({ path: '/sessions?q=user:demo&sort=-age', permissions: ['clipboard-read', 'clipboard-write'] });
  const clients = await suite.clients(2);
  await Promise.all(clients.map((client) => c.row(client.id).waitFor()));
  const clipboard = () => c.page.evaluate(() => navigator.clipboard.readText());
  await c.page.getByRole('button', { name: 'Export' }).click();
  const link = new URL(await c.page.locator('.menu:popover-open a').first().getAttribute('href'), c.page.url());
  assert.equal(link.pathname, '/v1/sessions');
  assert.equal(link.searchParams.get('q'), 'user:demo');
  assert.equal(link.searchParams.get('sort'), '-age');
  assert.match(link.searchParams.get('columns'), /^id,state,user,/);
  await c.page.getByRole('menuitem', { name: 'Copy as curl' }).click();
  await until('curl', async () => /^curl -u admin 'http:.*\/v1\/sessions\?q=user%3Ademo&sort=-age'$/.test(await clipboard()));
  await c.menu(clients[0].id).click();
  await c.item(clients[0].id, 'copy-maxctrl').click();
  await until('maxctrl', async () => new RegExp(`^maxctrl --hosts \\S+:\\d+ -u admin -p '' show session ${clients[0].id}$`).test(await clipboard()));
  for (const client of clients) await c.check(client.id).click();
  await c.page.locator('.sum').getByRole('button', { name: 'Export' }).click();
  const some = new URL(await c.page.locator('.menu:popover-open a').first().getAttribute('href'), c.page.url());
  assert.deepEqual(some.searchParams.get('q').slice(3).split(',').sort(), clients.map((client) => client.id).sort());
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
  await c.page.locator('#rows').focus();
  const first = clients.map((client) => client.id).sort((a, b) => a - b)[0];
  await c.page.keyboard.press('Home');
  await c.row(first).waitFor();
  await c.page.locator(`.row.sel[data-id="${first}"]`).waitFor();
  await timed(t, 'the cursor goes to the last of 300', async () => {
    await c.page.keyboard.press('End');
    await c.page.locator(`.row.sel[data-id="${last}"]`).waitFor();
  });
  assert.ok(await c.page.locator('.row').count() <= 160, 'rows in the page at the end');
  const box = await c.row(last).boundingBox();
  assert.ok(box.y + box.height <= 900 && box.y > 0, 'the last row is on the screen');
  assert.ok(await c.row(last).evaluate((row) => {
    const { x, y, height } = row.getBoundingClientRect();
    return row.contains(document.elementFromPoint(x + 20, y + height / 2));
  }), 'the last row is not covered');
});

suite.test('the row under the cursor is in the address, for a link and for the way back', async () => {
  const clients = await suite.clients(6);
  const c = await suite.window({ path: '/sessions?sort=id' });
  const { page } = c;
  const { id } = clients[3];
  await c.row(id).locator('.c-user').click();
  await until('the cursor is there', async () => await page.locator('.row.sel').getAttribute('data-id') === id);
  assert.equal(new URL(page.url()).searchParams.get('sel'), id);
  await page.keyboard.press('ArrowDown');
  await page.waitForURL(`**sel=${clients[4].id}*`);
  await c.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('y');
  await page.getByText(`Copied a link to this table and session ${clients[4].id}.`).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, `${suite.proxy.url}/sessions?sel=${clients[4].id}&sort=id`);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/sessions/${clients[4].id}`);
  await page.goBack();
  await page.locator(`.row.sel[data-id="${clients[4].id}"]`).waitFor();
  const other = await suite.window({ path: link.slice(suite.proxy.url.length) });
  await other.page.locator(`.row.sel[data-id="${clients[4].id}"]`).waitFor();
  await other.page.goto('/sessions?sel=999999');
  await other.page.getByText('Session 999999 is not where it was').waitFor();
});

suite.test('a row far down is found again', async () => {
  const clients = await suite.clients(160, { port: suite.proxy.readOnly });
  const c = await suite.window({ path: '/sessions?sort=id&q=service:Read-Connection-Router', viewport: { width: 1280, height: 720 } });
  const { page } = c;
  await c.row(clients[0].id).waitFor();
  await page.focus('#rows');
  await page.keyboard.press('End');
  await page.locator(`.row.sel[data-id="${clients[159].id}"]`).waitFor();
  for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
  await page.waitForURL(`**sel=${clients[150].id}*`);
  assert.equal(new URL(page.url()).searchParams.get('row'), '151');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/sessions/${clients[150].id}`);
  await page.goBack();
  await page.locator(`.row.sel[data-id="${clients[150].id}"]`).waitFor();
  const seen = await page.locator('.row.sel').evaluate((e) => {
    const { top, bottom } = e.getBoundingClientRect(), box = document.querySelector('#rows').getBoundingClientRect();
    return top >= box.top + 32 && bottom <= box.bottom;
  });
  assert.ok(seen, 'the row is on the screen');
});

suite.test('a session is shown beside the table, follows the cursor, and leaves by Escape', async () => {
  const clients = await suite.clients(3);
  for (const client of clients) await client.query(`select ${client.id} as mine`);
  const c = await suite.window({ path: '/sessions?sort=id', viewport: { width: 1440, height: 900 } });
  const { page } = c;
  const pane = page.locator('#pane');
  await c.row(clients[0].id).locator('.c-user').click();
  await page.keyboard.press('o');
  await pane.getByText(`select ${clients[0].id} as mine`).waitFor();
  await page.waitForURL('**split=1*');
  await page.keyboard.press('j');
  await pane.getByText(`select ${clients[1].id} as mine`).waitFor();
  for (const [width, colorScheme] of [[1280, 'light'], [1920, 'dark']]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await pane.waitFor();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${over} px too wide at ${width}`);
    await page.waitForTimeout(600);
    await page.screenshot({ path: `${results}pages/sessions-split-${width}-${colorScheme}.png` });
  }
  await page.keyboard.press('Shift+K');
  await page.getByRole('heading', { name: `Kill session ${clients[1].id}?` }).waitFor();
  await page.keyboard.press('Escape');
  await c.dialog.waitFor({ state: 'detached' });
  await page.click('#pane-kill');
  await c.kill('now', { reason: 'seen beside' });
  await pane.getByText(/This session ended at .* killed by admin|This session ended/).waitFor();
  await page.focus('#rows');
  await page.keyboard.press('Escape');
  await pane.waitFor({ state: 'detached' });
  assert.doesNotMatch(page.url(), /split/);
  const other = await suite.window({ path: `/sessions?sel=${clients[2].id}&split=1`, viewport: { width: 1440, height: 900 } });
  await other.page.locator('#pane').getByText(`select ${clients[2].id} as mine`).waitFor();
  await page.setViewportSize({ width: 1100, height: 800 });
  await c.row(clients[2].id).locator('.c-user').click();
  await page.waitForTimeout(300);
  await page.keyboard.press('o');
  await page.waitForURL(`**/sessions/${clients[2].id}`);
});

suite.test('a cell that changes fades, but not while rows are held', async () => {
  const client = await suite.client();
  const c = await suite.window();
  await c.row(client.id).waitFor();
  await c.page.waitForTimeout(1100); // as new as it is, it has changed just now
  const fades = c.row(client.id).locator('.changed');
  await client.query('select 11');
  await fades.waitFor({ state: 'attached' });
  assert.equal(await fades.first().evaluate((e) => getComputedStyle(e).animationDuration), '0.6s');
  await fades.waitFor({ state: 'detached' });
  await c.page.keyboard.press('Space');
  await client.query('select 12');
  await c.row(client.id).getByText('select 12').waitFor();
  assert.equal(await fades.count(), 0);
});

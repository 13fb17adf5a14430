import assert from 'node:assert/strict';
import { Suite, timed, until } from './lib/browser.js';

const suite = new Suite();

// The demo's RW-Split-Router runs these.
const DEFAULT = ['Hint', 'Regex', 'QLA'];

// Chain is the chain tab of one window.
class Chain {
  constructor(c) {
    this.page = c.page;
  }

  static async open(client, options) {
    const c = await suite.window({ path: `/sessions/${client.id}/chain`, ...options });
    await c.page.locator('#chain-now').waitFor();
    return new Chain(c);
  }

  order() {
    return this.page.locator('#chain-new li').evaluateAll((rows) => rows.map((row) => row.dataset.name));
  }

  // orders waits until the new order is drawn so.
  orders(want, why = `the new order is ${want}`) {
    return until(why, async () => String(await this.order()) === String(want));
  }

  running() {
    return this.page.locator('#chain-now tbody tr td:nth-child(2)').allInnerTexts();
  }

  item(name) {
    return this.page.locator(`#chain-new li[data-name="${name}"]`);
  }

  button(name, what) {
    return this.item(name).locator(`[data-do=${what}]`);
  }

  async apply() {
    await this.page.click('#chain-apply');
  }

  becomes(want) {
    return until(`the running chain is ${want}`, async () => String(await this.running()) === String(want));
  }

  get pending() {
    return this.page.locator('#chain-pending');
  }
}

async function chainOf(client) {
  const auth = { Authorization: `Basic ${Buffer.from('viewer:viewer-demo').toString('base64')}` };
  const answer = await fetch(`${suite.proxy.url}/v1/sessions/${client.id}`, { headers: auth });
  const { data } = await answer.json();
  return data.relationships.filters?.data.map((f) => f.id) ?? [];
}

suite.test('dragging a filter changes the order, in every window', async (t) => {
  const client = await suite.client();
  const [one, two] = [await Chain.open(client), await Chain.open(client)];
  assert.deepEqual(await one.running(), DEFAULT);
  await one.item('QLA').dragTo(one.item('Hint'), { targetPosition: { x: 60, y: 4 } });
  const want = ['QLA', 'Hint', 'Regex'];
  await one.orders(want);
  assert.deepEqual(await one.running(), DEFAULT, 'nothing happens before Apply');
  await one.apply();
  await timed(t, 'a swap to the other window', () => two.becomes(want));
  await one.becomes(want);
  await one.page.locator('#chain-effect', { hasText: 'In effect since' }).waitFor();
  assert.deepEqual(await chainOf(client), want);
  await two.orders(want, 'an editor that nobody has touched follows');
  assert.deepEqual(await client.query('select 1'), [['1']]);

  await one.page.click('#chain-revert');
  await two.becomes(DEFAULT);
});

suite.test('the keyboard alone changes the order', async () => {
  const client = await suite.client();
  const chain = await Chain.open(client);
  const { keyboard } = chain.page;
  await chain.item('Hint').focus();
  await keyboard.press(' ');
  await chain.page.getByText('Hint lifted, position 1 of 3').waitFor();
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await chain.page.getByText('Hint moved, position 3 of 3').waitFor();
  await keyboard.press('Escape');
  await chain.page.getByText('Hint returned, position 1 of 3').waitFor();
  await chain.orders(DEFAULT);
  await keyboard.press(' ');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  const want = ['Regex', 'Hint', 'QLA'];
  await chain.orders(want);
  await chain.page.locator('#chain-apply').focus();
  await keyboard.press('Enter');
  await chain.becomes(want);
});

suite.test('buttons move, remove and add filters', async () => {
  const client = await suite.client();
  const chain = await Chain.open(client);
  await chain.button('QLA', 'up').click();
  await chain.orders(['Hint', 'QLA', 'Regex']);
  await chain.button('Regex', 'top').click();
  await chain.orders(['Regex', 'Hint', 'QLA']);
  assert.ok(await chain.button('Regex', 'up').isDisabled());
  await chain.button('Regex', 'bottom').click();
  await chain.orders(['Hint', 'QLA', 'Regex']);
  await chain.button('Hint', 'remove').click();
  await chain.orders(['QLA', 'Regex']);
  const others = await chain.page.locator('#chain-add option').evaluateAll((options) => options.map((o) => o.value));
  const extra = others.find((name) => !DEFAULT.includes(name)) ?? 'Hint';
  await chain.page.selectOption('#chain-add', extra);
  await chain.page.click('#chain-add-do');
  const want = ['QLA', 'Regex', extra];
  await chain.orders(want);
  await chain.apply();
  await chain.becomes(want);
  for (const [i, name] of want.entries()) {
    await chain.button(name, 'remove').click();
    await chain.orders(want.slice(i + 1));
  }
  await chain.apply();
  await chain.page.locator('.chain-now + .body', { hasText: 'No filters.' }).waitFor();
  assert.deepEqual(await chainOf(client), []);
  assert.deepEqual(await client.query('select 1'), [['1']]);
});

suite.test('a swap waits for the end of the transaction', async () => {
  const client = await suite.client();
  await client.query('begin');
  await client.query('update products set stock = stock where id = 1');
  const [one, two] = [await Chain.open(client), await Chain.open(client)];
  await one.button('Regex', 'top').click();
  await one.apply();
  const want = ['Regex', 'Hint', 'QLA'];
  for (const chain of [one, two]) {
    await chain.pending.getByText('Swap waits for the end of the transaction').waitFor();
    await chain.pending.getByText('Next: Regex → Hint → QLA').waitFor();
    assert.deepEqual(await chain.running(), DEFAULT);
  }
  await client.query('select 2');
  assert.deepEqual(await one.running(), DEFAULT, 'statements of the transaction keep their chain');
  await client.query('commit');
  await Promise.all([one, two].map((chain) => chain.becomes(want)));
  await Promise.all([one, two].map((chain) => chain.pending.waitFor({ state: 'detached' })));
});

suite.test('a swap that waits can be cancelled in another window', async () => {
  const client = await suite.client();
  await client.query('begin');
  const [one, two] = [await Chain.open(client), await Chain.open(client)];
  await one.button('Regex', 'top').click();
  await one.apply();
  await two.pending.waitFor();
  await two.page.click('#chain-cancel');
  await Promise.all([one, two].map((chain) => chain.pending.waitFor({ state: 'detached' })));
  await client.query('commit');
  assert.deepEqual(await client.query('select 3'), [['3']]);
  assert.deepEqual(await chainOf(client), DEFAULT);
});

suite.test('two editors of one chain see each other', async () => {
  const client = await suite.client();
  const [one, two] = [await Chain.open(client), await Chain.open(client)];
  await one.button('Regex', 'top').click();
  await two.button('QLA', 'top').click();
  await one.apply();
  await two.page.getByText('Someone else has changed the chain.').waitFor();
  await two.orders(['QLA', 'Hint', 'Regex'], 'what is being edited stays');
  await two.page.click('#chain-load');
  await two.orders(['Regex', 'Hint', 'QLA']);
});

suite.test('who may only read gets no controls', async () => {
  const client = await suite.client();
  const chain = await Chain.open(client, { user: 'viewer' });
  assert.deepEqual(await chain.running(), DEFAULT);
  for (const selector of ['#chain-apply', '#chain-add', '#chain-new [data-do]', '#chain-new [draggable=true]']) {
    assert.equal(await chain.page.locator(selector).count(), 0, selector);
  }
  await chain.page.getByText('Not editable: only administrators change a chain').waitFor();
});

suite.test('a filter goes to a position that is typed', async () => {
  const client = await suite.client();
  const chain = await Chain.open(client);
  await chain.button('Hint', 'more').click();
  await chain.page.fill('#chain-place', '3');
  await chain.page.keyboard.press('Enter');
  await chain.orders(['Regex', 'QLA', 'Hint']);
  await chain.page.locator('#chain-diff', { hasText: 'Moves Hint to the end. Removes nothing.' }).waitFor();
  await chain.page.getByText('Regex before Hint: hints are read from what Regex has made of a statement.').waitFor();
  await chain.page.click('#chain-discard');
  await chain.orders(DEFAULT);
});

suite.test('a finger drags a filter by its grip', async () => {
  const client = await suite.client();
  const chain = await Chain.open(client, { hasTouch: true });
  const cdp = await chain.page.context().newCDPSession(chain.page);
  const middle = async (name) => {
    const box = await chain.item(name).locator('.grip').boundingBox();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const [from, to] = [await middle('QLA'), await middle('Hint')];
  const touch = (type, points) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points });
  await touch('touchStart', [from]);
  await touch('touchMove', [{ x: from.x, y: from.y - 20 }]);
  await touch('touchMove', [{ x: to.x, y: to.y - 8 }]);
  await touch('touchEnd', []);
  await chain.orders(['QLA', 'Hint', 'Regex']);
});

suite.test('the default of a service is edited, and sessions on an older chain are counted', async () => {
  const client = await suite.client();
  const c = await suite.window({ path: '/services/RW-Split-Router' });
  const { page } = c;
  const order = () => page.locator('#service-chain-new li').evaluateAll((rows) => rows.map((row) => row.dataset.name));
  await page.locator('#service-chain-new li').first().waitFor();
  await page.locator('#service-chain-new li[data-name="QLA"] [data-do=top]').click();
  await page.click('#service-chain-apply');
  await page.getByText('✓ New sessions run this').waitFor();
  const fresh = await suite.client();
  assert.deepEqual(await chainOf(fresh), ['QLA', 'Hint', 'Regex']);
  assert.deepEqual(await chainOf(client), DEFAULT, 'a session that is there keeps its chain');
  await page.getByText(/\d+ sessions? on an older chain/).first().waitFor();
  const other = await Chain.open(client);
  await other.page.locator('#chain-old').getByText('The default of RW-Split-Router has changed since').waitFor();
  await page.click('#service-revert');
  await until('the default is back', async () => String(await order()) === String(DEFAULT));
});

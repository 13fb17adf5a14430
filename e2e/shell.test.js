// The frame of the console: navigation, keys, palette, help, settings, and how
// it fits on small screens.
import assert from 'node:assert/strict';
import { Suite, until } from './lib/browser.js';

const suite = new Suite();

const heading = (page) => page.locator('main h1').first();
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);

// press presses keys all at once: before anything can be drawn.
const press = (page, keys) => page.evaluate((list) => {
  for (const key of list) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}, keys);

async function openPalette(page) {
  await page.keyboard.press('Control+k');
  await until('the palette has the keyboard', async () => await focused(page) === 'palette-input');
}

suite.test('keys lead to pages, the title follows, and the heading gets the keyboard', async () => {
  const { page } = await suite.window();
  for (const [keys, title, path] of [
    ['gv', 'Services', '/services'], ['ge', 'Servers', '/servers'], ['gm', 'Monitors', '/monitors'], ['gf', 'Filters', '/filters'], ['gi', 'Listeners', '/listeners'],
    ['ga', 'Audit', '/audit'], ['g,', 'Settings: profile', '/settings/profile'], ['gs', 'Sessions', '/sessions'],
  ]) {
    for (const key of keys) await page.keyboard.press(key);
    await page.waitForURL(`**${path}`);
    await until(`the title is ${title}`, async () => await page.title() === `${title} · Signalbox`);
    assert.equal(await page.locator('#said').textContent(), title);
    if (await heading(page).count() > 0) await until(`the heading of ${title} has the keyboard`, async () => await focused(page) === 'H1');
  }
  await page.goBack();
  await page.waitForURL('**/settings/profile');
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  await page.goForward();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
});

suite.test('keys that are pressed while a page is on its way are meant for that page', async () => {
  const { page } = await suite.window({ path: '/overview' });
  await press(page, [...'gs/']);
  await until('the filter box has the keyboard', async () => await focused(page) === 'filter');
  await page.keyboard.press('Escape');
  await press(page, [...'gvgegs?']);
  await page.getByRole('dialog').getByText('Select all that match').waitFor(); // the keys of the sessions page
  assert.match(page.url(), /\/sessions(\?|$)/);
});

suite.test('keys that are pressed while a dialog goes away are meant for the page below', async () => {
  const { page } = await suite.window({ path: '/sessions' });
  await suite.client();
  await page.locator('.row').first().waitFor();
  await page.locator('.rows').focus();
  await page.keyboard.press('j');
  await page.keyboard.press('Shift+K');
  await page.locator('#kill-dialog').waitFor();
  await press(page, ['Escape', '?']);
  await page.locator('.dlg.help').waitFor();
  await press(page, ['Escape', 'g', 'q']);
  await page.waitForURL('**/queries');
  await openPalette(page);
  await press(page, ['Escape', '/']); // where it was typed into what goes away
  await until('the filter box has the keyboard', async () => await focused(page) === 'filter');
});

suite.test('the palette finds pages, objects, sessions and actions by the keyboard alone', async () => {
  const { page } = await suite.window();
  const client = await suite.client();
  const options = page.locator('#palette-list [role=option]');
  const selected = page.locator('#palette-list [aria-selected=true]');
  await openPalette(page);
  assert.ok(await page.locator('main').evaluate((e) => e.closest('[inert]') !== null), 'what lies below cannot be reached');
  await page.keyboard.type('serv');
  await until('something is found', async () => await options.count() > 1);
  const first = await selected.textContent();
  await page.keyboard.press('ArrowDown');
  await until('the next is selected', async () => await selected.textContent() !== first);
  const id = await page.locator('#palette-input').getAttribute('aria-activedescendant');
  assert.equal(await selected.getAttribute('id'), id);
  await page.keyboard.press('Escape'); // empties it
  assert.equal(await page.inputValue('#palette-input'), '');
  await page.keyboard.press('Escape');
  await page.locator('.palette').waitFor({ state: 'detached' });

  await openPalette(page);
  await page.keyboard.type(client.id.toString());
  await page.getByRole('option', { name: `Session ${client.id}` }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/sessions/${client.id}`);
  await until('the title names the session', async () => await page.title() === `Session ${client.id} · Signalbox`);

  await openPalette(page);
  await page.keyboard.type('theme: dark');
  await page.keyboard.press('Enter');
  await page.locator('html[data-theme=dark]').waitFor();

  await openPalette(page);
  await page.keyboard.type('RW-Split-Router');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/services/RW-Split-Router');
  await page.getByRole('heading', { name: 'RW-Split-Router' }).waitFor(); // the address is there before the page
  await until('the page has the keyboard', async () => await focused(page) === 'H1');
  await page.keyboard.press('Escape');
  await page.waitForURL('**/services');
});

suite.test('the help shows the keys of the page, keeps the keyboard and gives it back', async () => {
  const { page } = await suite.window();
  await page.focus('#find');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.getByText('Next row').waitFor();
  await help.getByRole('heading', { name: 'Go to' }).waitFor();
  await until('the keys have the keyboard', async () => await focused(page) === 'help-keys');
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('[aria-modal]') !== null), 'the keyboard stays inside');
  }
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await until('the keyboard is back', async () => await focused(page) === 'find');
});

suite.test('the menu of the user goes by arrows and escape', async () => {
  const { page } = await suite.window({ path: '/services' });
  await page.focus('#account');
  await page.keyboard.press('ArrowDown');
  await until('the first item has the keyboard', async () => await focused(page) === 'user-settings');
  await page.keyboard.press('End');
  await until('the last item has the keyboard', async () => await focused(page) === 'user-out');
  await page.keyboard.press('Escape');
  await until('the button has the keyboard', async () => await focused(page) === 'account');
  assert.equal(await page.locator('[role=menu]').count(), 0);
  await page.click('#account');
  await page.getByRole('menuitemradio', { name: 'Times: UTC' }).click();
  await page.locator('.top .tag', { hasText: 'UTC' }).waitFor();
});

suite.test('settings are in effect at once and after a reload', async () => {
  const { page } = await suite.window({ path: '/settings' });
  await page.getByRole('radio', { name: 'Compact' }).click();
  await page.locator('html[data-density=compact]').waitFor();
  await page.keyboard.press('ArrowLeft'); // round the end
  await page.locator('html[data-density=comfortable]').waitFor();
  await until('the next choice has the keyboard', async () => await focused(page) === 'density-comfortable');
  await page.getByRole('radio', { name: 'Dark' }).click();
  await page.getByRole('switch').click();
  await page.getByRole('switch', { checked: false }).waitFor();
  const at = await page.locator('html').getAttribute('data-theme');
  await page.locator('h1').click();
  await page.keyboard.press('t');
  await page.keyboard.press('?');
  assert.equal(await page.locator('html').getAttribute('data-theme'), at, 'keys of one letter are off');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await page.reload();
  await page.locator('html[data-density=comfortable][data-theme=dark]').waitFor();
  await page.getByRole('switch', { checked: false }).waitFor();
  await page.keyboard.press('Control+k');
  await page.locator('.palette').waitFor();
});

suite.test('keys become others: conflicts are told, and help shows what is in force', async () => {
  const { page } = await suite.window({ path: '/settings/shortcuts' });
  const change = (what) => page.getByRole('button', { name: `Change: ${what}`, exact: true });
  const row = (what) => page.locator('.keys.edit dl > div', { hasText: what });
  await change('Services').waitFor();
  if (await page.getByRole('switch', { checked: false }).count() > 0) await page.getByRole('switch').click();
  await page.getByRole('switch', { checked: true }).waitFor();
  await change('Services').click();
  await page.getByText('Press the key that follows g').waitFor();
  await page.keyboard.press('e');
  await page.getByText('g e is the key for “Servers”.').waitFor();
  await page.keyboard.press('1');
  await row('Services').locator('kbd', { hasText: '1' }).waitFor();
  await until('the keyboard is back where it was', () => page.evaluate(() => document.activeElement.getAttribute('aria-label') === 'Change: Services'));
  await change('Light or dark').click();
  await page.keyboard.press('r');
  await page.getByText('r is the key for “Ask for everything again”.').waitFor();
  await page.getByRole('button', { name: 'Swap the two' }).click();
  const theme = () => page.locator('html').getAttribute('data-theme');
  const before = await theme();
  await page.keyboard.press('t');
  assert.equal(await theme(), before, 'the old key does something else');
  await page.keyboard.press('r');
  await until('the new key does it', async () => await theme() !== before);
  await change('Keys of this page').click();
  await page.keyboard.press('h');
  await page.getByRole('button', { name: 'Swap the two' }).click();
  await page.reload();
  await change('Services').waitFor();
  await page.keyboard.press('h');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.waitFor();
  const text = (await help.locator('dl > div', { hasText: 'Services' }).innerText()).replaceAll(/\s+/g, ' ').trim();
  assert.equal(text, 'g1 Services');
  await page.keyboard.press('h');
  await help.waitFor({ state: 'detached' });
  for (const key of ['g', '1']) await page.keyboard.press(key);
  await page.waitForURL('**/services');
  await page.goto('/settings/shortcuts');
  await page.getByRole('button', { name: 'Reset all' }).click();
  await page.locator('.keys.edit button:visible', { hasText: 'Reset' }).waitFor({ state: 'detached' });
  for (const key of ['g', 'v']) await page.keyboard.press(key);
  await page.waitForURL('**/services');
});

suite.test('a link to the page is skipped to, and nothing is too wide on a small screen', async () => {
  const client = await suite.client();
  for (const [width, height] of [[320, 640], [640, 480], [899, 700]]) {
    const c = await suite.window({ viewport: { width, height } });
    const { page } = c;
    for (const path of ['/sessions', '/services', '/settings', '/settings/shortcuts', '/settings/thresholds', `/sessions/${client.id}`]) {
      await page.goto(path);
      await page.locator('.fresh', { hasText: 'Live' }).waitFor();
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${path} is ${over} px too wide at ${width}`);
      const top = await page.locator('.top').evaluate((e) => e.scrollWidth - e.clientWidth);
      assert.ok(top <= 0, `the top bar is ${top} px too wide at ${width}`);
    }
    await page.click('#pages');
    await page.getByRole('link', { name: 'Servers' }).click();
    await page.waitForURL('**/servers');
    assert.ok(await page.locator('#rail').isHidden(), 'the navigation is out of the way again');
    await page.keyboard.press('Control+k');
    await page.locator('.palette').waitFor();
    const box = await page.locator('.palette').boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width, 'the palette fits');
  }
});

suite.test('the page can be skipped to', async () => {
  const { page } = await suite.window({ path: '/services' });
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page');
  await page.keyboard.press('Enter');
  await until('the heading has the keyboard', async () => await focused(page) === 'H1');
});

suite.test('what a browser calls a key when it fills in a form does no harm', async () => {
  const { page } = await suite.window({ path: '/services' });
  await page.evaluate(() => document.body.dispatchEvent(new Event('keydown', { bubbles: true })));
  await openPalette(page);
});

suite.test('a newer console is offered, and loaded only when somebody asks for it', async () => {
  const { page, context } = await suite.window({ path: '/services' });
  const newer = page.getByText('A new version is installed.');
  assert.equal(await newer.count(), 0);
  await context.route('**/app.js*', async (route) => { // as if the console here were of a build before
    const { 'if-none-match': _, ...headers } = route.request().headers();
    const text = await (await route.fetch({ headers })).text();
    const body = text.replace(/"GOAPP_VERSION":"[^"]*"/, '"GOAPP_VERSION":"older"');
    await route.fulfill({ contentType: 'text/javascript', headers: { 'cache-control': 'no-store' }, body });
  });
  await page.reload();
  await newer.waitFor();
  await context.unroute('**/app.js*');
  await page.waitForTimeout(1500);
  await page.getByRole('button', { name: 'Reload' }).click();
  await newer.waitFor({ state: 'detached' });
  await page.locator('.fresh', { hasText: 'Live' }).waitFor();
  assert.equal(await newer.count(), 0);
});

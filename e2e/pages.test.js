// Pictures of every page, to be looked at, and what every page must have.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { results, Suite } from './lib/browser.js';
import { halves, locked, Stage, wide } from './lib/scenes.js';

const suite = new Suite({ clients: 16 });
const committed = process.env.UPDATE_SCREENSHOTS && fileURLToPath(new URL('../assets/screenshots/', import.meta.url));

const sizes = [[1280, 800], [1440, 900], [1920, 1080]];

// The README shows these, at 1440.
const shown = { 'sessions-light': 'sessions', 'session-chain-pending-light': 'chain', 'kill-dark': 'kill' };

// sized gives the window a size.
async function sized(page, [width, height], name) {
  await page.setViewportSize({ width, height });
  assert.deepEqual(await wide(page), [], `${name} at ${width}`);
}

// picture shows a page in both themes.
async function picture(page, [width], name) {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((theme) => { document.documentElement.dataset.theme = theme; }, theme);
    await page.screenshot({ path: `${results}pages/${name}-${width}-${theme}.png` });
    const keep = shown[`${name}-${theme}`];
    if (committed && keep && width === 1440) await page.screenshot({ path: `${committed}${keep}.png` });
  }
}

async function pictures(page, name) {
  for (const size of sizes) {
    await sized(page, size, name);
    await picture(page, size, name);
  }
}

for (const [part, list] of halves) {
  suite.test(`every page at every width in both themes, ${part} half`, async () => {
    const c = await suite.window({ path: '/overview', before: locked });
    const s = await Stage.set(suite, c);
    for (const [name, open, leave, anchored] of list) {
      for (const size of anchored ? sizes : [null]) {
        if (size) await sized(s.page, size, name);
        await open(s);
        if (size) await picture(s.page, size, name);
        else await pictures(s.page, name);
        await leave?.(s);
      }
    }
  });
}

suite.test('a connection that is lost, the login and the setup', async () => {
  const c = await suite.window({ before: locked });
  await c.page.locator('.row').first().waitFor();
  c.hangUp();
  await c.page.locator('.is-stale').waitFor();
  await pictures(c.page, 'lost');
  c.forgive(/WebSocket/);

  const out = await suite.window({ user: '' });
  await out.page.waitForSelector('#user');
  await pictures(out.page, 'login');
  await out.page.route('**/v1/setup', (route) => route.fulfill({ json: { needed: true } }));
  await out.page.reload();
  await out.page.waitForSelector('#code');
  await pictures(out.page, 'setup');
  out.forgive(/401/);
});

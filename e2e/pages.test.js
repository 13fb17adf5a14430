// Pictures of every page, to be looked at, and what every page must have.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { results, Suite } from './lib/browser.js';
import { locked, scenes, Stage } from './lib/scenes.js';

const suite = new Suite({ clients: 16 });
const committed = process.env.UPDATE_SCREENSHOTS && fileURLToPath(new URL('../assets/screenshots/', import.meta.url));
const only = process.env.SCENES?.split(','); // for those who work on a few

const sizes = [[1280, 800], [1440, 900], [1920, 1080]];

// The README shows these, at 1440.
const shown = { 'sessions-light': 'sessions', 'session-chain-pending-light': 'chain', 'kill-dark': 'kill' };

// wide is by how many pixels a page is wider than its window, and its top bar
// than itself.
const wide = (page) => page.evaluate(() => Math.max(...[document.documentElement, document.querySelector('.top')]
  .filter(Boolean).map((e) => e.scrollWidth - e.clientWidth)));

for (const colorScheme of ['light', 'dark']) {
  suite.test(`every page in ${colorScheme}`, async () => {
    const c = await suite.window({ colorScheme, path: '/overview', before: locked });
    const s = await Stage.set(suite, c);
    mkdirSync(`${results}pages`, { recursive: true });
    const sized = async (page, [width, height], name) => {
      await page.setViewportSize({ width, height });
      await page.evaluate(() => new Promise((done) => { setTimeout(() => requestAnimationFrame(done), 120); })); // columns follow the window
      const over = await wide(page);
      assert.ok(over <= 0, `${name} is ${over} px too wide at ${width}`);
    };
    const picture = async (page, [width], name) => {
      await page.screenshot({ path: `${results}pages/${name}-${width}-${colorScheme}.png` });
      const keep = shown[`${name}-${colorScheme}`];
      if (committed && keep && width === 1440) await page.screenshot({ path: `${committed}${keep}.png` });
    };
    const pictures = async (page, name) => {
      for (const size of sizes) {
        await sized(page, size, name);
        await picture(page, size, name);
      }
    };
    const failed = [];
    for (const [name, open, leave, anchored] of scenes) {
      if (only && !only.includes(name)) continue;
      try {
        for (const size of anchored ? sizes : [null]) {
          if (size) await sized(s.page, size, name);
          await open(s);
          if (size) await picture(s.page, size, name);
          else await pictures(s.page, name);
          await leave?.(s);
        }
      } catch (err) {
        failed.push(`${name}: ${err.message}`);
        await s.page.keyboard.press('Escape');
      }
    }
    await s.go('/sessions', '.row');
    c.hangUp();
    await s.page.locator('.is-stale').waitFor();
    await pictures(s.page, 'lost');
    c.forgive(/WebSocket/);

    const out = await suite.window({ user: '', colorScheme });
    await out.page.waitForSelector('#user');
    await pictures(out.page, 'login');
    await out.page.route('**/v1/setup', (route) => route.fulfill({ json: { needed: true } }));
    await out.page.reload();
    await out.page.waitForSelector('#code');
    await pictures(out.page, 'setup');
    out.forgive(/401/);
    assert.deepEqual(failed, []);
  });
}

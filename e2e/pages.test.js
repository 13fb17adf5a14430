// Pictures of every page, to be looked at, and what every page must have.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { results, Suite } from './lib/browser.js';

const suite = new Suite({ clients: 12 });
const committed = process.env.UPDATE_SCREENSHOTS && fileURLToPath(new URL('../assets/screenshots/', import.meta.url));

const pages = {
  overview: '/overview', sessions: '/sessions', queries: '/queries', topology: '/topology', services: '/services', servers: '/servers', filters: '/filters', listeners: '/listeners',
  log: '/log', audit: '/audit',
};

for (const [width, height] of [[1280, 800], [1440, 900], [1920, 1080]]) {
  for (const colorScheme of ['light', 'dark']) {
    suite.test(`every page at ${width} in ${colorScheme}`, async () => {
      const busy = await suite.client();
      await busy.query('begin');
      await busy.query('update products set stock = stock where id = 1');
      const c = await suite.window({ viewport: { width, height }, colorScheme });
      const { page } = c;
      const picture = async (name, keep) => {
        mkdirSync(`${results}pages`, { recursive: true });
        await page.screenshot({ path: `${results}pages/${name}-${width}-${colorScheme}.png` });
        if (keep && committed && width === 1440) {
          mkdirSync(committed, { recursive: true });
          await page.screenshot({ path: `${committed}${keep}.png` });
        }
      };
      const check = async (name) => {
        assert.equal(await page.locator('main h1, main header h1, .topbar, .fresh').count() > 0, true, `${name} has a head`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(over <= 0, `${name} is ${over} px too wide`);
      };
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(path);
        await page.locator('.fresh', { hasText: 'Live' }).waitFor();
        await page.locator('.row, tbody tr, .entry, .empty, .concern, .node').first().waitFor();
        await check(name);
        await picture(name, name === 'sessions' && colorScheme === 'light' ? 'sessions' : '');
      }
      for (const tab of ['', 'statements', 'chain', 'log', 'timeline']) {
        await page.goto(`/sessions/${busy.id}/${tab}`);
        await page.locator('.session-head').waitFor();
        await check(`session ${tab}`);
        await picture(`session-${tab || 'now'}`, tab === 'chain' && colorScheme === 'light' ? 'chain' : '');
      }
      await page.goto('/sessions');
      await c.row(busy.id).waitFor();
      await c.askKill(busy.id);
      await check('the kill dialog');
      await picture('kill', colorScheme === 'dark' ? 'kill' : '');
    });
  }
}

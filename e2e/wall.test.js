// Walls: screens that nobody sits at.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { results, Suite, until } from './lib/browser.js';

const suite = new Suite({ clients: 30 });

const picture = async (page, name) => {
  mkdirSync(`${results}wall`, { recursive: true });
  await page.screenshot({ path: `${results}wall/${name}.png` });
};

// wall opens a window with a wall and waits for its tiles.
const wall = async (options = {}) => {
  const c = await suite.window({ viewport: { width: 1920, height: 1080 }, path: '/wall', ...options, user: '' });
  return c;
};

// logged opens a wall as somebody who is logged in.
const logged = async ({ user = 'admin', path = '/wall/overview', ...options } = {}) => {
  const c = await suite.window({ viewport: { width: 1920, height: 1080 }, user: '', path: '/wall', ...options });
  const answer = await c.context.request.post('/v1/login', { data: { user, password: `${user}-demo` } });
  assert.equal(answer.status(), 204);
  await c.page.goto(path);
  c.forgive(/401|404/);
  await c.page.locator('.wall-tile').first().waitFor();
  return c;
};

const fits = (page) => page.evaluate(() => {
  const root = document.documentElement;
  const cut = [...document.querySelectorAll('.wall-value, .wall-rows, .wall-frame, .wall-grid')].filter((e) =>
    e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1 && !e.matches('.wall-value')).map((e) => e.className);
  return { cut, over: [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight] };
});

for (const [width, height] of [[1920, 1080], [3840, 2160], [1080, 1920]]) {
  suite.test(`every board at ${width} × ${height}`, async () => {
    const sleeper = await suite.client();
    const sleeping = sleeper.begin('select sleep(30)');
    const c = await logged({ viewport: { width, height } });
    for (const board of ['overview', 'attention', 'servers', 'sessions']) {
      await c.page.goto(`/wall/${board}`);
      await c.page.locator('.wall-tile').first().waitFor();
      const views = await c.page.locator('.wall-dots i').count();
      await c.page.waitForTimeout(2500);
      for (let view = 1; view <= views; view++) {
        if (view > 1) await c.page.getByText(`view ${view} of`).waitFor({ timeout: 40000 });
        await c.page.waitForTimeout(700);
        await picture(c.page, `${board}-${view}-${width}`);
        assert.deepEqual(await fits(c.page), { cut: [], over: [0, 0] }, `${board} ${view}`);
      }
    }
    await sleeper.close();
    await sleeping.catch(() => {});
  });
}

// What axe-core finds on every page, in both themes: nothing serious or
// critical may be left.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Suite } from './lib/browser.js';

const suite = new Suite({ clients: 6 });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// found runs axe on a page as it stands. Its source is evaluated by the
// debugger: the content policy lets no foreign script in.
async function found(page) {
  await page.evaluate(axe);
  await page.evaluate(() => Promise.all(document.getAnimations() // what fades in has other colours until then
    .filter((a) => a.effect.getComputedTiming().endTime < Infinity).map((a) => a.finished.catch(() => {}))));
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary.split('\n').slice(1, 3).join(' ').trim()}`));
}

const pages = {
  overview: '/overview', sessions: '/sessions', queries: '/queries', services: '/services', service: '/services/RW-Split-Router',
  servers: '/servers', server: '/servers/server1', filters: '/filters', filter: '/filters/QLA', listeners: '/listeners',
  topology: '/topology', log: '/log', audit: '/audit', pending: '/pending', settings: '/settings', nowhere: '/nowhere',
  'topology as tables': '/topology?view=table', thresholds: '/settings/thresholds', shortcuts: '/settings/shortcuts',
};

for (const colorScheme of ['light', 'dark']) {
  suite.test(`axe finds nothing serious in ${colorScheme}`, async () => {
    const busy = await suite.client();
    await busy.query('begin');
    await busy.query('update products set stock = stock where id = 1');
    const c = await suite.window({ colorScheme });
    const { page } = c;
    const all = [];
    const look = async (name) => {
      for (const what of await found(page)) all.push(`${name}: ${what}`);
    };
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(path);
      await page.locator('.fresh', { hasText: 'Live' }).waitFor();
      await page.locator('main h1, main h2, main .row, main .empty').first().waitFor();
      await look(name);
    }
    for (const tab of ['', 'statements', 'chain', 'log', 'timeline']) {
      await page.goto(`/sessions/${busy.id}/${tab}`);
      await page.locator('.session-head').waitFor();
      await look(`session ${tab || 'now'}`);
    }
    await page.goto('/sessions');
    await c.row(busy.id).waitFor();
    await c.menu(busy.id).click();
    await look('the menu of a row');
    await page.keyboard.press('Escape');
    await page.click('#open-columns');
    await page.locator('.menu').first().waitFor();
    await look('the columns');
    await page.keyboard.press('Escape');
    await c.check(busy.id).click();
    await page.locator('.bulk [data-do=kill]').click();
    await c.dialog.waitFor();
    await look('the bulk dialog');
    await page.click('#bulk-keep');
    await c.dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.locator('#palette-list [role=option]').first().waitFor();
    await look('the palette');
    await page.keyboard.press('Escape');
    await page.locator('.palette').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await look('the keys');
    await page.keyboard.press('Escape');
    const job = await c.context.request.post('/v1/jobs', { data: { action: 'restart', ids: [busy.id] } });
    await page.goto(`/pending/${(await job.json()).data.id}`);
    await page.locator('main h1').waitFor();
    await look('a job');
    await page.goto('/sessions');
    await c.row(busy.id).waitFor();
    await c.askKill(busy.id);
    await look('the kill dialog');
    await c.kill('5m');
    await c.tray.waitFor();
    await look('the tray');

    const out = await suite.window({ user: '', colorScheme });
    await out.page.waitForSelector('#user');
    for (const what of await found(out.page)) all.push(`login: ${what}`);
    out.forgive(/401/);
    await c.tray.getByRole('button', { name: 'Cancel' }).click();
    assert.deepEqual(all, []);
  });
}

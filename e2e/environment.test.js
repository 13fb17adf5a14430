// The installation says which one it is, in more than a colour.
import assert from 'node:assert/strict';
import { results, Suite } from './lib/browser.js';

const suite = new Suite({ args: ['-admin-environment', 'prod'] });

suite.test('the console says which installation it is', async () => {
  for (const [width, colorScheme] of [[1920, 'light'], [1280, 'dark'], [320, 'light']]) {
    const { page } = await suite.window({ viewport: { width, height: 800 }, colorScheme });
    const name = page.locator('#environment');
    await name.waitFor();
    assert.equal((await name.innerText()).toLowerCase(), 'prod');
    const box = await name.boundingBox();
    assert.ok(box.width > 20 && box.x + box.width <= width, `the word has room at ${width}`);
    const top = page.locator('.top');
    assert.equal(await top.evaluate((e) => getComputedStyle(e).borderBottomWidth), '3px');
    assert.ok(await top.evaluate((e) => e.scrollWidth <= e.clientWidth), `the top bar fits at ${width}`);
    await page.screenshot({ path: `${results}pages/environment-${width}-${colorScheme}.png` });
    assert.match(await page.title(), /^Sessions · PROD · Signalbox$/);
  }
});

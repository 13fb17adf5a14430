// What every page must have for everybody: axe-core finds nothing serious, the
// page reflows, and it can be read without colours, motion or a mouse.
import assert from 'node:assert/strict';
import { found } from './lib/axe.js';
import { results, Suite } from './lib/browser.js';
import { halves, locked, Stage, wide } from './lib/scenes.js';

const suite = new Suite({ clients: 6 });

// accessible is what axe finds, with the colours of the other theme as well.
async function accessible(page) {
  const all = await found(page, { rules: { 'target-size': { enabled: true } } });
  const other = await page.evaluate(() => {
    const { dataset } = document.documentElement;
    dataset.theme = dataset.theme === 'dark' ? 'light' : 'dark';
    return dataset.theme;
  });
  return [...all, ...(await found(page, { runOnly: ['color-contrast'] })).map((text) => `in ${other}: ${text}`)];
}

// narrow shows a page at 200 % of a window of 1280 by 800, which are half of it,
// and at 400 %, which are 320 pixels.
async function narrow(page, name) {
  const all = [];
  for (const [width, height] of [[640, 400], [320, 640]]) {
    await page.setViewportSize({ width, height });
    for (const text of await wide(page)) all.push(`at ${width}: ${text}`);
    await page.screenshot({ path: `${results}reflow/${name}-${width}.png` });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  return all;
}

// plain shows a page without colours and motion: every state has a sign and a
// word, nothing moves, and what has the focus shows it.
async function plain(page, name) {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.screenshot({ path: `${results}forced/${name}.png` });
  await page.evaluate(() => { window.had = document.activeElement; });
  await page.keyboard.press('Shift'); // from here on the browser shows the focus that a script sets, too
  const all = await page.evaluate(() => {
    const seen = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility === 'visible';
    const bare = [...document.querySelectorAll('.chip')].filter((e) => seen(e) && !(e.querySelector('svg path[d]') && e.textContent.trim()));
    const moves = document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime > 1);
    const ring = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    const shows = (e) => {
      for (let p = e, i = 0; p && i < 3; p = p.parentElement, i++) { // a box around a field, rows around a cell
        const before = getComputedStyle(p, '::before');
        if (ring(getComputedStyle(p)) || before.content !== 'none' && before.position === 'absolute' && parseFloat(before.borderTopWidth) >= 2) return true;
      }
      const body = e.querySelector('.body'); // of a node of the topology
      return body && parseFloat(getComputedStyle(body).strokeWidth) >= 3;
    };
    const within = document.querySelector('[aria-modal]') ?? document;
    const hidden = [...within.querySelectorAll('a[href], button, input, select, [tabindex="0"]')]
      .filter((e) => e.tabIndex >= 0 && !e.disabled && seen(e)).slice(0, 80)
      .filter((e) => { e.focus({ preventScroll: true }); return document.activeElement === e && !shows(e); });
    document.activeElement.blur();
    window.had.focus({ preventScroll: true });
    const head = (e) => e.outerHTML.slice(0, 160);
    return [
      ...bare.map((e) => `has no sign or no word: ${head(e)}`), ...moves.map((a) => `moves: ${head(a.effect.target)}`),
      ...hidden.map((e) => `does not show the focus: ${head(e)}`),
    ];
  });
  await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference' });
  return all;
}

for (const [part, list] of halves) {
  suite.test(`pages are for everybody, ${part} half: axe, reflow, no colours, no motion`, async () => {
    const c = await suite.window({ path: '/overview', before: locked });
    const s = await Stage.set(suite, c);
    const all = [];
    const look = async (page, name, anchored) => {
      const wrong = [...await accessible(page), ...await plain(page, name)];
      if (!anchored) wrong.push(...await narrow(page, name)); // another size of the window closes what hangs at a place
      all.push(...wrong.map((text) => `${name}: ${text}`));
    };
    for (const [name, open, leave, anchored] of list) {
      await open(s);
      await look(s.page, name, anchored);
      await leave?.(s);
    }
    const out = await suite.window({ user: '' });
    await out.page.waitForSelector('#user');
    await look(out.page, 'login');
    out.forgive(/401/);
    assert.deepEqual(all, []);
  });
}

suite.test('what the content policy forbids is noticed', async () => {
  const c = await suite.window({ path: '/services' });
  await c.page.evaluate(() => document.body.setAttribute('style', 'color:red'));
  await c.page.evaluate(() => fetch('https://signalbox.invalid/').catch(() => {}));
  assert.match(c.errors.join('\n'), /style-src/);
  assert.match(c.errors.join('\n'), /connect-src/);
  c.errors = [];
  c.strangers = [];
});

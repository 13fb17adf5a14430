// axe-core, which finds what keeps people out of a page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// found runs axe on a page as it stands, and returns what is serious or critical.
// Its source is evaluated by the debugger: the content policy lets no foreign
// script in. Sessions in the lines of the log are small, which the field for a
// session above them makes good.
export async function found(page, options = {}) {
  if (!await page.evaluate(() => window.axe)) await page.evaluate(axe);
  await page.evaluate(() => Promise.all(document.getAnimations() // what fades in has other colours until then
    .filter((a) => a.effect.getComputedTiming().endTime < Infinity).map((a) => a.finished.catch(() => {}))));
  const { violations } = await page.evaluate((options) => window.axe.run(document, { resultTypes: ['violations'], ...options }), options);
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) => v.nodes.filter((n) => v.id !== 'target-size' || !n.html.includes('data-session='))
      .map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary.split('\n').slice(1, 3).join(' ').trim()}`));
}

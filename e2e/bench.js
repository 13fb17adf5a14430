// What the console costs the browser at very many sessions: figures beside
// their targets. .ci/bench.sh runs it against .ci/bench/load; it is no test,
// because the machine decides.
//
// Usage: node bench.js URL
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { args, executable, passwords, residentMiB } from './lib/browser.js';

const url = process.argv[2];
assert.ok(url, 'usage: node bench.js URL');
const seconds = Number(process.env.SECONDS_EACH ?? 30);
const day = Number(process.env.UPDATES ?? 100000); // what a busy day brings, on the average one a second

const say = (what, value, unit, target) => console.log(`  ${what.padEnd(42)} ${String(value).padStart(9)} ${unit.padEnd(6)} ${target ? `target ${target}` : ''}`);
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const browser = await chromium.launch({ executablePath: executable(), args: [...args, '--js-flags=--expose-gc'] });

// open makes a window with a profile of its own that is logged in and notes
// long tasks.
async function open() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: url });
  const answer = await context.request.post('/v1/login', { data: { user: 'admin', password: passwords.admin } });
  assert.equal(answer.status(), 204, await answer.text());
  const page = await context.newPage();
  page.on('pageerror', (err) => { throw err; });
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({ type: 'longtask' });
  });
  return { context, page };
}

// usable is how long it takes from the address to a table whose rows can be
// acted on, in ms. The page looks for them itself at each of its frames: looking
// from outside comes up to half a second late.
async function usable(page) {
  await page.goto('/sessions', { waitUntil: 'commit' });
  return page.evaluate(() => new Promise((resolve) => {
    const look = () => {
      if (document.querySelector('.row .check')) resolve(performance.now());
      else requestAnimationFrame(look);
    };
    look();
  }));
}

async function starts() {
  const cold = [], warm = [];
  for (let i = 0; i < 3; i++) {
    const { context, page } = await open();
    cold.push(await usable(page));
    await page.waitForTimeout(2000); // the browser keeps the compiled program
    warm.push(await usable(page));
    await page.waitForTimeout(500);
    warm.push(await usable(page));
    await context.close();
  }
  say('first usable table, cold', Math.round(median(cold)), 'ms', '< 1200');
  say('first usable table, warm', Math.round(median(warm)), 'ms', '< 500');
}

async function metrics(cdp) {
  const { metrics: list } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

async function ticks() {
  const { context, page } = await open();
  const cdp = await context.newCDPSession(page);
  let frames = 0, bytes = 0;
  cdp.on('Network.webSocketFrameReceived', ({ response: { payloadData } }) => {
    frames++;
    bytes += payloadData.length;
  });
  await cdp.send('Network.enable');
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' }); // what others do on the machine does not count
  await usable(page);
  await page.waitForTimeout(5000);
  await page.evaluate(() => { window.longTasks.length = 0; });
  const before = await metrics(cdp), from = frames, sum = bytes;
  await page.waitForTimeout(seconds * 1000);
  const after = await metrics(cdp), n = frames - from;
  const tasks = await page.evaluate(() => window.longTasks);
  const cost = (name) => (after[name] - before[name]) * 1000;
  say('frames of the feed', (n / seconds).toFixed(1), '/s');
  say('their size', Math.round((bytes - sum) / seconds / 1024), 'KiB/s');
  say('main thread for each', (cost('TaskDuration') / n).toFixed(1), 'ms', '< 8');
  say('… of it the program', (cost('ScriptDuration') / n).toFixed(1), 'ms');
  say('… layout and style', ((cost('LayoutDuration') + cost('RecalcStyleDuration')) / n).toFixed(1), 'ms');
  say('main thread in all', (cost('TaskDuration') / seconds / 10).toFixed(1), '%');
  say(`tasks over 50 ms in ${seconds} s`, tasks.length, '', '0');
  say('the longest of them', Math.max(0, ...tasks), 'ms');

  if (process.env.PROFILE) {
    await profile(cdp, () => page.waitForTimeout(10000));
    await profile(cdp, () => scrolling(page));
  } else {
    await scrolling(page);
  }
  await context.close();
}

// scrolling turns the wheel for ten seconds and counts what is drawn meanwhile.
async function scrolling(page) {
  await page.mouse.move(700, 500);
  await page.evaluate(() => {
    window.drawn = [];
    window.longTasks.length = 0;
    const count = (at) => { window.drawn.push(at); requestAnimationFrame(count); };
    requestAnimationFrame(count);
  });
  const end = performance.now() + 10000;
  for (let i = 0; performance.now() < end; i++) {
    await page.mouse.wheel(0, i % 200 < 150 ? 120 : -120);
    await pause(16);
  }
  const { drawn, tasks } = await page.evaluate(() => ({ drawn: window.drawn, tasks: window.longTasks }));
  const pauses = drawn.slice(1).map((at, i) => at - drawn[i]).toSorted((a, b) => a - b);
  say('drawn while one scrolls', ((drawn.length - 1) / (drawn.at(-1) - drawn[0]) * 1000).toFixed(0), '/s', '> 50');
  say('… the longest pause of a hundred', pauses[Math.floor(pauses.length * 0.99)].toFixed(0), 'ms');
  say('… tasks over 50 ms', tasks.length, '', '0');
  say('… the longest of them', Math.max(0, ...tasks), 'ms');
}

// profile prints where the time goes while fn runs, and on whose behalf.
async function profile(cdp, fn) {
  await cdp.send('Profiler.enable');
  await cdp.send('Profiler.start');
  await fn();
  const { profile: p } = await cdp.send('Profiler.stop');
  const self = new Map();
  for (const [i, id] of p.samples.entries()) self.set(id, (self.get(id) ?? 0) + p.timeDeltas[i]);
  const own = new Map(), whole = new Map();
  const nodes = new Map(p.nodes.map((n) => [n.id, n]));
  const walk = (node, above) => {
    const name = node.callFrame.functionName;
    let sum = self.get(node.id) ?? 0;
    own.set(name, (own.get(name) ?? 0) + sum);
    for (const id of node.children ?? []) sum += walk(nodes.get(id), new Set([...above, name]));
    if (!above.has(name)) whole.set(name, (whole.get(name) ?? 0) + sum);
    return sum;
  };
  walk(p.nodes[0], new Set());
  for (const [title, names, n] of [['by itself', own, 20], ['with what it calls', whole, 60]]) {
    console.log(title);
    for (const [name, us] of [...names].toSorted((a, b) => b[1] - a[1]).slice(0, n)) console.log(`${(us / 1000).toFixed(0).padStart(8)} ms ${name}`);
  }
}

// memory tells the console of a day's changes as fast as it takes them, and
// looks what it keeps. The frames are made of those of the feed, which is silent
// about the sessions meanwhile: a patch has a few rows with other figures, every
// fourth another order, every hundredth frame is a snapshot.
async function memory() {
  const { context, page } = await open();
  await page.addInitScript(() => {
    const Native = window.WebSocket;
    window.WebSocket = class extends Native {
      constructor(...a) {
        super(...a);
        window.feed = this;
        this.addEventListener('message', (event) => {
          const frame = JSON.parse(event.data);
          if (!event.isTrusted || frame.view !== 'sessions') return;
          if (window.day) {
            event.stopImmediatePropagation();
            return;
          }
          if (frame.type === 'snapshot') window.snapshot = frame;
          window.last = frame;
        });
      }
    };
    // tell sends the console so many frames.
    window.tell = async (n) => {
      const { snapshot } = window;
      window.day ??= { seq: window.last.seq, told: 0, rows: new Map(snapshot.upserts.map((row) => [row.id, row])) };
      const { day } = window;
      for (let i = 0; i < n; i++) {
        const frame = { ...snapshot, type: 'patch', seq: ++day.seq, now: new Date().toISOString(), ids: undefined, upserts: [] };
        for (let k = day.told % 5; k >= 0; k--) {
          const row = day.rows.get(snapshot.ids[Math.floor(Math.random() * snapshot.ids.length)]);
          row.attributes.activity.statements = (row.attributes.activity.statements ?? 0) + 1;
          row.attributes.activity.since_at = frame.now;
          row.attributes.activity.statement = `select ${day.told} from orders`;
          frame.upserts.push(row);
        }
        if (day.told % 4 === 0) frame.ids = snapshot.ids.toSorted(() => Math.random() - 0.5);
        if (day.told % 100 === 0) Object.assign(frame, { type: 'snapshot', ids: snapshot.ids, upserts: snapshot.upserts });
        day.told++;
        window.feed.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
        if (i % 50 === 49) await new Promise((resolve) => { setTimeout(resolve, 0); });
      }
    };
  });
  const cdp = await context.newCDPSession(page);
  await usable(page);
  await page.waitForTimeout(5000);
  const rss = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    return residentMiB(browser);
  };
  say('memory of the tab, at first', (await rss()).toFixed(0), 'MiB');
  const began = performance.now();
  for (let part = 1; part <= 10; part++) {
    await page.evaluate((n) => window.tell(n), day / 10);
    if (part % 3 !== 1) continue;
    await page.waitForTimeout(1000);
    say(`… after ${part * day / 10} updates in ${Math.round((performance.now() - began) / 1000)} s`, (await rss()).toFixed(0), 'MiB', part > 1 ? 'as before' : '');
    say('… elements in the page', await page.evaluate(() => document.querySelectorAll('*').length), '', part > 1 ? 'as before' : '');
  }
  const shown = await page.locator('.row .c-sql').allInnerTexts();
  assert.ok(shown.some((text) => /^select \d{5,} from orders/.test(text)), `the day did not reach the screen: ${shown}`);
  await context.close();
}

const parts = { starts, ticks, memory };
try {
  for (const part of (process.env.PARTS ?? Object.keys(parts).join(' ')).split(' ')) await parts[part]();
} finally {
  await browser.close();
}

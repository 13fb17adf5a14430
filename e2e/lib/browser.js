// The browser: pages of the console, what they log, and pictures of what failed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Proxy } from './proxy.js';
import { CLI, Client } from './sql.js';

export const results = fileURLToPath(new URL('../../test-results/', import.meta.url));
export const passwords = { admin: 'admin-demo', viewer: 'viewer-demo' };

const patience = 15000; // ms that anything may take before it counts as failed

// args are those that Chromium is started with.
export const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// executable is the Chromium that is installed.
export const executable = () => process.env.CHROMIUM || execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();

// Suite is one program and one browser for the tests of a file.
export class Suite {
  constructor(options) {
    this.options = options;
    this.open = [];
    // ready is for files that have a hook of their own, which does not wait for this one.
    this.ready = new Promise((resolve) => {
      test.before(() => this.start().then(resolve), { timeout: 60000 });
    });
    test.after(() => this.stop());
  }

  async start() {
    [this.proxy, this.browser] = await Promise.all([
      Proxy.start(this.options),
      chromium.launch({ executablePath: executable(), args }),
    ]);
  }

  async stop() {
    await Promise.all([this.browser?.close(), this.proxy?.stop()]);
  }

  // test runs fn. Whatever it has opened is closed at its end; a picture and
  // the console of every page are kept when it fails. No page may log an error,
  // hurt the content policy or ask any other host for anything. In CI, where
  // others use the processors too, a test that failed is tried once more, and
  // says so: TRIES=1 is for those who look for what is not certain.
  test(name, fn, timeout = 180000) {
    test(name, { timeout }, async (t) => {
      for (let left = Number(process.env.TRIES ?? (process.env.CI ? 2 : 1)); ; left--) {
        try {
          await this.attempt(name, t, fn);
          return;
        } catch (err) {
          if (left <= 1) throw err;
          t.diagnostic(`FAILED ONCE: ${name}: ${err.message}`);
        }
      }
    });
  }

  async attempt(name, t, fn) {
    this.open = [];
    try {
      await fn(t);
      for (const page of this.pages()) page.expectClean();
    } catch (err) {
      await this.keep(name);
      throw err;
    } finally {
      await Promise.all(this.open.map((thing) => thing.close()));
    }
  }

  pages() {
    return this.open.filter((thing) => thing instanceof Console);
  }

  async keep(name) {
    mkdirSync(results, { recursive: true });
    const file = results + name.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
    for (const [i, page] of this.pages().entries()) {
      await page.page.screenshot({ path: `${file}-${i + 1}.png` }).catch(() => {});
      writeFileSync(`${file}-${i + 1}.txt`, [page.page.url(), ...page.log].join('\n') + '\n');
    }
  }

  // window opens a browser window of its own on path, logged in as user; nobody
  // is logged in when user is empty. The origin is another one than the program's
  // when something stands in front of it. before gets the window while it is
  // empty.
  async window({ user = 'admin', path = '/sessions', origin = this.proxy.url, before, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: origin, ...options });
    const c = new Console(context, await context.newPage(), origin);
    this.open.push(c);
    await before?.(c);
    if (user) await c.logIn(user);
    await c.page.goto(path);
    if (user) await c.page.locator('.fresh', { hasText: 'Live' }).waitFor();
    return c;
  }

  // client connects one cheap client.
  async client(options = {}) {
    const c = await Client.connect(options.port ?? this.proxy.readWrite, options);
    this.open.push(c);
    return c;
  }

  // clients connects n of them.
  clients(n, options) {
    return Promise.all(Array.from({ length: n }, () => this.client(options)));
  }

  // cli runs the mariadb client.
  async cli() {
    const c = await CLI.start(this.proxy.readWrite);
    this.open.push({ close: () => c.stop() });
    return c;
  }
}

// residentMiB is the resident memory of the largest tab.
export async function residentMiB(browser) {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
  await cdp.detach();
  const kb = processInfo.filter((p) => p.type === 'renderer')
    .map((p) => Number(readFileSync(`/proc/${p.id}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]));
  return Math.max(...kb) / 1024;
}

// Console is one window with the console.
export class Console {
  constructor(context, page, origin) {
    Object.assign(this, { context, page, log: [], errors: [], strangers: [] });
    page.setDefaultTimeout(patience);
    page.on('console', (m) => {
      const text = `${m.text()} ${m.location().url}`;
      this.log.push(`${m.type()}: ${text}`);
      // A session may end while the page asks how long statements like its own take.
      if (m.type() === 'error' && !/404 .*\/alike$/.test(text)) this.errors.push(text);
    });
    page.on('pageerror', (err) => {
      this.log.push(`exception: ${err.stack}`);
      this.errors.push(String(err));
    });
    page.on('request', (r) => {
      if (!r.url().startsWith(origin + '/') && !r.url().startsWith('blob:') && !r.url().startsWith('data:')) this.strangers.push(r.url());
    });
    page.on('dialog', (d) => {
      this.errors.push(`dialog: ${d.message()}`);
      d.dismiss();
    });
  }

  // logIn logs a user of the demo in, without the page.
  async logIn(user = 'admin') {
    const answer = await this.context.request.post('/v1/login', { data: { user, password: passwords[user] } });
    assert.equal(answer.status(), 204, await answer.text());
  }

  // forgive takes errors off the list that the test has brought about itself.
  forgive(pattern) {
    this.errors = this.errors.filter((text) => !pattern.test(text));
  }

  expectClean() {
    assert.deepEqual(this.errors, [], 'errors in the console');
    assert.deepEqual(this.strangers, [], 'requests to other hosts');
  }

  close() {
    return this.context.close();
  }

  row(id) {
    return this.page.locator(`.row[data-id="${id}"]`);
  }

  menu(id) {
    return this.row(id).locator('[data-do=menu]');
  }

  item(id, what) {
    return this.row(id).locator(`.menu [data-do=${what}]`);
  }

  check(id) {
    return this.row(id).locator('.check');
  }

  get dialog() {
    return this.page.locator('[role=alertdialog]');
  }

  get tray() {
    return this.page.locator('.tray');
  }

  // keyboardOn waits until an element has the keyboard: the one with this id or
  // this text. What opens takes it a moment after it shows.
  async keyboardOn(what) {
    await until(`the keyboard is on ${what}`, () => this.page.evaluate((w) => [document.activeElement.id, document.activeElement.textContent].includes(w), what));
  }

  // ids are those of the rows, from the top.
  ids() {
    return this.page.locator('.row').evaluateAll((rows) => rows.map((row) => row.dataset.id));
  }

  // askKill opens the kill dialog by the menu of a row.
  async askKill(id) {
    await this.menu(id).click();
    await this.item(id, 'kill').click();
    await this.dialog.waitFor();
  }

  // kill fills in the dialog that is open and confirms it. A kill at once has no
  // time to undo it unless grace is asked for.
  async kill(when, { custom, reason, grace = false } = {}) {
    await this.page.click(`#kill-${when}`);
    if (custom) await this.page.fill('#kill-after', custom);
    if (reason) await this.page.fill('#kill-reason', reason);
    await this.page.click('#kill-do', { modifiers: when === 'now' && !grace ? ['Shift'] : [] });
    await this.dialog.waitFor({ state: 'detached' });
  }
}

// until waits for a condition that is not one of a page, and returns its value.
export async function until(what, fn) {
  const end = performance.now() + patience;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (performance.now() > end) assert.fail(`never came true: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

// timed runs fn and reports how long it took.
export async function timed(t, what, fn) {
  const began = performance.now();
  const value = await fn();
  t.diagnostic(`${what}: ${Math.round(performance.now() - began)} ms`);
  return value;
}

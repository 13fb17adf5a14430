import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Suite } from './lib/browser.js';

const suite = new Suite();
const german = JSON.parse(readFileSync(new URL('../web/static/lang/de.json', import.meta.url), 'utf8'));

// english finds what is still English among texts: what is one of the console's
// own sentences, whatever values are in it.
function english(texts) {
  const patterns = Object.entries(german).filter(([key, there]) => key !== there && /[A-Za-z]{3}/.test(key.replace(/\{\w+\}/g, '')))
    .flatMap(([key, there]) => key.split('|').filter((form) => !there.split('|').includes(form)))
    .map((key) => new RegExp(`^${key.trim().split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`));
  return texts.filter((text) => patterns.some((pattern) => pattern.test(text)));
}

// words are the texts of a page, and what is read out or shown on hover. What a
// database, a file or a user has said is not among them.
const words = (page) => page.evaluate(() => {
  const all = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest('code, pre, .mono, .sql, .entry, kbd, script')) continue;
    if (node.nodeType === Node.TEXT_NODE) all.add(node.data.trim());
    else for (const name of ['aria-label', 'title', 'placeholder', 'aria-description']) all.add((node.getAttribute(name) ?? '').trim());
  }
  return [...all];
});

suite.test('a browser that asks for German gets it, on every page', async () => {
  const client = await suite.client();
  await client.query('START TRANSACTION');
  const { page } = await suite.window({ locale: 'de-DE', path: '/overview' });
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  for (const [path, heading] of Object.entries({
    '/overview': 'Braucht jemanden', '/sessions': 'Sessions', '/queries': 'Laufende Abfragen', '/services': 'Services', '/servers': 'Server',
    '/filters': 'Filter', '/monitors': 'Monitore', '/listeners': 'Listener', '/topology': 'Topologie', '/topology?view=table': 'Topologie', '/log': 'Protokoll', '/audit': 'Audit',
    '/pending': 'Ausstehend', '/settings/profile': 'Einstellungen', '/settings/shortcuts': 'Einstellungen', '/settings/thresholds': 'Einstellungen',
    [`/sessions/${client.id}`]: client.id, [`/sessions/${client.id}/statements`]: client.id, [`/sessions/${client.id}/chain`]: client.id,
    [`/sessions/${client.id}/log`]: client.id, [`/sessions/${client.id}/timeline`]: client.id, '/services/RW-Split-Router': 'RW-Split-Router',
  })) {
    await page.goto(path);
    await page.locator('.fresh', { hasText: 'Live' }).waitFor();
    await page.locator('h1', { hasText: String(heading) }).first().waitFor();
    assert.deepEqual(english(await words(page)), [], `English on ${path}`);
  }
  await page.goto('/sessions');
  await page.locator(`.row[data-id="${client.id}"]`).click();
  await page.keyboard.press('Shift+K');
  await page.getByRole('alertdialog').getByText(`Session ${client.id} beenden?`).waitFor();
  assert.deepEqual(english(await words(page)), [], 'English in the dialog');
  await page.keyboard.press('Escape');
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Tasten' }).waitFor();
  assert.deepEqual(english(await words(page)), [], 'English in the help');
});

suite.test('the language that somebody chooses counts more than the browser\'s', async () => {
  const { page } = await suite.window({ path: '/settings/profile' });
  await page.getByRole('radiogroup', { name: 'Language' }).getByRole('radio', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  await page.getByRole('radiogroup', { name: 'Sprache' }).getByRole('radio', { name: 'Wie der Browser' }).click();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
});

suite.test('a language whose words cannot be loaded leaves the console as it was', async () => {
  const { page } = await suite.window({ path: '/overview' });
  await page.route('**/web/lang/*.json', (route) => route.fulfill({ status: 200, contentType: 'application/json', body: '{"Overview":' }));
  await page.goto('/settings/profile');
  await page.getByRole('radiogroup', { name: 'Language' }).getByRole('radio', { name: 'Deutsch' }).click();
  await page.getByRole('radio', { name: 'Deutsch', checked: true }).waitFor();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
});

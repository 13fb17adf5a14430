// The console as a part of another program, assets/examples/mount.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Suite, until } from './lib/browser.js';
import { Example } from './lib/example.js';
import { freePort } from './lib/process.js';
import { Client } from './lib/sql.js';

const suite = new Suite();
let portal;
let origin;
let sql;

test.before(async () => {
  sql = await freePort();
  portal = await Example.start('mount', ['-listen', '127.0.0.1:0', '-prefix', '/tools/db/', '-sql', `127.0.0.1:${sql}`], /on (http:\S+), the console/);
  [, origin] = portal.said;
}, { timeout: 180000 });
test.after(() => portal?.stop());

async function logIn(page, name) {
  await page.fill('[name=user]', name);
  await page.fill('[name=password]', `${name}-portal`);
  await page.getByRole('button', { name: 'Log in' }).click();
}

suite.test('the login of the host application is the one of the console', async () => {
  const client = await Client.connect(sql, {});
  const c = await suite.window({ user: '', path: '/', origin });
  const { page } = c;
  await logIn(page, 'ann');
  await page.getByText('Hello ann.').waitFor();
  await page.getByRole('link', { name: 'The database proxy' }).click();
  await page.locator('.fresh', { hasText: 'Live' }).waitFor();
  await page.getByText('ann · admin').waitFor();
  await page.locator('.rail a', { hasText: 'Sessions' }).click();
  await c.row(client.id).waitFor();
  assert.equal(new URL(page.url()).pathname, '/tools/db/sessions');
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--accent')), '#6d28d9', 'the portal\'s colour');
  await page.click('#account');
  await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
  assert.equal(await page.getByRole('menuitem', { name: 'Log out' }).count(), 0, 'one logs out where one has logged in');
  await page.keyboard.press('Escape');

  // In another tab of the same browser the login ends.
  const other = await c.context.newPage();
  await other.goto('/');
  await other.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'You are not logged in' }).waitFor();
  assert.equal(await page.locator('#password').count(), 0, 'a form that leads nowhere');
  assert.equal(await page.locator('.row').count(), 0, 'nothing is shown any more');
  await page.click('#host-reload');
  await logIn(page, 'bob');
  await until('the login leads back', () => new URL(page.url()).pathname === '/tools/db/sessions');
  await c.row(client.id).waitFor();
  await page.getByText('bob · basic').waitFor();
  await client.close();
  c.forgive(/401|favicon/); // the portal's own pages have no icon
});

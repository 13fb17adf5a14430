import assert from 'node:assert/strict';
import { Suite, timed } from './lib/browser.js';

const suite = new Suite();

suite.test('a wrong password is refused in words, the right one lets in', async (t) => {
  await suite.client();
  const { page } = await timed(t, 'cold start to the login form', async () => {
    const c = await suite.window({ user: '' });
    await c.page.waitForSelector('#user');
    return c;
  });
  const [c] = suite.pages();
  assert.equal(await page.title(), 'Signalbox');
  await page.fill('#user', 'admin');
  await page.fill('#password', 'not-the-password');
  await page.keyboard.press('Enter');
  await page.getByText('User or password is wrong.').waitFor();
  assert.equal(await page.locator('.row').count(), 0);
  c.forgive(/401/); // the browser logs refused requests

  await page.fill('#password', 'admin-demo');
  await timed(t, 'login to the first row', async () => {
    await page.keyboard.press('Enter');
    await page.locator('.row').first().waitFor();
  });
  await page.getByText('admin · admin').waitFor();

  await page.click('#account');
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.waitForSelector('#user');
  assert.equal(await page.inputValue('#password'), '', 'the password after logging out');
  assert.equal((await page.request.get('/v1/sessions')).status(), 401);
});

suite.test('a page that asks for a login leads on to where one wanted to go', async (t) => {
  const client = await suite.client();
  const { page } = await suite.window({ user: '', path: '/sessions?q=user%3Ademo&sort=-age' });
  await page.fill('#user', 'viewer');
  await page.fill('#password', 'viewer-demo');
  await page.keyboard.press('Enter');
  await page.locator(`.row[data-id="${client.id}"]`).waitFor();
  await page.locator('.tok', { hasText: 'user:demo' }).waitFor();
  suite.pages()[0].forgive(/401/);
});

suite.test('cold start of somebody who is logged in', async (t) => {
  await suite.client();
  await timed(t, 'address to the first row', async () => {
    const { page } = await suite.window();
    await page.locator('.row').first().waitFor();
  });
});

// Monitors: what an operator does to real servers, and what becomes of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Suite, until } from './lib/browser.js';
import { Cluster, mariadbd } from './lib/mariadb.js';
import { end } from './lib/process.js';

let cluster;
const options = { get config() { return cluster.config; } };

// The program starts when its servers have.
class ClusterSuite extends Suite {
  async start() {
    cluster = await Cluster.start(3);
    await super.start();
  }

  async stop() {
    await super.stop();
    await cluster?.stop();
  }
}

const suite = mariadbd ? new ClusterSuite(options) : { test: (name) => test(name, { skip: 'no mariadbd: .ci/setup.sh installs it' }, () => {}) };

const dialog = (page) => page.locator('#command-dialog');
const gone = (page) => dialog(page).waitFor({ state: 'detached', timeout: 60000 });
const toast = (page, text) => page.locator('.toast', { hasText: text }).first().waitFor();

async function open(page, what) {
  await page.locator(`.bar [data-do="${what}"]`).click();
  await dialog(page).waitFor();
}

suite.test('a replica is made the primary, and the audit log has why', async () => {
  const c = await suite.window({ path: '/servers/server2' });
  const { page } = c;
  await open(page, 'switchover');
  assert.equal(await page.locator('#command-choice').inputValue(), 'server2');
  await page.locator('#command-keep:focus').waitFor();
  await page.keyboard.press('Escape');
  await gone(page);
  await open(page, 'switchover');
  await page.fill('#command-reason', 'new disk, OPS-7');
  await page.click('#command-do');
  await gone(page);
  await toast(page, 'server2 is the primary now.');
  await page.locator('.bar .chip', { hasText: 'Primary' }).waitFor();
  assert.equal(await cluster.servers[1].sql('SELECT @@read_only'), '0');
  const audit = await (await c.context.request.get('/v1/audit')).text();
  assert.match(audit, /new disk, OPS-7/);
});

suite.test('what a monitor refuses is shown with all of its words', async () => {
  const c = await suite.window({ path: '/servers/server3' });
  const { page } = c;
  const stray = cluster.servers[2];
  await stray.sql('STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only=0', 'CREATE TABLE app.stray (a INT)', 'CREATE TABLE app.more (a INT)');
  await open(page, 'rejoin');
  await page.click('#command-do');
  await page.locator('#command-dialog [role=alert]', { hasText: /'server3' cannot replicate from primary server 'server2'/ }).waitFor();
  await page.click('#command-keep');
  await gone(page);
  // Nothing of it is anywhere else: its own history is deleted, and all begin anew.
  await stray.sql('DROP TABLE app.stray', 'DROP TABLE app.more');
  await page.goto('/monitors/Monitor');
  await open(page, 'reset-replication');
  assert.equal(await page.locator('#command-do').isDisabled(), true);
  await page.fill('#command-confirm', 'server2');
  await page.click('#command-do');
  await gone(page);
  await toast(page, 'The replication of Monitor was reset.');
  await page.goto('/servers/server3');
  await page.locator('.bar .chip', { hasText: 'Replica' }).waitFor();
});

suite.test('servers go into maintenance and come back, and monitors stop and start', async () => {
  const c = await suite.window({ path: '/servers/server1' });
  const { page } = c;
  await open(page, 'maintenance');
  await page.click('#command-do');
  await gone(page);
  await page.locator('.bar .chip', { hasText: 'Maintenance' }).waitFor();
  await page.locator('.bar [data-do=clear]').click();
  await page.locator('.bar .chip', { hasText: 'Replica' }).waitFor();
  await open(page, 'drain');
  await page.click('#command-do');
  await gone(page);
  await page.locator('.bar .chip', { hasText: 'Drain' }).waitFor();
  await page.locator('.bar [data-do=clear]').click();
  await page.locator('.bar .chip', { hasText: 'Replica' }).waitFor();
  await page.goto('/monitors/Monitor');
  await open(page, 'stop');
  await page.click('#command-do');
  await gone(page);
  await page.locator('.bar .chip', { hasText: 'Stopped' }).waitFor();
  await page.locator('.bar [data-do=start]').click();
  await page.locator('.bar .chip', { hasText: 'Running' }).waitFor();
});

suite.test('a dead primary is replaced from the topology, and those who may not act have no buttons', async () => {
  const c = await suite.window({ path: '/topology' });
  const { page } = c;
  await page.locator('.bar [data-do=switchover]').waitFor();
  const viewer = await suite.window({ path: '/topology', user: 'viewer' });
  await viewer.page.locator('.bar .monitor').waitFor();
  assert.equal(await viewer.page.locator('.bar [data-do]').count(), 0);
  const dead = cluster.servers[1];
  await end(dead.process, 'SIGKILL');
  await open(page, 'failover');
  await page.click('#command-do');
  await gone(page);
  await toast(page, 'Monitor has another primary now.');
  const writable = () => Promise.all([0, 2].map((i) => cluster.servers[i].sql('SELECT @@read_only')));
  await until('one of the others takes writes', async () => (await writable()).sort().join() === '0,1');
  await dead.start();
  await page.goto('/servers/server2');
  await open(page, 'rejoin');
  await page.click('#command-do');
  await gone(page);
  await page.locator('.bar .chip', { hasText: 'Replica' }).waitFor();
});

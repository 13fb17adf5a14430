// Every page of the console and what comes up on it: the list that pictures,
// axe-core and the tests of reflow go through, with something to look at.
import assert from 'node:assert/strict';

// long is a statement that no column has room for, and rude text that wants to
// be more than text.
const long = `select c.name, c.city, sum(l.quantity * p.price) as turnover, count(distinct o.id) as orders
  from customers c join orders o on o.customer_id = c.id join order_lines l on l.order_id = o.id join products p on p.id = l.product_id
  where o.status in ('paid', 'sent') and sleep(600) = 0 group by c.name, c.city order by turnover desc limit 50`;
const rude = '<img src=x onerror="window.hacked=1"> \u202Etxt.exe\u202C';

// Stage is what the scenes show: sessions in every state, jobs, and an audit log.
export class Stage {
  // set sets the stage for a window that is open on the demo.
  static async set(suite, c) {
    const s = new Stage();
    Object.assign(s, { suite, c, page: c.page });
    await s.rest('put', '/v1/preferences/shared', {
      views: [{ name: 'Slow reports', filter: 'in-state>1s state:!idle', sort: '-in-state' }],
      thresholds: { long_query: 2, long_transaction: 30, lag: 5 },
    });
    const { readOnly } = suite.proxy;
    [s.busy, s.swaps, s.restarts, s.doomed, s.late, s.plain, s.blocked] = await suite.clients(7);
    [s.slow, s.report] = await suite.clients(2, { port: readOnly });
    s.rude = await suite.client({ attributes: { program_name: `${rude} ${'W'.repeat(300)}` } });
    s.crowd = await suite.clients(8, { port: readOnly });
    await s.alter(s.busy, { log_info: true });
    for (const c of [s.busy, s.swaps, s.restarts]) {
      await c.query('begin');
      await c.query('update products set stock = stock where id = 1');
    }
    for (let i = 1; i < 12; i++) await s.busy.query(`select name, price from products where id = ${i}`);
    await s.busy.query('select from where').catch(() => {});
    s.slow.begin('select sleep(600)');
    s.report.begin(long);
    s.blocked.begin('select sleep(601) /* update stock set quantity = quantity - 1 where product_id = 4711 */');
    await s.rude.query(`select '${rude}', '${'W'.repeat(2000)}'`);
    await s.rest('patch', `/v1/sessions/${s.swaps.id}/relationships/filters`, { data: ['QLA', 'Hint'].map((id) => ({ id, type: 'filters' })) });
    await s.rest('post', `/v1/sessions/${s.restarts.id}/restart`);
    await s.rest('delete', `/v1/sessions/${s.doomed.id}?ttl=3600&reason=${encodeURIComponent('stuck lock, OPS-4411')}`);
    await s.rest('delete', `/v1/sessions/${s.late.id}?ttl=5h&when=idle&reason=${encodeURIComponent(rude)}`);
    const ended = await suite.client();
    await ended.query('select 1');
    await s.rest('delete', `/v1/sessions/${ended.id}?reason=${encodeURIComponent('runaway report')}`);
    await ended.ended;
    s.ended = ended.id;
    const ids = s.crowd.map((client) => client.id);
    s.over = await s.start({ action: 'restart', ids: [...ids, ended.id], reason: 'new filters' });
    s.job = await s.start({ action: 'restart', ids, pace: 0.1, reason: 'one by one, clients reconnect' });
    c.lock?.(s.blocked.id, s.busy.id);
    return s;
  }

  // rest calls the API as who is logged in.
  async rest(method, path, data) {
    const answer = await this.c.context.request[method](path, { data });
    const text = await answer.text();
    assert.ok(answer.ok(), `${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async start(job) {
    return (await this.rest('post', '/v1/jobs', job)).data.id;
  }

  alter(client, parameters) {
    return this.rest('patch', `/v1/sessions/${client.id}`, { data: { attributes: { parameters } } });
  }

  // go shows the page of an address, as a link would, and waits for what it has.
  // Now and then it loads the console anew: nobody opens pages so fast as a test,
  // and the feed allows a hundred subscriptions at once.
  async go(path, ...seen) {
    await this.page.mouse.move(0, 0);
    if (this.c.asked > 70) {
      await this.page.goto(path);
    } else {
      await this.page.evaluate((to) => {
        history.pushState(null, '', to);
        dispatchEvent(new PopStateEvent('popstate'));
      }, path);
    }
    await this.page.locator('.fresh', { hasText: 'Live' }).waitFor();
    for (const selector of seen) await this.page.locator(selector).first().waitFor({ state: 'attached' }); // a line of one point has no extent
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async closeMenu() {
    await this.press('Escape');
    await this.page.locator('.sessions .menu').waitFor({ state: 'detached' });
  }

  row(client) {
    return this.c.row(client.id);
  }
}

// scenes are in the order in which they are shown: each has a name, opens on a
// stage, and may have to be left. What hangs at a place of the page (true) is
// opened anew for another size of the window.
const scenes = [
  ['overview', (s) => s.go('/overview', '.concern', '.tile .line')],
  ['sessions', (s) => s.go('/sessions', '.row')],
  ['sessions-filter', (s) => s.go(`/sessions?q=${encodeURIComponent('service:RW-Split-Router,Read-Connection-Router state:!idle')}`, '.row', '.tok')],
  ['sessions-mistake', (s) => s.go(`/sessions?q=${encodeURIComponent('user:demo age>soon')}`, '.qerr')],
  ['sessions-nothing', (s) => s.go(`/sessions?q=${encodeURIComponent(`${'user:batch '.repeat(6)}stmt:"<img src=x> \u202Etxt.exe, which nobody says"`)}`, '.instead .btn')],
  ['sessions-many-columns', async (s) => {
    await s.go('/sessions', '.row');
    await s.page.click('#open-columns');
    await s.page.locator('.menu').first().waitFor();
  }, (s) => s.closeMenu(), true],
  ['sessions-complete', async (s) => {
    await s.go('/sessions');
    await s.press('/');
    await s.page.keyboard.type('state:');
    await s.page.locator('.menu.list [role=option]').first().waitFor();
  }, (s) => s.press('Escape', 'Escape')],
  ['sessions-selection', async (s) => {
    await s.go('/sessions?q=user%3Ademo', '.row');
    for (const client of [s.busy, s.slow]) await s.c.check(client.id).click();
    await s.page.locator('.sum.bulk').waitFor();
  }, (s) => s.press('Escape')],
  ['sessions-menu', async (s) => {
    await s.go('/sessions?q=user%3Ademo', '.row');
    await s.c.menu(s.busy.id).click();
    await s.c.item(s.busy.id, 'kill').waitFor();
  }, (s) => s.closeMenu(), true],
  ['sessions-hold', async (s) => {
    await s.go('/sessions?q=user%3Ademo', '.row');
    await s.row(s.plain).waitFor();
    await s.press('Space');
    await s.page.locator('.fresh.held').waitFor();
    s.plain.close();
    await s.page.locator('.row.ghost').waitFor();
  }, (s) => s.press('Space')],
  ['kill', async (s) => {
    await s.go('/sessions?q=user%3Ademo', '.row');
    await s.c.askKill(s.busy.id);
  }, (s) => s.page.click('#kill-keep')],
  ['kill-custom', async (s) => {
    await s.go('/sessions?q=user%3Ademo', '.row');
    await s.c.askKill(s.report.id);
    await s.page.click('#kill-custom');
    await s.page.fill('#kill-after', 'soon');
    await s.page.click('#kill-do');
    await s.c.dialog.getByText('That is no time:').waitFor();
  }, (s) => s.press('Escape')],
  ['bulk', async (s) => {
    await s.go('/sessions?q=user%3A!demo', '.row');
    await s.page.getByRole('button', { name: 'Kill matching…' }).click();
    await s.page.locator('#bulk-dialog .bulk-groups tbody tr').first().waitFor();
  }, (s) => s.page.click('#bulk-keep')],
  ['bulk-levels', async (s) => {
    await s.go('/sessions?q=user%3Ademo', '.row');
    for (const client of [s.busy, s.slow]) await s.c.check(client.id).click();
    await s.page.locator('.sum.bulk').getByRole('button', { name: 'Log level…' }).click();
    await s.page.locator('#bulk-log_debug').waitFor();
  }, async (s) => { await s.page.click('#bulk-keep'); await s.press('Escape'); }],
  ['session', (s) => s.go(`/sessions/${s.busy.id}`, '.session .path text:text("readwritesplit")', '.backends tbody tr')],
  ['session-slow', (s) => s.go(`/sessions/${s.report.id}`, '.session .path', 'pre.statement')],
  ['session-rude', (s) => s.go(`/sessions/${s.rude.id}`, '.session .path', 'pre.statement')],
  ['session-statements', (s) => s.go(`/sessions/${s.busy.id}/statements`, '.session tbody tr')],
  ['session-chain', (s) => s.go(`/sessions/${s.busy.id}/chain`, '#chain-new li')],
  ['session-chain-conflict', async (s) => {
    await s.go(`/sessions/${s.crowd[7].id}/chain`, '#chain-now');
    await s.page.selectOption('#chain-add', { index: 1 });
    await s.page.click('#chain-add-do');
    await s.rest('patch', `/v1/sessions/${s.crowd[7].id}/relationships/filters`, { data: ['Regex', 'QLA'].map((id) => ({ id, type: 'filters' })) });
    await s.page.locator('.chain-theirs:not([hidden])').waitFor();
  }, (s) => s.page.click('#chain-discard')],
  ['session-chain-pending', (s) => s.go(`/sessions/${s.swaps.id}/chain`, '#chain-new li', '#chain-pending')],
  ['session-log', (s) => s.go(`/sessions/${s.busy.id}/log`, '#log-tail .line')],
  ['session-timeline', (s) => s.go(`/sessions/${s.busy.id}/timeline`, '.lanes svg')],
  ['session-timeline-table', async (s) => {
    await s.go(`/sessions/${s.busy.id}/timeline`, '.lanes svg');
    await s.page.click('#timeline-table');
    await s.page.locator('#timeline-rows tbody tr').first().waitFor();
  }, (s) => s.page.click('#timeline-picture')],
  ['session-ended', (s) => s.go(`/sessions/${s.ended}`, '.session .banner')],
  ['queries', (s) => s.go('/queries', '.t.of-queries tbody tr')],
  ['queries-grouped', (s) => s.go('/queries?group=fingerprint', '.t.of-kinds tbody tr')],
  ['queries-ask', async (s) => {
    await s.go('/queries?q=stmt%3Asleep', '.t.of-queries tbody tr');
    await s.page.locator(`[data-id="${s.slow.id}"] [data-do=cancel]`).first().click();
    await s.page.locator('.ask').waitFor();
  }, (s) => s.press('Escape')],
  ['topology', (s) => s.go('/topology', '.topo .node')],
  ['topology-session', (s) => s.go(`/topology?focus=session:${s.busy.id}`, '.topo .node')],
  ['topology-table', (s) => s.go('/topology?view=table', '.topology tbody tr')],
  ['services', (s) => s.go('/services', 'tbody tr')],
  ['service', (s) => s.go('/services/RW-Split-Router', '.boxes .box', '#service-chain-new li', '#service-chain-new .tag:text("hintfilter")')],
  ['servers', (s) => s.go('/servers', 'tbody tr')],
  ['server', (s) => s.go('/servers/server1', '.boxes .box')],
  ['filters', (s) => s.go('/filters', 'tbody tr')],
  ['filter', (s) => s.go('/filters/QLA', '.boxes .box')],
  ['monitors', (s) => s.go('/monitors', 'tbody tr')],
  ['monitor', (s) => s.go('/monitors/MariaDB-Monitor', '.boxes .box')],
  ['monitor-switchover', async (s) => {
    await s.go('/monitors/MariaDB-Monitor', '.boxes .box');
    await s.page.locator('.bar [data-do=switchover]').click();
    await s.page.locator('#command-dialog').waitFor();
  }, (s) => s.press('Escape')],
  ['listeners', (s) => s.go('/listeners', 'tbody tr')],
  ['listener', (s) => s.go('/listeners/RW-Split-Listener', '.boxes .box')],
  ['log', (s) => s.go('/log', '.entry')],
  ['audit', async (s) => {
    await s.go('/audit', 'tr[data-id]');
    await s.page.locator('tr[data-id]', { hasText: 'session.alter' }).first().locator('button').click();
    await s.page.locator('tr.more').waitFor();
    await s.page.getByRole('button', { name: 'Verify' }).click();
    await s.page.locator('.check', { hasText: 'as they were written' }).waitFor();
  }],
  ['pending', (s) => s.go('/pending', '#pending-kills tbody tr', '#pending-swaps tbody tr', '#pending-jobs tbody tr')],
  ['job', (s) => s.go(`/pending/${s.job}`, '#outcomes tbody tr')],
  ['job-over', (s) => s.go(`/pending/${s.over}`, '#outcomes tbody tr')],
  ['settings', (s) => s.go('/settings', '.setting')],
  ['settings-shortcuts', (s) => s.go('/settings/shortcuts', '.keys')],
  ['settings-thresholds', (s) => s.go('/settings/thresholds', '#lag')],
  ['palette', async (s) => {
    await s.go('/overview');
    await s.press('Control+k');
    await s.page.keyboard.type('se');
    await s.page.locator('#palette-list [role=option]').first().waitFor();
  }, (s) => s.press('Escape')],
  ['help', async (s) => {
    await s.go('/sessions', '.row');
    await s.press('?');
    await s.page.getByRole('dialog', { name: 'Keys' }).waitFor();
  }, (s) => s.press('Escape')],
  ['user-menu', async (s) => {
    await s.go('/servers', 'tbody tr');
    await s.page.click('#account');
    await s.page.locator('.user .menu').waitFor();
  }, (s) => s.press('Escape')],
  ['nowhere', (s) => s.go('/nowhere', '.empty')],
];

// halves are the scenes in two parts, so that no test takes long; only those of
// SCENES for who works on a few.
const only = process.env.SCENES?.split(',');
const half = Math.ceil(scenes.length / 2);
export const halves = [['the first', scenes.slice(0, half)], ['the other', scenes.slice(half)]]
  .map(([part, list]) => [part, only ? list.filter(([name]) => only.includes(name)) : list]);

// locked makes the feed of a page say that one session waits for a lock of
// another, which servers in memory have no locks for, and hang up when told to.
export async function locked(c) {
  let waits, holds, gone, line;
  c.lock = (a, b) => { [waits, holds] = [a, b]; };
  c.hangUp = () => {
    gone = true;
    line?.close();
  };
  const alter = (text) => {
    const frame = JSON.parse(text);
    for (const r of frame.upserts ?? []) {
      if (r.type !== 'sessions') continue;
      if (r.id === waits) r.attributes.activity.blocked_by = holds;
      if (r.id === holds) r.attributes.activity.blocks = 1;
    }
    return JSON.stringify(frame);
  };
  await c.page.routeWebSocket(/\/v1\/ws$/, (ws) => {
    line = ws;
    if (gone) {
      ws.close();
      return;
    }
    const server = ws.connectToServer();
    server.onMessage((text) => ws.send(waits ? alter(text) : text));
    c.asked = 0;
    ws.onMessage((text) => {
      c.asked++;
      server.send(text);
    });
  });
}

// wide says what of a page is wider than there is room: the page, or a part of
// it that is not meant to be scrolled. Columns and buttons follow the window a
// moment later.
export async function wide(page) {
  for (let left = 8; ; left--) {
    await page.waitForTimeout(120);
    const over = await tooWide(page);
    if (over.length === 0 || left === 0) return over;
  }
}

function tooWide(page) {
  return page.evaluate(() => [':root', 'main', '.top', '.dlg', '.bar', '.sum', '.session-head']
    .flatMap((of) => [...document.querySelectorAll(of)].map((e) => [of, e.scrollWidth - e.clientWidth]))
    .filter(([of, over]) => over > 0).map(([of, over]) => `${of} is ${over} px too wide`));
}

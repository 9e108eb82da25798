import { expect, test } from '../support/fixtures.ts';
import { Dashboard } from '../pages/dashboard.ts';

/** One person's way through the demo, as the README tells it; each test starts where the last one ended. */
test.describe.configure({ mode: 'serial' });

test('the doughnut failure is found from the overview, and seen in the tap', async ({
  page,
  mesh,
}) => {
  const dashboard = new Dashboard(page, mesh.url);
  await dashboard.open('/');
  const card = page.getByRole('article', { name: /^voting fails/ });
  await expect(card).toBeVisible({ timeout: 75_000 });
  await expect(card).toContainText('VoteDoughnut');
  await expect(page.getByRole('article', { name: /^web is dragged down by voting/ })).toBeVisible();

  await card.getByRole('link', { name: 'See why' }).click();
  await expect(dashboard.title).toHaveText('Why voting fails');
  const byRoute = page.getByRole('region', { name: 'By route' });
  await expect(byRoute.getByRole('link').first()).toContainText('VoteDoughnut');
  await expect(byRoute.getByRole('link').first()).toContainText('stands out');

  await page.getByRole('link', { name: 'Open voting' }).click();
  await expect(dashboard.title).toContainText('voting');
  await expect(page.getByText('100 % the application')).toBeVisible();
  await expect(dashboard.row('Called by', 'web')).toContainText('mutual TLS');

  await page.getByRole('link', { name: /^Tap/ }).last().click();
  const filter = page.getByRole('combobox', { name: 'Filter the tap' });
  await filter.fill('grpc:Unknown');
  await filter.press('Enter');
  const row = dashboard.exchanges.filter({ hasText: 'VoteDoughnut' }).first();
  await expect(row).toBeVisible({ timeout: 75_000 });
  await expect(row).toContainText('Unknown');
  await row.click();
  const exchange = page.getByRole('complementary', { name: 'The exchange' });
  await expect(exchange).toContainText('VoteDoughnut');
  await expect(exchange).toContainText('content-type');
});

test('the map shows who fails and who is outside; a line tells its story and leads to its tap', async ({
  page,
  mesh,
}) => {
  const dashboard = new Dashboard(page, mesh.url);
  await dashboard.open('/map');
  const line = page.getByRole('group', { name: /^web to voting: .* Mutual TLS between/ });
  await expect(line).toBeAttached();
  await line.focus();
  await page.keyboard.press('Enter');
  const card = page.getByRole('region', { name: 'Selected' });
  await expect(card).toContainText('web → voting');
  await expect(page.getByRole('group', { name: /^vote-bot to web: .* Plain text/ })).toBeAttached();

  await page.getByRole('combobox', { name: 'Filter the map' }).fill('tls:no');
  await page.keyboard.press('Enter');
  await expect(line).not.toBeAttached();
  await dashboard.open('/map');
  await line.focus();
  await page.keyboard.press('Enter');
  await card.getByRole('link', { name: 'Tap edge' }).click();
  await expect(page.getByRole('button', { name: 'src:web', exact: true })).toBeVisible();
  await expect(dashboard.exchanges.first()).toBeVisible({ timeout: 75_000 });
});

test('a tap is paused and goes on without losing its rows', async ({ page, mesh }) => {
  const dashboard = new Dashboard(page, mesh.url);
  await dashboard.open('/tap/emojivoto/deployment/web');
  const rows = dashboard.exchanges;
  await expect(rows.first()).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  const newest = await rows.first().textContent();
  await page.waitForTimeout(2500);
  expect(await rows.first().textContent()).toBe(newest);
  await page.getByRole('button', { name: /Resume|Go on|Continue/ }).click();
  await expect(rows.first()).not.toHaveText(newest ?? '');
});

test('the outsider is injected with one click, and its edge turns mutual TLS', async ({
  page,
  mesh,
}) => {
  const dashboard = new Dashboard(page, mesh.url);
  await dashboard.workload('web');
  await expect(dashboard.row('Called by', 'vote-bot')).toContainText('plain text');
  await dashboard.workload('vote-bot');
  await page.getByRole('button', { name: 'Inject vote-bot' }).click();
  const drawer = page.getByRole('dialog', { name: 'Bring vote-bot into the mesh' });
  await expect(drawer).toContainText('+ linkerd.io/inject: enabled');
  await expect(drawer).toContainText('vote-bot → web');
  await drawer.getByRole('button', { name: 'Inject vote-bot' }).click();
  await expect(drawer).toContainText('vote-bot is in the mesh', { timeout: 30_000 });
  await drawer.getByRole('button', { name: 'Close' }).last().click();
  await dashboard.workload('web');
  await expect(dashboard.row('Called by', 'vote-bot')).toContainText('mutual TLS');
});

test('a bad route is refused beside its field and what was typed is kept; a good one is in force and counted', async ({
  page,
  mesh,
}) => {
  const dashboard = new Dashboard(page, mesh.url);
  await dashboard.open('/routes/emojivoto/web-svc');
  await page.getByRole('button', { name: 'Add a route for GET /api/vote' }).click();
  const path = page.getByRole('textbox', { name: 'Path of route 1' });
  await path.fill('/api/vote(');
  await expect(page.getByRole('row').filter({ has: path })).toContainText(/not closed|bracket|\(/);
  await expect(page.getByRole('button', { name: 'Save and apply' })).toBeDisabled();
  await page.reload();
  await expect(path).toHaveValue('/api/vote(');
  await path.fill('/api/vote');
  await page.getByRole('textbox', { name: 'Timeout of route 1' }).fill('250ms');
  await page.getByRole('button', { name: 'Save and apply' }).click();
  await expect(page.getByText('version 1').first()).toBeVisible();

  await dashboard.workload('web');
  const route = dashboard.row(/^Routes of web-svc/, 'GET /api/vote');
  await expect(route).toContainText(/250\s?ms/);
  await expect(route).toContainText('/s');
});

test.describe('while the controller restarts', () => {
  test.use({ allowedComplaints: [/WebSocket connection|net::ERR|Failed to load resource/] });

  test('traffic goes on, and the page recovers and says how long it was blind', async ({
    page,
    mesh,
  }) => {
    const dashboard = new Dashboard(page, mesh.url);
    await dashboard.open('/');
    await expect(dashboard.badge).toHaveText(/^Live/);
    process.kill(mesh.pidOf('controller'), 'SIGKILL');
    await expect(dashboard.badge).not.toHaveText(/^Live/);
    const answer = await fetch(`${mesh.demoUrl}/api/list`);
    expect(answer.status).toBe(200);
    await expect(dashboard.badge).toHaveText(/^Live, was blind for/);
    await dashboard.workload('web');
    await expect(dashboard.row(/^Routes of web-svc/, 'GET /api/vote')).toContainText(/250\s?ms/);
  });
});

test('the outsider is taken out again', async ({ page, mesh }) => {
  const dashboard = new Dashboard(page, mesh.url);
  await dashboard.workload('vote-bot');
  await page.getByRole('button', { name: 'Take out of mesh' }).click();
  const drawer = page.getByRole('dialog', { name: 'Take vote-bot out of the mesh' });
  await drawer.getByRole('button', { name: 'Take vote-bot out' }).click();
  await expect(drawer).toContainText('vote-bot is outside the mesh', { timeout: 30_000 });
});

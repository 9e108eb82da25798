import { expect, test as base, type Page } from '@playwright/test';
import { Dashboard } from '../pages/dashboard.ts';

const URL = process.env['TULLE_DASHBOARD_URL'] ?? '';
const TOKEN = process.env['TULLE_TOKEN'] ?? '';
/** Pods start, certificates are made, Prometheus looks again: all of it takes longer than on a laptop. */
const PATIENCE_MS = 75_000;

/** A page whose person has signed in with a token of the cluster. */
const test = base.extend<{ dashboard: Dashboard }>({
  dashboard: async ({ page }, use) => {
    await signIn(page);
    await use(new Dashboard(page, URL));
  },
});

test.describe.configure({ mode: 'serial' });

async function signIn(page: Page): Promise<void> {
  const answer = await page.request.put(`${URL}/api/v1/session`, { data: { token: TOKEN } });
  expect(answer.status(), await answer.text()).toBe(200);
}

test('the doughnut failure is found from the overview, and seen in the tap', async ({
  page,
  dashboard,
}) => {
  await dashboard.open('/');
  const card = page.getByRole('article', { name: /^voting fails/ });
  await expect(card).toBeVisible({ timeout: PATIENCE_MS });
  await dashboard.workload('voting');
  await expect(dashboard.row('Called by', 'web')).toContainText('mutual TLS');
  await dashboard.open('/tap/emojivoto/deployment/voting');
  const filter = page.getByRole('combobox', { name: 'Filter the tap' });
  await filter.fill('grpc:Unknown');
  await filter.press('Enter');
  const row = dashboard.exchanges.filter({ hasText: 'VoteDoughnut' }).first();
  await expect(row).toBeVisible({ timeout: PATIENCE_MS });
  await expect(row).toContainText('Unknown');
});

test('the outsider is injected with one click, and its rollout is followed', async ({
  page,
  dashboard,
}) => {
  await dashboard.workload('vote-bot');
  await page.getByRole('button', { name: 'Inject vote-bot' }).click();
  const drawer = page.getByRole('dialog', { name: 'Bring vote-bot into the mesh' });
  await expect(drawer).toContainText('+ linkerd.io/inject: enabled');
  await drawer.getByRole('button', { name: 'Inject vote-bot' }).click();
  await expect(drawer).toContainText('vote-bot is in the mesh', { timeout: PATIENCE_MS });
});

test('a bad route is refused beside its field; a good one is in force and counted', async ({
  page,
  dashboard,
}) => {
  await dashboard.open('/routes/emojivoto/web-svc');
  await page
    .getByRole('button', { name: 'Add a route for GET /api/vote' })
    .click({ timeout: PATIENCE_MS });
  const path = page.getByRole('textbox', { name: 'Path of route 1' });
  await path.fill('/api/vote(');
  await expect(page.getByRole('row').filter({ has: path })).toContainText(/not closed|bracket|\(/);
  await expect(page.getByRole('button', { name: 'Save and apply' })).toBeDisabled();
  await path.fill('/api/vote');
  await page.getByRole('textbox', { name: 'Timeout of route 1' }).fill('2s');
  await page.getByRole('button', { name: 'Save and apply' }).click();
  await dashboard.workload('web');
  const route = dashboard.row(/^Routes of web-svc/, 'GET /api/vote');
  await expect(route).toContainText('/s', { timeout: PATIENCE_MS });
});

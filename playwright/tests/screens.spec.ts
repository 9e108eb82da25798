import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '../support/fixtures.ts';
import { Dashboard } from '../pages/dashboard.ts';

const SCREENS = {
  overview: '/',
  namespace: '/ns/emojivoto',
  workload: '/ns/emojivoto/deployment/web',
  'workload outside the mesh': '/ns/emojivoto/deployment/vote-bot',
  why: '/why/emojivoto/deployment/voting',
  map: '/map',
  'tap chooser': '/tap',
  tap: '/tap/emojivoto/deployment/web',
  'routes chooser': '/routes',
  routes: '/routes/emojivoto/web-svc',
};

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });
    for (const [name, path] of Object.entries(SCREENS)) {
      test(`${name} has no accessibility violation`, async ({ page, mesh }) => {
        const dashboard = new Dashboard(page, mesh.url);
        await dashboard.open(path);
        await expect(dashboard.badge).toHaveText(/^Live/);
        await expect(dashboard.title).toBeVisible();
        const { violations } = await new AxeBuilder({ page }).analyze();
        const told = violations.map(
          ({ id, nodes }) => `${id}: ${nodes[0]?.html} (${nodes.length})`,
        );
        expect(told).toEqual([]);
      });
    }
  });
}

test.describe('at 390 px', () => {
  test.use({ viewport: { width: 390, height: 844 } });
  for (const [name, path] of Object.entries(SCREENS)) {
    test(`${name} does not scroll sideways`, async ({ page, mesh }) => {
      const dashboard = new Dashboard(page, mesh.url);
      await dashboard.open(path);
      await expect(dashboard.title).toBeVisible();
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
    });
  }
});

test('what is not there is said plainly, with a way back', async ({ page, mesh }) => {
  const dashboard = new Dashboard(page, mesh.url);
  await dashboard.workload('nobody');
  await expect(page.getByText(/There is no deployment nobody/)).toBeVisible();
});

test('a foreign host and a foreign origin are refused', async ({ mesh, request }) => {
  const host = await request.get(`${mesh.url}/`, { headers: { host: 'evil.example' } });
  expect(host.status()).toBe(400);
  const change = await request.put(`${mesh.url}/api/v1/workloads/emojivoto/deployment/web/inject`, {
    headers: { origin: 'https://evil.example' },
    data: { inject: 'disabled' },
  });
  expect(change.status()).toBe(403);
});

import { test as base, expect, type Page } from '@playwright/test';
import { startMesh, type Mesh } from './mesh.ts';

interface WorkerFixtures {
  /** The demo's mesh, started once for all tests of a run. */
  readonly mesh: Mesh;
}
interface TestFixtures {
  /** What the page may complain about in this test; anything else fails it. */
  readonly allowedComplaints: RegExp[];
}

/** Tests share one running mesh; a page that logs an error fails its test. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  mesh: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures a function needs from this pattern
    async ({}, use) => {
      const mesh = await startMesh();
      await use(mesh);
      await mesh.stop();
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  // oxlint-disable-next-line no-empty-pattern -- as above
  allowedComplaints: async ({}, use) => use([]),
  page: async ({ page, allowedComplaints }, use) => {
    const complaints = complaintsOf(page);
    await use(page);
    const unexpected = complaints.filter(
      (text) => !allowedComplaints.some((allowed) => allowed.test(text)),
    );
    expect(unexpected, 'errors on the console').toEqual([]);
  },
});

export { expect } from '@playwright/test';

function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

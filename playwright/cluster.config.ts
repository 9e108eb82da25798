import { defineConfig } from '@playwright/test';
import config from './playwright.config.ts';

/** The story once more, against the dashboard of a cluster: TULLE_DASHBOARD_URL, and TULLE_TOKEN to sign in with. */
export default defineConfig({
  ...config,
  testDir: './cluster',
  outputDir: './test-results-cluster',
});

import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@': path.join(import.meta.dirname, 'src') } },
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.spec.{ts,tsx}'],
    setupFiles: ['./vitest-setup.ts'],
    css: false,
    testTimeout: 20_000,
    // Two workers are enough for a laptop, and leave the other programs of the mesh room.
    maxWorkers: 2,
  },
});

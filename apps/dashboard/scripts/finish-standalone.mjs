/**
 * Next leaves static files and `public` out of its standalone folder (a CDN may serve them); a laptop has no CDN, so
 * they are put beside the server. Run after `next build`.
 */
import { cp, access, rm } from 'node:fs/promises';
import path from 'node:path';

const app = path.join(import.meta.dirname, '..');
const standalone = path.join(app, '.next/standalone/apps/dashboard');

await access(path.join(standalone, 'server.js')).catch(() => {
  console.error(`${standalone}/server.js is missing: did "next build" end well?`);
  process.exit(1);
});
for (const [from, to] of [
  ['.next/static', '.next/static'],
  ['public', 'public'],
]) {
  const target = path.join(standalone, to);
  await rm(target, { recursive: true, force: true });
  await cp(path.join(app, from), target, { recursive: true });
}

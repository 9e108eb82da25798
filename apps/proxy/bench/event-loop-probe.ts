/** Loaded into a proxy that is soaked (`NODE_OPTIONS=--import`): writes how late its event loop has been to a file of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const WRITE_EVERY_MS = 2000;

const dir = process.env['TULLE_SOAK_DIR'];
if (dir !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  setInterval(() => {
    // What is measured is from one look to the next.
    const p99Ms = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS);
    writeFileSync(join(dir, `${process.pid}.txt`), String(p99Ms));
  }, WRITE_EVERY_MS).unref();
}

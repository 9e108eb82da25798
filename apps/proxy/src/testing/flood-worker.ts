/**
 * A thread that floods the port in `workerData` with one flood after the other until it gets a message, then sends how
 * many there were. A thread of its own, as making floods would hold up whoever measures beside it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { FLOODS, flood } from './http2-floods.ts';
import { connectRaw } from './raw-http2.ts';

const { port } = workerData as { readonly port: number };
const over = new AbortController();
parentPort?.once('message', () => over.abort());
let floods = 0;
// One more than one, however soon the message comes: on a busy machine a flood takes as long as all that is measured.
while (!over.signal.aborted || floods < 2) {
  const one = FLOODS[floods % FLOODS.length];
  // Each flood ends with its connection closed: there is nothing to clean up.
  if (one !== undefined) await flood(await connectRaw({ after: () => {} }, port), one);
  floods += 1;
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
parentPort?.postMessage(floods);

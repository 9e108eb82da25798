/** Fuzzes one target in a thread of its own, so that an input that never comes to an end is told, too. */
import { Worker } from 'node:worker_threads';
import type { WorkerResult, WorkerTask } from './fuzz-worker.ts';
import { INPUT_AT, INPUT_BYTES, InputSlot } from './input-slot.ts';

/** No input of a few kilobytes may take longer. */
const HANGS_AFTER_MS = 10_000;
const LOOK_MS = 500;

/** Until the first finding, or for `forMs`. */
export async function fuzzInWorker(
  target: string,
  seed: number,
  forMs: number,
): Promise<WorkerResult> {
  const memory = new SharedArrayBuffer(INPUT_AT + INPUT_BYTES);
  const slot = new InputSlot(memory);
  const task: WorkerTask = { target, seed, forMs, memory };
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), { workerData: task });
  const { promise, resolve, reject } = Promise.withResolvers<WorkerResult>();
  worker.once('message', resolve);
  worker.once('error', reject);
  let beganBefore = slot.began;
  let movedAtMs = performance.now();
  const timer = setInterval(() => {
    const { began } = slot;
    if (began !== beganBefore) movedAtMs = performance.now();
    beganBefore = began;
    if (performance.now() - movedAtMs < HANGS_AFTER_MS || began === 0) return;
    const message = `does not end within ${HANGS_AFTER_MS} ms`;
    resolve({ runs: began, reached: 0, corpus: [], finding: { input: slot.read(), message } });
  }, LOOK_MS);
  try {
    return asBuffers(await promise);
  } finally {
    clearInterval(timer);
    await worker.terminate();
  }
}

/** Buffers come out of a thread as plain byte arrays. */
function asBuffers(result: WorkerResult): WorkerResult {
  const { finding } = result;
  return {
    ...result,
    corpus: result.corpus.map((input) => Buffer.from(input)),
    finding: finding === null ? null : { ...finding, input: Buffer.from(finding.input) },
  };
}

/** The thread of {@link fuzzInWorker}. */
import { parentPort, workerData } from 'node:worker_threads';
import { TARGETS } from '../targets/index.ts';
import { loadCorpus } from './corpus.ts';
import { InputSlot } from './input-slot.ts';
import { runTarget } from './run-target.ts';

export interface WorkerTask {
  readonly target: string;
  readonly seed: number;
  readonly forMs: number;
  readonly memory: SharedArrayBuffer;
}

export interface WorkerResult {
  readonly runs: number;
  readonly reached: number;
  readonly corpus: readonly Buffer[];
  readonly finding: { readonly input: Buffer; readonly message: string } | null;
}

async function work(): Promise<WorkerResult> {
  const task = workerData as WorkerTask;
  const target = TARGETS.find(({ name }) => name === task.target);
  if (target === undefined) throw new Error(`There is no target ${task.target}.`);
  const slot = new InputSlot(task.memory);
  const deadline = performance.now() + task.forMs;
  const { finding, ...result } = await runTarget(target, {
    corpus: loadCorpus(target.name),
    seed: task.seed,
    maxRuns: Infinity,
    isDue: () => performance.now() > deadline,
    began: (input) => slot.begin(input),
  });
  if (finding === null) return { ...result, finding };
  const message = finding.error.stack ?? finding.error.message;
  return { ...result, finding: { input: finding.input, message } };
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
parentPort?.postMessage(await work());

/** Which code an input reached, from V8's own counters: no instrumented build is needed. */
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/** Code of ours that is not itself the fuzzer. */
const MEASURED = /\/(?:apps\/proxy\/src|libs\/[^/]+\/src)\//;

export class Coverage {
  readonly #session = new Session();
  /** By script: 1 for each character of its source that has run. */
  readonly #reached = new Map<string, Uint8Array>();

  start(): void {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  stop(): void {
    this.#session.disconnect();
  }

  /** Characters of source reached so far. */
  get size(): number {
    let size = 0;
    for (const script of this.#reached.values()) for (const one of script) size += one;
    return size;
  }

  /** Whether what ran since the last call reached code that nothing had reached. @param keep remember it. */
  takeNew(keep: boolean): boolean {
    let scripts: Profiler.ScriptCoverage[] = [];
    // Within one process the answer comes before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error === null) scripts = taken.result;
    });
    let isNew = false;
    for (const script of scripts) {
      if (MEASURED.test(script.url) && this.#note(script, keep)) isNew = true;
    }
    return isNew;
  }

  /** The functions told differ from call to call, and with them how far into the source they reach. */
  #reachedOf(url: string, length: number): Uint8Array {
    const known = this.#reached.get(url);
    if (known !== undefined && known.length >= length) return known;
    const longer = new Uint8Array(length);
    if (known !== undefined) longer.set(known);
    this.#reached.set(url, longer);
    return longer;
  }

  #note({ url, functions }: Profiler.ScriptCoverage, keep: boolean): boolean {
    const ran = functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
    if (ran.length === 0) return false;
    const end = Math.max(...functions.map(({ ranges }) => ranges[0]?.endOffset ?? 0));
    const reached = this.#reachedOf(url, end);
    let isNew = false;
    for (const { ranges } of ran) {
      const [outer] = ranges;
      if (outer === undefined) continue;
      const inside = new Uint8Array(outer.endOffset - outer.startOffset);
      // Inner ranges come after the ones they stand in.
      for (const { startOffset, endOffset, count } of ranges) {
        const from = startOffset - outer.startOffset;
        inside.fill(count > 0 ? 1 : 0, from, endOffset - outer.startOffset);
      }
      for (let i = 0; i < inside.length; i += 1) {
        if (inside[i] === 0 || reached[outer.startOffset + i] === 1) continue;
        isNew = true;
        if (keep) reached[outer.startOffset + i] = 1;
      }
    }
    return isNew;
  }
}

import { keyOf, type PlainConnections, type WorkloadRef } from '@tulle/model';
import type { Platform } from '../platform/platform.ts';

const REFRESH_MS = 2000;
/** Windows of metrics look back about this far: so long a caller that hung up explains what is still in them. */
const REMEMBER_MS = 120_000;

/**
 * Which workloads outside the mesh hold connections to which instances, as the platform knows it. Proxies cannot tell
 * plain callers apart; the platform can. Asked every two seconds, the last answer kept meanwhile.
 */
export interface PlainCallers {
  /** Workloads that call this one in plain text now. */
  of(workload: WorkloadRef): readonly WorkloadRef[];
  /** Those that did within the last two minutes, the present ones among them. */
  recentlyOf(workload: WorkloadRef): readonly WorkloadRef[];
  /** Workloads that this one calls in plain text now. */
  calledBy(workload: WorkloadRef): readonly WorkloadRef[];
  close(): void;
}

/** @param onChange called when an answer differs from the last */
export function watchPlainCallers(
  platform: Pick<Platform, 'state' | 'connected' | 'sources'>,
  onChange: () => void,
  now: () => number,
): PlainCallers {
  let connections: readonly PlainConnections[] = [];
  /** By caller and called workload. Bounded: what is older than two minutes is dropped at each answer. */
  const remembered = new Map<string, { from: WorkloadRef; to: string; seenAtMs: number }>();
  let asking = false;

  async function refresh(): Promise<void> {
    if (asking || !platform.connected()) return;
    asking = true;
    try {
      const reply = await platform.sources([]);
      const before = JSON.stringify(connections);
      connections = reply.plainConnections;
      remember();
      if (JSON.stringify(connections) !== before) onChange();
    } catch {
      // Unreachable now: the last answer stays, the next round asks again.
    } finally {
      asking = false;
    }
  }
  void refresh();
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  timer.unref();

  function remember(): void {
    const seenAtMs = now();
    for (const [pair, { seenAtMs: last }] of remembered) {
      if (seenAtMs - last > REMEMBER_MS) remembered.delete(pair);
    }
    for (const { from, toPod } of connections) {
      const called = workloadOfPod(keyOf(toPod));
      if (called === undefined) continue;
      const to = keyOf(called);
      remembered.set(`${keyOf(from)} ${to}`, { from, to, seenAtMs });
    }
  }

  function workloadOfPod(key: string): WorkloadRef | undefined {
    return platform.state().instances.find(({ ref }) => keyOf(ref) === key)?.workload;
  }

  return {
    of(workload) {
      const key = keyOf(workload);
      return distinct(
        connections.flatMap(({ from, toPod }) => {
          const to = workloadOfPod(keyOf(toPod));
          return to !== undefined && keyOf(to) === key ? [from] : [];
        }),
      );
    },
    recentlyOf(workload) {
      const key = keyOf(workload);
      return [...remembered.values()].filter(({ to }) => to === key).map(({ from }) => from);
    },
    calledBy(workload) {
      const key = keyOf(workload);
      return distinct(
        connections.flatMap(({ from, toPod }) => {
          const to = keyOf(from) === key ? workloadOfPod(keyOf(toPod)) : undefined;
          return to === undefined ? [] : [to];
        }),
      );
    },
    close: () => clearInterval(timer),
  };
}

function distinct(refs: readonly WorkloadRef[]): readonly WorkloadRef[] {
  return [...new Map(refs.map((ref) => [keyOf(ref), ref])).values()];
}

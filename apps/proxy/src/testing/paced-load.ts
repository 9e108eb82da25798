/** Requests at a steady pace over kept connections, each counted as sent and as answered or lost. */
import { Agent, request } from 'node:http';
import type { TestContext } from 'node:test';

export interface LoadOptions {
  readonly port: number;
  readonly perSecond: number;
  /** 50 where absent. */
  readonly connections?: number;
  readonly host?: string;
  /** A request without an answer is given up, and lost, after this long; 10 s where absent. */
  readonly timeoutMs?: number;
}

export interface LoadCounts {
  readonly sent: number;
  readonly answered: number;
  /** Answers other than 200, by status, and requests without one, by why. */
  readonly lost: Readonly<Record<string, number>>;
  /** Milliseconds from when each request was due, sorted. */
  readonly latenciesMs: readonly number[];
}

export interface PacedLoad {
  /** So far. */
  readonly sent: number;
  /** No more requests; resolves when all have been answered or lost. */
  stop(): Promise<LoadCounts>;
}

const TICK_MS = 5;

/** Open loop: a request is sent when it is due, however slow the answers to others are. Ends with the test at the latest. */
export function startLoad(t: TestContext, options: LoadOptions): PacedLoad {
  const { port, perSecond, connections = 50, host = 'web.test.svc.cluster.local' } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedAtMs = performance.now();
  const lost: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let answered = 0;

  function send(dueAtMs: number): Promise<void> {
    return new Promise((resolve) => {
      const lose = (why: string): void => {
        lost[why] = (lost[why] ?? 0) + 1;
        resolve();
      };
      const headers = { Host: host };
      const timeout = options.timeoutMs ?? 10_000;
      const req = request({ port, host: '127.0.0.1', path: `/${sent}`, agent, headers, timeout });
      req.on('timeout', () => req.destroy(new Error('no answer in time')));
      req.on('error', (error: NodeJS.ErrnoException) => lose(error.code ?? error.message));
      req.on('response', (res) => {
        res.on('error', () => lose('broken off'));
        res.on('end', () => {
          if (res.statusCode !== 200) {
            lose(`${res.statusCode} ${String(res.headers['l5d-proxy-error'] ?? '')}`);
            return;
          }
          answered += 1;
          latenciesMs.push(performance.now() - dueAtMs);
          resolve();
        });
        res.resume();
      });
      req.end();
    });
  }

  function sendDue(): void {
    const due = Math.floor(((performance.now() - startedAtMs) * perSecond) / 1000);
    while (sent < due) {
      sent += 1;
      const one = send(startedAtMs + (sent * 1000) / perSecond);
      pending.add(one);
      void one.then(() => pending.delete(one));
    }
  }

  const timer = setInterval(sendDue, TICK_MS);
  t.after(() => {
    clearInterval(timer);
    agent.destroy();
  });
  return {
    get sent() {
      return sent;
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
      return { sent, answered, lost, latenciesMs: latenciesMs.toSorted((a, b) => a - b) };
    },
  };
}

/** The value below which that share of the sorted numbers lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

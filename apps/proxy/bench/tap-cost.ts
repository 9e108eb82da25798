/**
 * What the tap costs a request in processor time: nobody looking, 100 exchanges a second told, and every one judged by its end.
 * At a fixed rate of requests: at full speed the rate varied fivefold between windows, and the processor time of a request with it
 * (19 µs at 45,000 requests/s, 37 µs at 8,000), which is more than a tap costs.
 */
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { create } from '@bufbuild/protobuf';
import { Exchanges, WatchRequestSchema, type WatchRequest } from '@tulle/proxy-api';
import { freePort } from '../src/testing/proxy-process.ts';
import { threadsTimeUs } from './machine.ts';
import { median, withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { loadAtRate } from './paced.ts';
import { startOrigin, startTulle } from './peers.ts';
import type { TulleRunning } from './peers.ts';

/** One in fifty is told. */
const REQUESTS_PER_SECOND = 5000;
const CONNECTIONS = 64;

const EVERYTHING = { match: { case: 'all' as const, value: { matches: [] } } };
/** As the controller asks for a viewer without a filter. */
const SOME = create(WatchRequestSchema, {
  maxPerSecond: 100,
  match: EVERYTHING,
  headers: true,
  openAfterMs: 500,
});
/** As for `failed:yes`; the origin never fails, so what is measured is the keeping and judging. */
const FAILURES = create(WatchRequestSchema, {
  maxPerSecond: 100,
  match: EVERYTHING,
  headers: true,
  outcome: [{ any: [{ test: { case: 'failed', value: true } }] }],
});

export function measureTapCost(options: BenchOptions): Promise<Figures> {
  return withPrograms(async (keep, dir) => {
    const origin = keep(await startOrigin(dir));
    const tapPort = await freePort();
    const without = await startTulle(origin.port, { env: { LINKERD2_PROXY_TAP_SVC_NAME: '' } });
    const withTap = await startTulle(origin.port, {
      env: { LINKERD2_PROXY_CONTROL_LISTEN_ADDR: `127.0.0.1:${tapPort}` },
    });
    keep(without);
    keep(withTap);
    for (const proxy of [without, withTap]) await costOf(proxy, 3);
    const [idle, tapped, judged]: [number[], number[], number[]] = [[], [], []];
    let seen = 0;
    for (let round = 0; round < options.rounds; round += 1) {
      const base = await costOf(without, options.seconds);
      idle.push((await costOf(withTap, options.seconds)) / base - 1);
      for (const [request, costs] of [
        [SOME, tapped],
        [FAILURES, judged],
      ] as const) {
        const stop = new AbortController();
        const watching = watch(withTap, tapPort, request, stop.signal);
        costs.push((await costOf(withTap, options.seconds)) / base - 1);
        stop.abort();
        seen += await watching;
      }
    }
    options.say(
      `Tap: ${Math.round(seen / (options.rounds * options.seconds))} requests/s were seen`,
    );
    return {
      tap_idle_cost: Number(median(idle).toFixed(3)),
      tap_100eps_cost: seen === 0 ? null : Number(median(tapped).toFixed(3)),
      tap_outcome_cost: Number(median(judged).toFixed(3)),
    };
  });
}

/** Microseconds of processor time per request. */
async function costOf(proxy: TulleRunning, seconds: number): Promise<number> {
  const before = threadsTimeUs(proxy.pid);
  const { sent } = await loadAtRate(proxy.port, REQUESTS_PER_SECOND, CONNECTIONS, seconds);
  return (threadsTimeUs(proxy.pid) - before) / sent;
}

/** Gives how many exchanges were told until the signal aborted. */
async function watch(
  proxy: TulleRunning,
  tapPort: number,
  request: WatchRequest,
  signal: AbortSignal,
): Promise<number> {
  const { certPem, keyPem, anchorsPem } = await proxy.authority.issueCredentials(proxy.tapName);
  const transport = createGrpcTransport({
    baseUrl: `https://127.0.0.1:${tapPort}`,
    nodeOptions: {
      cert: certPem,
      key: keyPem,
      ca: anchorsPem,
      // The address is no name; whom it belongs to is not what is measured here.
      checkServerIdentity: () => undefined,
    },
  });
  const client = createClient(Exchanges, transport);
  let seen = 0;
  try {
    for await (const { exchanges } of client.watch(request, { signal })) {
      seen += exchanges.length;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return seen;
}

/** What the tap costs a request in processor time: nobody looking, 100 exchanges a second told, and every one judged by its end. */
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { create } from '@bufbuild/protobuf';
import { Exchanges, WatchRequestSchema, type WatchRequest } from '@tulle/proxy-api';
import { freePort } from '../src/testing/proxy-process.ts';
import { measure, median, withPrograms } from './measure.ts';
import type { BenchOptions, Figures, Sample } from './measure.ts';
import { startOrigin, startTulle } from './peers.ts';
import type { TulleRunning } from './peers.ts';

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
    for (const proxy of [without, withTap]) await measure(proxy, dir, 2);
    const [idle, tapped, judged]: [number[], number[], number[]] = [[], [], []];
    let seen = 0;
    for (let round = 0; round < options.rounds; round += 1) {
      const base = await measure(without, dir, options.seconds);
      idle.push(extra(await measure(withTap, dir, options.seconds), base));
      for (const [request, costs] of [
        [SOME, tapped],
        [FAILURES, judged],
      ] as const) {
        const stop = new AbortController();
        const watching = watch(withTap, tapPort, request, stop.signal);
        costs.push(extra(await measure(withTap, dir, options.seconds), base));
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

/** 0.1: a tenth more processor time per request. */
function extra(sample: Sample, base: Sample): number {
  return sample.cpuUsPerRequest / base.cpuUsPerRequest - 1;
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

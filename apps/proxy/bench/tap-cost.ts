/** What the tap costs a request in processor time: its port open and nobody looking, and an observer of 100 a second. */
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { Tap } from '@tulle/proxy-api';
import { freePort } from '../src/testing/proxy-process.ts';
import { measure, median, withPrograms } from './measure.ts';
import type { BenchOptions, Figures, Sample } from './measure.ts';
import { startOrigin, startTulle } from './peers.ts';
import type { TulleRunning } from './peers.ts';

const EVENTS_PER_SECOND = 100;
const EVERYTHING = { match: { case: 'all' as const, value: { matches: [] } } };

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
    const [idle, tapped]: [number[], number[]] = [[], []];
    let seen = 0;
    for (let round = 0; round < options.rounds; round += 1) {
      const base = await measure(without, dir, options.seconds);
      idle.push(extra(await measure(withTap, dir, options.seconds), base));
      const stop = new AbortController();
      const observing = observe(withTap, tapPort, stop.signal);
      tapped.push(extra(await measure(withTap, dir, options.seconds), base));
      stop.abort();
      seen += await observing;
    }
    options.say(
      `Tap: ${Math.round(seen / (options.rounds * options.seconds))} requests/s were seen`,
    );
    return {
      tap_idle_cost: Number(median(idle).toFixed(3)),
      tap_100eps_cost: seen === 0 ? null : Number(median(tapped).toFixed(3)),
    };
  });
}

/** 0.1: a tenth more processor time per request. */
function extra(sample: Sample, base: Sample): number {
  return sample.cpuUsPerRequest / base.cpuUsPerRequest - 1;
}

/** Takes so many requests in each second, as the controller does. Gives how many were seen. */
async function observe(proxy: TulleRunning, tapPort: number, signal: AbortSignal): Promise<number> {
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
  const client = createClient(Tap, transport);
  let seen = 0;
  while (!signal.aborted) {
    const nextSecond = wait(1000);
    try {
      const request = { limit: EVENTS_PER_SECOND, match: EVERYTHING };
      for await (const event of client.observe(request, { signal })) {
        if (event.event.case === 'http' && event.event.value.event.case === 'requestInit')
          seen += 1;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await nextSecond;
  }
  return seen;
}

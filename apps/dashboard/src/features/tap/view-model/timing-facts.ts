import type { TapExchange } from '@tulle/model';
import { bytes, milliseconds, plain } from '@/lib/format/quantity.ts';
import { clockWithMs } from './tap-row.ts';

export type Fact = readonly [name: string, value: string];

/** Where the time of an exchange went, in the order in which it passed; phases there was nothing to wait in are left out. */
export function timingFacts(exchange: TapExchange): readonly Fact[] {
  const { atMs, latencyMs, durationMs, outcome, phases } = exchange;
  const begun: Fact = ['Begun', clockWithMs(atMs)];
  if (outcome.kind === 'pending') return [begun, ['Answer', 'not yet']];
  if (phases == null) {
    const bodyMs = durationMs === null || latencyMs === null ? null : durationMs - latencyMs;
    return [
      begun,
      ['Waiting for the answer', time(latencyMs)],
      ['Body', bodyText(bodyMs, exchange)],
      ['In all', time(durationMs)],
    ];
  }
  const { queueMs, connectMs, tlsMs, firstByteMs, bodyMs } = phases;
  return [
    begun,
    ...phase('Waiting for an endpoint', queueMs),
    ...(connectMs === null && tlsMs === null
      ? [['Connection', 'one that was open already'] as const]
      : [...phase('Connecting', connectMs), ...phase('TLS handshake', tlsMs)]),
    ...phase('First byte', firstByteMs),
    ['Body', bodyText(bodyMs, exchange)],
    ['In all', time(durationMs === null ? null : durationMs + (queueMs ?? 0))],
  ];
}

function phase(name: string, ms: number | null): readonly Fact[] {
  return ms === null ? [] : [[name, time(ms)]];
}

function bodyText(ms: number | null, { responseBytes }: TapExchange): string {
  return `${time(ms)}, ${plain(bytes(responseBytes))}`;
}

function time(ms: number | null): string {
  return plain(milliseconds(ms));
}

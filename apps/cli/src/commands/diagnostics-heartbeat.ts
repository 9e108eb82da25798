import { type OverviewView, TulleError, type VersionView } from '@tulle/model';
import { type CommandSpec, textOf } from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';

const TIMEOUT_MS = 15_000;

/** `tulle diagnostics heartbeat`: everything a heartbeat would say, and nothing else ever. */
export const DIAGNOSTICS_HEARTBEAT: CommandSpec = {
  name: 'heartbeat',
  groups: ['diagnostics'],
  summary: 'show what a heartbeat would send; it is off unless you turn it on and say where to',
  args: [],
  options: [{ flags: '--send-to <address>', about: 'send it there, as JSON by POST' }],
  examples: ['diagnostics heartbeat'],
  async run(context, _args, options) {
    const beat = await readHeartbeat(context);
    const to = textOf(options, 'sendTo');
    context.print.json(beat);
    if (to !== undefined) await send(beat, to);
  },
};

/** Counts and versions; no name of anything that runs. */
export interface Heartbeat {
  readonly version: string;
  readonly platform: string;
  readonly workloads: number;
  readonly meshedWorkloads: number;
  readonly namespaces: number;
  readonly uptimeDays: number;
}

async function readHeartbeat(context: Context): Promise<Heartbeat> {
  const { version, platform, startedAtMs } = await context.api.get<VersionView>('/version');
  const { workloads } = await context.api.get<OverviewView>('/overview');
  const rows = Object.values(workloads);
  return {
    version,
    platform,
    workloads: rows.length,
    meshedWorkloads: rows.filter(({ meshed }) => meshed.meshed > 0).length,
    namespaces: new Set(rows.map(({ ref }) => ref.namespace)).size,
    uptimeDays: Math.floor((Date.now() - startedAtMs) / 86_400_000),
  };
}

async function send(beat: Heartbeat, to: string): Promise<void> {
  const address = URL.parse(to);
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw new TulleError('invalid_argument', `--send-to is "${to}", which is no http address`);
  }
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const body = JSON.stringify(beat);
  const response = await fetch(address, { method: 'POST', headers, body, signal }).catch(
    (cause: unknown) => {
      throw new TulleError('unavailable', `${address.origin} cannot be reached.`, { cause });
    },
  );
  if (response.ok) return;
  throw new TulleError('unavailable', `${address.origin} answered with ${response.status}.`);
}

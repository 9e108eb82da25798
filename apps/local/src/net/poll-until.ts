import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { splitAddress } from './loopback.ts';

/** Something is probed often at first, as most things are ready soon, then more rarely. */
const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 250;
const PAUSE_GROWTH = 1.4;
const PROBE_TIMEOUT_MS = 1000;

/** Probes until it says yes. Resolves to false when `signal` ended it first. Has no timeout of its own. */
export async function pollUntil(
  probe: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    if (await probe()) return !signal.aborted;
    await delay(pauseMs, undefined, { signal }).catch(() => {});
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * PAUSE_GROWTH);
  }
  return false;
}

/** Whether something accepts a connection at `ip:port`. */
export function acceptsConnection(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...splitAddress(address), timeout: PROBE_TIMEOUT_MS });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

/** Whether a GET of this path is answered with a 2xx. */
export function answersOk(address: string, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { host, port } = splitAddress(address);
    const request = get({ host, port, path, agent: false, timeout: PROBE_TIMEOUT_MS });
    request.once('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 300);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
    request.once('close', () => resolve(false));
  });
}

import { get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { TulleError } from '@tulle/model';
import type { AwaitCommand } from './init-command.ts';

const ASK_EVERY_MS = 50;

/**
 * Resolves when the proxy on this host says that it is ready.
 * @throws TulleError `deadline_exceeded` with what it said last.
 */
export async function awaitReady({
  port,
  timeoutMs,
}: Omit<AwaitCommand, 'log' | 'kind'>): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const said = await ask(port);
    if (said === null) return;
    if (performance.now() >= deadlineMs) {
      const message = `The proxy was not ready within ${timeoutMs} ms: ${said}.`;
      throw new TulleError('deadline_exceeded', message);
    }
    await wait(ASK_EVERY_MS);
  }
}

/** Null when it is ready. */
function ask(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/ready', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `/ready answers ${response.statusCode}`);
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 1 s')));
    request.on('error', (error) => resolve(error.message));
  });
}

import type { ServerResponse } from 'node:http';
import type { RuntimeService } from './runtime-service.ts';

/** Least time between two lines: 20 a second. */
const PAUSE_MS = 50;

/**
 * Answers with the state now, then with a line for each change. A reader that is slow misses states in between, never
 * the newest; what waits for it is one line.
 */
export function streamState(response: ServerResponse, service: RuntimeService): void {
  let timer: NodeJS.Timeout | null = null;
  let sentRevision = -1;
  let lastSentMs = 0;

  const send = (): void => {
    timer = null;
    if (response.writableNeedDrain) return;
    const state = service.state();
    if (state.revision === sentRevision) return;
    sentRevision = state.revision;
    lastSentMs = performance.now();
    response.write(`${JSON.stringify(state)}\n`);
  };
  const soon = (): void => {
    timer ??= setTimeout(send, Math.max(0, lastSentMs + PAUSE_MS - performance.now()));
  };

  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  send();
  response.on('drain', soon);
  const stop = service.onChange(soon);
  response.on('close', () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  });
}

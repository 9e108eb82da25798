/** Connections with something to write, flushed together once per turn of the event loop, after all reads of the turn. */
export interface Flushable {
  /** Called once per {@link scheduleFlush} round; must not throw. */
  flushNow(): void;
}

let waiting: Flushable[] = [];

function flushAll(): void {
  const round = waiting;
  waiting = [];
  for (const connection of round) connection.flushNow();
}

/** The caller sees to it that a connection is queued once per round. */
export function scheduleFlush(connection: Flushable): void {
  if (waiting.length === 0) setImmediate(flushAll);
  waiting.push(connection);
}

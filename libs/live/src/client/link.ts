import { LIVE_SUBPROTOCOL } from '../protocol.ts';
import type { ClientMessage, ServerMessage } from '../protocol.ts';
import type { ConnectionState } from './connection-state.ts';
import { backoffMs } from './timing.ts';
import type { Timing } from './timing.ts';
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';

/** The client pings this often, */
const PING_MS = 5000;
/** and gives a connection up that brought nothing for this long (two pings and their answers). */
const SILENCE_MS = 12_000;

interface LinkOptions {
  readonly url: () => string;
  readonly WebSocket: WebSocketConstructor;
  readonly timing: Timing;
  /** A new connection said hello: subscribe again. */
  readonly onHello: (epoch: string) => void;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onState: (state: ConnectionState, before: ConnectionState) => void;
}

/** Keeps one WebSocket open: connects, watches over it, reconnects with growing, jittered pauses. */
export interface Link {
  readonly state: ConnectionState;
  /** True between hello and the end of a connection. */
  readonly open: boolean;
  /** Does nothing while not open. */
  send(message: ClientMessage): void;
  /** Tries again at once instead of waiting out the pause. */
  retryNow(): void;
  /** Ends the link for good. */
  close(): void;
}

export function createLink(options: LinkOptions): Link {
  const { timing } = options;
  let state: ConnectionState = { kind: 'connecting', sinceMs: timing.now(), attempt: 0 };
  let socket: WebSocketLike | null = null;
  let open = false;
  let failures = 0;
  let heardAtMs = 0;
  let cancelRetry: (() => void) | null = null;
  let cancelPing: (() => void) | null = null;

  function connect(): void {
    cancelRetry = null;
    heardAtMs = timing.now();
    let opening: WebSocketLike;
    try {
      opening = new options.WebSocket(options.url(), LIVE_SUBPROTOCOL);
    } catch {
      retryLater();
      return;
    }
    socket = opening;
    opening.addEventListener('message', ({ data }) => {
      if (socket === opening && typeof data === 'string') receive(data);
    });
    opening.addEventListener('close', () => lost(opening));
    // 'close' follows and says what there is to say.
    opening.addEventListener('error', () => undefined);
    watch();
  }

  function receive(text: string): void {
    heardAtMs = timing.now();
    const message = parse(text);
    if (message === null) return;
    if (message.type !== 'hello') {
      options.onMessage(message);
      return;
    }
    const nowMs = timing.now();
    failures = 0;
    open = true;
    const blindMs = state.kind === 'stale' ? nowMs - state.sinceMs : null;
    setState({
      kind: 'live',
      sinceMs: nowMs,
      blindMs,
      version: message.version,
      clockOffsetMs: message.serverTimeMs - nowMs,
    });
    options.onHello(message.epoch);
  }

  /** Pings, and gives the connection up when it is silent; also when it never said hello. */
  function watch(): void {
    cancelPing = timing.after(PING_MS, () => {
      const watched = socket;
      if (watched === null) return;
      if (timing.now() - heardAtMs >= SILENCE_MS) {
        lost(watched);
        watched.close();
        return;
      }
      send({ type: 'ping', sentAtMs: timing.now() });
      watch();
    });
  }

  function lost(which: WebSocketLike): void {
    if (socket !== which) return;
    socket = null;
    open = false;
    cancelPing?.();
    if (state.kind === 'closed') return;
    retryLater();
  }

  function retryLater(): void {
    failures += 1;
    const sinceMs = state.kind === 'live' ? Math.max(heardAtMs, state.sinceMs) : sinceOf(state);
    const kind = state.kind === 'connecting' ? 'connecting' : 'stale';
    setState({ kind, sinceMs, attempt: failures });
    cancelRetry = timing.after(backoffMs(failures - 1, timing.random), connect);
  }

  function sinceOf(now: ConnectionState): number {
    return now.kind === 'closed' ? timing.now() : now.sinceMs;
  }

  function setState(next: ConnectionState): void {
    const before = state;
    state = next;
    options.onState(next, before);
  }

  function send(message: ClientMessage): void {
    if (open) socket?.send(JSON.stringify(message));
  }

  connect();
  return {
    get state(): ConnectionState {
      return state;
    },
    get open(): boolean {
      return open;
    },
    send,
    retryNow(): void {
      if (cancelRetry === null) return;
      cancelRetry();
      connect();
    },
    close(): void {
      cancelRetry?.();
      cancelPing?.();
      cancelRetry = null;
      setState({ kind: 'closed' });
      const closing = socket;
      socket = null;
      open = false;
      closing?.close(1000);
    },
  };
}

/** The server's messages are trusted to have their shape; what is not JSON is ignored. */
function parse(text: string): ServerMessage | null {
  try {
    return JSON.parse(text) as ServerMessage;
  } catch {
    return null;
  }
}

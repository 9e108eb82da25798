import type { MessageInitShape } from '@bufbuild/protobuf';
import { TulleError } from '@tulle/model';
import type { InstanceState } from '@tulle/model';
import type {
  ObserveRequestSchema,
  TapEvent,
  WatchReply,
  WatchRequestSchema,
} from '@tulle/proxy-api';
import type { ConnectObserve, ObserveConnection } from './observe-client.ts';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 5000;

export interface ProxyTapOptions {
  readonly instance: InstanceState;
  readonly connect: ConnectObserve;
  readonly match: NonNullable<MessageInitShape<typeof ObserveRequestSchema>['match']>;
  /** Conditions on the end, for proxies that know Watch; the others show what does not fulfil them too. */
  readonly outcome: NonNullable<MessageInitShape<typeof WatchRequestSchema>['outcome']>;
  readonly headers: boolean;
  /** Wanted of each body; 0 for none. Observe has no bodies. */
  readonly bodyBytes: number;
  /** A request without an answer is shown after this long. */
  readonly openAfterMs: number;
  /** The budget of an Observe is what so many seconds may bring; it goes on until it is used up. */
  readonly windowSeconds: number;
  /** Requests a second this proxy may show; read before each window. At least 1. */
  readonly perSecond: () => number;
  readonly onEvent: (event: TapEvent) => void;
  /** `onReply` is called for the replies of a new Watch from now on. */
  readonly onWatch: () => void;
  readonly onReply: (reply: WatchReply) => void;
  /** Ask with Observe, even where the proxy knows Watch: the events themselves are wanted. */
  readonly observeOnly?: boolean;
  /** `failure` is why this proxy is not tapped now; null when it is. */
  readonly onStatus: (failure: TulleError | null) => void;
}

/** How one proxy is tapped now. */
export interface ProxyTap {
  readonly failure: TulleError | null;
  /** False until the proxy was asked for the first time. */
  readonly asked: boolean;
  /** The proxy turned out to know Linkerd's Observe only. */
  readonly observesOnly: boolean;
  close(): void;
}

/**
 * Keeps one proxy tapped: with Watch where the proxy knows it, with Observe where it does not. An Observe shows a limited number of requests; it is left open until that is used up, so a
 * quiet proxy is watched without gaps, and a busy one starts its next window when the last one's time is over: what it
 * answers in between is not seen, which is what the rate asks for.
 */
export function tapProxy(options: ProxyTapOptions): ProxyTap {
  const stop = new AbortController();
  const observesOnly = options.observeOnly ?? false;
  const status: Status = { failure: null, asked: false, observesOnly };
  void run(options, stop.signal, status, (failure) => {
    status.failure = failure;
    status.asked = true;
    options.onStatus(failure);
  });
  return {
    get failure(): TulleError | null {
      return status.failure;
    },
    get asked(): boolean {
      return status.asked;
    },
    get observesOnly(): boolean {
      return status.observesOnly;
    },
    close: () => stop.abort(),
  };
}

interface Status {
  failure: TulleError | null;
  asked: boolean;
  observesOnly: boolean;
}

async function run(
  options: ProxyTapOptions,
  signal: AbortSignal,
  status: Status,
  report: (failure: TulleError | null) => void,
): Promise<void> {
  let failures = 0;
  const onWorking = (): void => {
    failures = 0;
    report(null);
  };
  const { proxy } = options.instance;
  if (proxy === null) return;
  while (!signal.aborted) {
    let connection: ObserveConnection | null = null;
    try {
      connection = await options.connect(proxy);
      if (!status.observesOnly) {
        status.observesOnly = !(await watch(options, connection, signal, onWorking));
      }
      if (!signal.aborted) await observe(options, connection, signal, onWorking);
    } catch (error) {
      if (!signal.aborted) report(TulleError.from(error));
    } finally {
      connection?.close();
    }
    failures += 1;
    await pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1)), signal);
  }
}

/** One Watch until the signal aborts. Gives false when the proxy does not know it. @throws TulleError as the proxy fails. */
async function watch(
  options: ProxyTapOptions,
  connection: ObserveConnection,
  signal: AbortSignal,
  onWorking: () => void,
): Promise<boolean> {
  const { match, outcome, headers, bodyBytes } = options;
  options.onWatch();
  let isTold = false;
  const tellWorking = (): void => {
    if (!isTold) onWorking();
    isTold = true;
  };
  // As below: a proxy that refuses does so at once.
  const settled = setTimeout(tellWorking, 300);
  try {
    const request = {
      maxPerSecond: Math.max(1, Math.ceil(options.perSecond())),
      match,
      outcome,
      headers,
      bodyBytes,
      openAfterMs: outcome.length === 0 ? options.openAfterMs : 0,
    };
    for await (const reply of connection.watch(request, signal)) {
      tellWorking();
      options.onReply(reply);
    }
  } catch (error) {
    if (TulleError.from(error).code === 'not_found') return false;
    throw error;
  } finally {
    clearTimeout(settled);
  }
  if (!signal.aborted) throw new TulleError('unavailable', 'the proxy ended the tap');
  return true;
}

/** Window after window over one connection. Ends when the proxy ends a window without having used it up. */
async function observe(
  options: ProxyTapOptions,
  connection: ObserveConnection,
  signal: AbortSignal,
  onWorking: () => void,
): Promise<void> {
  for (;;) {
    const limit = Math.max(1, Math.ceil(options.perSecond() * options.windowSeconds));
    const startedAtMs = performance.now();
    let taken = 0;
    // A proxy that refuses does so at once; one that takes the request says nothing until there is traffic.
    const settled = setTimeout(onWorking, 300);
    try {
      for await (const event of connection.observe(requestOf(options, limit), signal)) {
        if (taken === 0) onWorking();
        if (event.event.value?.event.case === 'requestInit') taken += 1;
        options.onEvent(event);
      }
    } finally {
      clearTimeout(settled);
    }
    if (signal.aborted) return;
    if (taken < limit) throw new TulleError('unavailable', 'the proxy ended the tap');
    await pause(options.windowSeconds * 1000 - (performance.now() - startedAtMs), signal);
  }
}

function requestOf(
  { match, headers }: ProxyTapOptions,
  limit: number,
): MessageInitShape<typeof ObserveRequestSchema> {
  if (!headers) return { limit, match };
  const http = { extract: { case: 'headers' as const, value: {} } };
  return { limit, match, extract: { extract: { case: 'http', value: http } } };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

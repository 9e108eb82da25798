import { keyOf, type TulleError } from '@tulle/model';
import type { PlatformState, ResourceRef, TapExchange, TapFilter } from '@tulle/model';
import type { StreamNotice } from '@tulle/live';
import { BodyAllowance } from './body-allowance.ts';
import { ExchangeAssembler } from './exchange-assembler.ts';
import { matchOfFilter } from './match-of-filter.ts';
import { outcomeOfFilter } from './outcome-of-filter.ts';
import type { ConnectObserve } from './observe-client.ts';
import type { PeerNames } from './peer-names.ts';
import { tapProxy } from './proxy-tap.ts';
import type { ProxyTap } from './proxy-tap.ts';
import { scopeOf } from './tap-scope.ts';
import type { TapScope } from './tap-scope.ts';
import { WatchReader } from './watch-reader.ts';

const SWEEP_MS = 250;
const WINDOW_SECONDS = 5;
/** A request without an answer is shown after this long. */
const OPEN_AFTER_MS = 500;
/** Captured of each body. */
const BODY_BYTES = 64 * 1024;
/** With bodies a row may be 128 KiB; so many a second are shown at most. */
const MAX_PER_SECOND_WITH_BODIES = 10;

export interface TapHubOptions {
  readonly state: () => PlatformState;
  /** Calls back when `state` changed. Gives the function that stops it. */
  readonly onStateChange: (listener: () => void) => () => void;
  readonly connect: ConnectObserve;
  readonly names: PeerNames;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How long the budget of one Observe is meant to last; 5 where absent. */
  readonly windowSeconds?: number;
}

export interface TapRequest {
  readonly resource: ResourceRef;
  readonly filter: TapFilter;
  /** Over all proxies. 1 to 1000. */
  readonly maxPerSecond: number;
  /** Whether headers are wanted; they cost the proxies most. */
  readonly headers: boolean;
  /** Whether bodies are wanted: text, at most 64 KiB each way, at most 10 exchanges a second. */
  readonly bodies?: boolean;
}

export interface TapListener {
  /** `dropped`: exchanges lost since the last call because somebody was too slow or the rate was reached. */
  readonly onExchange: (exchange: TapExchange, dropped: number) => void;
  readonly onNotice: (notice: StreamNotice) => void;
  /** The tap has ended by itself and will say no more: who asked for it may not, or it is asked of nobody. */
  readonly onEnd?: (reason: TulleError) => void;
}

/** Counters since the start. */
export interface TapHubStats {
  readonly taps: number;
  readonly proxiesTapped: number;
  readonly exchanges: number;
  readonly dropped: number;
}

/** Taps many proxies as one. */
export interface TapHub {
  /**
   * Starts a tap; proxies that come and go are taken up and dropped. Gives the function that ends it.
   * @throws TulleError `not_found` for a resource the platform does not know.
   */
  open(request: TapRequest, listener: TapListener): () => void;
  stats(): TapHubStats;
}

const BLIND =
  'Some proxies cannot choose by the outcome: on a busy one, rare exchanges can be missed.';

interface Tapped {
  readonly address: string;
  readonly tap: ProxyTap;
  readonly assembler: ExchangeAssembler;
  readonly reader: WatchReader;
}

export function createTapHub(options: TapHubOptions): TapHub {
  let opened = 0;
  const counts = { taps: 0, proxiesTapped: 0, exchanges: 0, dropped: 0 };

  return {
    open(request, listener): () => void {
      let scope: TapScope = scopeOf(options.state(), request.resource);
      opened += 1;
      counts.taps += 1;
      const session = opened;
      const started = Math.round(options.now()).toString(36);
      const tapped = new Map<string, Tapped>();
      let assemblersMade = 0;
      let dropped = 0;
      const outcome = outcomeOfFilter(request.filter);
      const maxPerSecond =
        request.bodies === true
          ? Math.min(request.maxPerSecond, MAX_PER_SECOND_WITH_BODIES)
          : request.maxPerSecond;
      const bodies = new BodyAllowance(options.now);
      let tokens = maxPerSecond;
      const stopListening = options.onStateChange(follow);
      const timer = setInterval(sweep, SWEEP_MS);

      function follow(): void {
        try {
          scope = scopeOf(options.state(), request.resource);
        } catch {
          // It is gone for now: its last proxies are dropped, and taken up again when it comes back.
          scope = { ...scope, instances: [] };
        }
        const present = new Map(
          scope.instances.map((instance) => [keyOf(instance.ref), instance] as const),
        );
        for (const [pod, { address, tap }] of tapped) {
          if (present.get(pod)?.proxy?.tapAddress === address) continue;
          tap.close();
          tapped.delete(pod);
          counts.proxiesTapped -= 1;
        }
        for (const [pod, instance] of present) {
          if (tapped.has(pod) || instance.proxy === null) continue;
          assemblersMade += 1;
          const telling = {
            instance,
            names: options.names,
            now: options.now,
            idPrefix: `${started}-${session}-${assemblersMade}:`,
            onExchange: show,
          };
          const assembler = new ExchangeAssembler(telling);
          const reader = new WatchReader(telling);
          const tap = tapProxy({
            instance,
            connect: options.connect,
            match: matchOfFilter(request.filter),
            outcome,
            headers: request.headers,
            bodyBytes: request.bodies === true ? BODY_BYTES : 0,
            openAfterMs: OPEN_AFTER_MS,
            windowSeconds: options.windowSeconds ?? WINDOW_SECONDS,
            // What fulfils a condition on the outcome may all come from one proxy.
            perSecond: () =>
              outcome.length > 0
                ? maxPerSecond
                : Math.ceil(maxPerSecond / Math.max(1, tapped.size)),
            onEvent: (event) => assembler.accept(event),
            onWatch: () => reader.begin(),
            onReply: (reply) => reader.accept(reply),
            onStatus: tell,
          });
          counts.proxiesTapped += 1;
          tapped.set(pod, { address: instance.proxy.tapAddress, tap, assembler, reader });
        }
        tell();
      }

      function show(exchange: TapExchange): void {
        if (!scope.keep(exchange) || !request.filter.matches(exchange)) return;
        if (tokens < 1) {
          drop(1);
          return;
        }
        tokens -= 1;
        counts.exchanges += 1;
        listener.onExchange(bodies.pass(exchange), dropped);
        dropped = 0;
      }

      function drop(count: number): void {
        dropped += count;
        counts.dropped += count;
      }

      function sweep(): void {
        tokens = Math.min(maxPerSecond, tokens + (maxPerSecond * SWEEP_MS) / 1000);
        for (const { assembler, reader } of tapped.values()) {
          assembler.sweep();
          drop(assembler.dropped + reader.dropped);
          assembler.dropped = 0;
          reader.dropped = 0;
        }
      }

      function tell(): void {
        listener.onNotice(noticeOf(scope, tapped, outcome.length > 0));
      }

      follow();
      return () => {
        stopListening();
        clearInterval(timer);
        counts.taps -= 1;
        counts.proxiesTapped -= tapped.size;
        for (const { tap } of tapped.values()) tap.close();
        tapped.clear();
      };
    },
    stats: () => ({ ...counts }),
  };
}

function noticeOf(
  scope: TapScope,
  tapped: ReadonlyMap<string, Tapped>,
  hasOutcome: boolean,
): StreamNotice {
  const failures: string[] = [];
  let answered = 0;
  let isBlindToOutcome = false;
  for (const [pod, { tap }] of tapped) {
    isBlindToOutcome ||= hasOutcome && tap.observesOnly;
    if (tap.failure !== null) failures.push(`${pod.split('/')[2] ?? pod}: ${tap.failure.message}`);
    else if (tap.asked) answered += 1;
  }
  const [first, ...more] = failures;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const remark = scope.remark ?? (isBlindToOutcome ? BLIND : null);
  const message = first === undefined ? remark : `Not tapped: ${first}${others}.`;
  return { proxiesAnswered: answered, proxiesExpected: tapped.size, message };
}

import { keyOf } from '@tulle/model';
import type { PlatformState, ResourceRef, TapExchange, TapFilter } from '@tulle/model';
import type { StreamNotice } from '@tulle/live';
import { ExchangeAssembler } from './exchange-assembler.ts';
import { matchOfFilter } from './match-of-filter.ts';
import type { ConnectObserve } from './observe-client.ts';
import type { PeerNames } from './peer-names.ts';
import { tapProxy } from './proxy-tap.ts';
import type { ProxyTap } from './proxy-tap.ts';
import { scopeOf } from './tap-scope.ts';
import type { TapScope } from './tap-scope.ts';

const SWEEP_MS = 250;
const WINDOW_SECONDS = 5;

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
}

export interface TapListener {
  /** `dropped`: exchanges lost since the last call because somebody was too slow or the rate was reached. */
  readonly onExchange: (exchange: TapExchange, dropped: number) => void;
  readonly onNotice: (notice: StreamNotice) => void;
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

interface Tapped {
  readonly address: string;
  readonly tap: ProxyTap;
  readonly assembler: ExchangeAssembler;
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
      let tokens = request.maxPerSecond;
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
          const assembler = new ExchangeAssembler({
            instance,
            names: options.names,
            now: options.now,
            idPrefix: `${started}-${session}-${assemblersMade}:`,
            onExchange: show,
          });
          const tap = tapProxy({
            instance,
            connect: options.connect,
            match: matchOfFilter(request.filter),
            headers: request.headers,
            windowSeconds: options.windowSeconds ?? WINDOW_SECONDS,
            perSecond: () => Math.ceil(request.maxPerSecond / Math.max(1, tapped.size)),
            onEvent: (event) => assembler.accept(event),
            onStatus: tell,
          });
          counts.proxiesTapped += 1;
          tapped.set(pod, { address: instance.proxy.tapAddress, tap, assembler });
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
        listener.onExchange(exchange, dropped);
        dropped = 0;
      }

      function drop(count: number): void {
        dropped += count;
        counts.dropped += count;
      }

      function sweep(): void {
        tokens = Math.min(request.maxPerSecond, tokens + (request.maxPerSecond * SWEEP_MS) / 1000);
        for (const { assembler } of tapped.values()) {
          assembler.sweep();
          drop(assembler.dropped);
          assembler.dropped = 0;
        }
      }

      function tell(): void {
        listener.onNotice(noticeOf(scope, tapped));
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

function noticeOf(scope: TapScope, tapped: ReadonlyMap<string, Tapped>): StreamNotice {
  const failures: string[] = [];
  let answered = 0;
  for (const [pod, { tap }] of tapped) {
    if (tap.failure !== null) failures.push(`${pod.split('/')[2] ?? pod}: ${tap.failure.message}`);
    else if (tap.asked) answered += 1;
  }
  const [first, ...more] = failures;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const message = first === undefined ? scope.remark : `Not tapped: ${first}${others}.`;
  return { proxiesAnswered: answered, proxiesExpected: tapped.size, message };
}

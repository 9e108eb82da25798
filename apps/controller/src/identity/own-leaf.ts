import { TulleError } from '@tulle/model';
import type { Credentials } from '@tulle/pki';
import type { CredentialsSource } from './credentials-source.ts';

export interface OwnLeafOptions {
  /** Asks for a certificate. */
  readonly request: () => Promise<Credentials>;
  readonly now: () => number;
  /** Resolves after so many milliseconds, or when the signal is aborted. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told when there is none to be had for now. */
  readonly onFault: (error: TulleError) => void;
}

/** This process's own certificate, kept fresh. */
export interface OwnLeaf {
  /** Waits for the first one. */
  readonly credentials: CredentialsSource;
  /** False until there is one that is still valid. */
  isValid(): boolean;
  /** Told of each new certificate, and of the one there is. */
  onRenewed(listener: (credentials: Credentials) => void): void;
  close(): void;
}

/** Part of its life after which a certificate is renewed, as proxies do. */
const RENEW_AFTER = 0.7;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;

/** Asks at once, again at 70 % of each certificate's life, and with backoff as long as it is refused. */
export function createOwnLeaf(options: OwnLeafOptions): OwnLeaf {
  const { request, now, delay } = options;
  const stop = new AbortController();
  const listeners = new Set<(credentials: Credentials) => void>();
  const first = Promise.withResolvers<Credentials>();
  // Nobody may be waiting when the process stops before the first certificate.
  first.promise.catch(() => undefined);
  let current: Credentials | null = null;

  async function run(): Promise<void> {
    let failures = 0;
    while (!stop.signal.aborted) {
      try {
        current = await request();
        failures = 0;
        first.resolve(current);
        for (const listener of listeners) listener(current);
        await delay((current.validUntilMs - now()) * RENEW_AFTER, stop.signal);
      } catch (reason) {
        if (stop.signal.aborted) return;
        options.onFault(TulleError.from(reason));
        await delay(Math.min(FIRST_BACKOFF_MS * 2 ** failures, MAX_BACKOFF_MS), stop.signal);
        failures += 1;
      }
    }
  }
  void run();

  return {
    credentials: async () => current ?? first.promise,
    isValid: () => current !== null && current.validUntilMs > now(),
    onRenewed(listener) {
      listeners.add(listener);
      if (current !== null) listener(current);
    },
    close() {
      stop.abort();
      listeners.clear();
      first.reject(new TulleError('unavailable', 'the controller is stopping'));
    },
  };
}

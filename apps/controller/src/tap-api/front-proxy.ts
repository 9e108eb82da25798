import { setTimeout as wait } from 'node:timers/promises';
import { TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { runReflector, type ObjectHead } from '../kubernetes/reflector.ts';

/** How the API server proves that it is the one that passes a person's request on, and how it names the person. */
export interface FrontProxy {
  /** PEM: what signed the API server's client certificate. */
  readonly authoritiesPem: string;
  /** Common names that certificate may have; empty for any. */
  readonly allowedNames: readonly string[];
  /** Lower-case names of headers, most telling first. */
  readonly userHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraPrefixes: readonly string[];
}

export interface WatchedFrontProxy {
  /** Null before it was read. */
  current(): FrontProxy | null;
  waitingFor(): string | null;
  onChange(listener: (frontProxy: FrontProxy) => void): void;
  close(): void;
}

const NAME = 'extension-apiserver-authentication';

interface ConfigMap extends ObjectHead {
  readonly data?: Readonly<Record<string, string>>;
}

/** Follows the ConfigMap in which the API server says how it proves itself; a change is in force at once. */
export function watchFrontProxy(api: KubernetesApi, log: Logger): WatchedFrontProxy {
  const listeners = new Set<(frontProxy: FrontProxy) => void>();
  const stop = new AbortController();
  let current: FrontProxy | null = null;
  let waitingFor: string | null = `waiting for the ConfigMap kube-system/${NAME}`;
  void runReflector<ConfigMap, FrontProxy>(
    {
      api,
      path: '/api/v1/namespaces/kube-system/configmaps',
      selector: { fieldSelector: `metadata.name=${NAME}` },
      keep: ({ data }) => readFrontProxy(data ?? {}),
      sink: {
        put(_key, frontProxy) {
          current = frontProxy;
          waitingFor = null;
          log.info({ allowedNames: frontProxy.allowedNames }, 'the front proxy is known');
          for (const listener of listeners) listener(frontProxy);
        },
        // What was there stays in force: without it nobody could tap, and nobody would be safer.
        remove: () => undefined,
        synced: () => undefined,
        connected(why) {
          if (why === null) return;
          log.warn({ error: why }, 'the front proxy’s ConfigMap cannot be watched');
          if (current === null) waitingFor = why.message;
        },
      },
      timing: {
        delay: async (ms, signal) => {
          await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
        },
        random: Math.random,
      },
    },
    stop.signal,
  );
  return {
    current: () => current,
    waitingFor: () => waitingFor,
    onChange: (listener) => void listeners.add(listener),
    close: () => stop.abort(),
  };
}

/** Null where the cluster has no aggregation layer. */
export function readFrontProxy(data: Readonly<Record<string, string>>): FrontProxy | null {
  const authoritiesPem = data['requestheader-client-ca-file'] ?? '';
  if (authoritiesPem.trim() === '') return null;
  const names = (key: string): string[] => readList(data[key]).map((name) => name.toLowerCase());
  return {
    authoritiesPem,
    allowedNames: readList(data['requestheader-allowed-names']),
    userHeaders: names('requestheader-username-headers'),
    groupHeaders: names('requestheader-group-headers'),
    extraPrefixes: names('requestheader-extra-headers-prefix'),
  };
}

function readList(text: string | undefined): string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    if (Array.isArray(value)) return value.filter((each) => typeof each === 'string');
  } catch {
    // told below
  }
  throw new TulleError('internal', `The ConfigMap ${NAME} holds "${text}" in place of a list.`);
}

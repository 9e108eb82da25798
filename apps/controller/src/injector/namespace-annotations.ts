import type { TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { runReflector, type ReflectorTiming } from '../kubernetes/reflector.ts';

type Annotations = Readonly<Record<string, string>>;

interface Namespace {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly annotations?: Annotations;
  };
}

/** The annotations of every namespace, kept up to date by a watch. */
export interface NamespaceAnnotations {
  /**
   * Those of one namespace. One that the watch has not told of yet, made a moment ago, is asked for.
   * @throws TulleError the API server's refusal when it cannot be asked.
   */
  of(namespace: string): Promise<Annotations>;
  /** What is still missing, in a sentence; null once every namespace is known. */
  waitingFor(): string | null;
  close(): void;
}

export interface NamespaceOptions {
  readonly api: Pick<KubernetesApi, 'request' | 'lines'>;
  readonly log: Logger;
  readonly timing: ReflectorTiming;
}

export function watchNamespaces({ api, log, timing }: NamespaceOptions): NamespaceAnnotations {
  const known = new Map<string, Annotations>();
  const stopped = new AbortController();
  let waiting: string | null = 'waiting for the namespaces';
  const annotationsOf = ({ metadata }: Namespace): Annotations => metadata.annotations ?? {};
  void runReflector<Namespace, Annotations>(
    {
      api,
      path: '/api/v1/namespaces',
      keep: annotationsOf,
      timing,
      sink: {
        put: (name, annotations) => known.set(name, annotations),
        remove: (name) => known.delete(name),
        synced: () => (waiting = null),
        connected: (why: TulleError | null) => {
          if (why === null) return;
          log.warn({ error: why }, 'namespaces cannot be watched; their last state is kept');
          if (waiting !== null) waiting = why.message;
        },
      },
    },
    stopped.signal,
  );
  return {
    async of(namespace) {
      const annotations = known.get(namespace);
      if (annotations !== undefined) return annotations;
      const path = `/api/v1/namespaces/${namespace}`;
      return annotationsOf(await api.request<Namespace>({ method: 'GET', path }));
    },
    waitingFor: () => waiting,
    close: () => stopped.abort(),
  };
}

/** Finds what a command talks to, and opens it: the dashboard's address, or a port-forward to the one in a cluster. */
import { readFileSync } from 'node:fs';
import { LIVE_PATH } from '@tulle/live';
import { createLiveClient, type LiveClient, type WebSocketConstructor } from '@tulle/live/client';
import { WebSocket } from 'ws';
import type { MakeContext, Whereabouts } from '../command/build-program.ts';
import type { Context } from '../command/context.ts';
import { type Cluster, loadCluster } from '../kubernetes/cluster.ts';
import { findDashboardPod } from '../kubernetes/find-dashboard-pod.ts';
import { createApiClient } from './api-client.ts';
import { findDashboard } from './find-dashboard.ts';

/** What a context keeps open until the command has ended. */
export interface Opened {
  closeAll(): Promise<void>;
}

type Surroundings = Pick<Context, 'print' | 'env' | 'signal' | 'readStdin'> & {
  /** Working directory. */
  readonly folder: string;
};

const DEFAULT_NAMESPACE = 'tulle';

/** Makes contexts; what they open is closed by `closeAll`. */
export function createContexts(around: Surroundings): Opened & { readonly make: MakeContext } {
  const toClose: (() => Promise<void> | void)[] = [];

  async function make(where: Whereabouts): Promise<Context> {
    const { kubeconfig, context } = where;
    const controlPlaneNamespace = where.controlPlaneNamespace ?? DEFAULT_NAMESPACE;
    let loaded: Promise<Cluster> | null = null;
    const cluster = (): Promise<Cluster> => (loaded ??= loadCluster({ kubeconfig, context }));
    const { url, token } =
      where.talksTo === 'dashboard'
        ? await openDashboard(where, cluster, controlPlaneNamespace)
        : { url: '', token: null };
    let live: LiveClient | null = null;
    return {
      ...around,
      cluster,
      controlPlaneNamespace,
      api: createApiClient(url, around.signal, token),
      live: () => (live ??= openLive(url, token)),
    };
  }

  async function openDashboard(
    where: Whereabouts,
    cluster: () => Promise<Cluster>,
    namespace: string,
  ): Promise<{ url: string; token: string | null }> {
    const place = findDashboard({
      url: where.url,
      isClusterNamed: where.kubeconfig !== undefined || where.context !== undefined,
      env: around.env,
      folder: around.folder,
    });
    const token = readToken(around.env);
    if (place.kind === 'address') return { url: place.url, token };
    const found = await cluster();
    const forwarding = await found.forward(await findDashboardPod(found, namespace), 0);
    toClose.push(() => forwarding.close());
    const url = `http://127.0.0.1:${forwarding.port}`;
    return { url, token: token ?? (await found.bearerToken()) };
  }

  function openLive(url: string, token: string | null): LiveClient {
    const client = createLiveClient({
      url: `${url.replace(/^http/, 'ws')}${LIVE_PATH}`,
      ...(token === null ? {} : { WebSocket: webSocketWith(token) }),
    });
    toClose.push(() => client.close());
    return client;
  }

  return {
    make,
    async closeAll() {
      for (const close of toClose.toReversed()) await close();
    },
  };
}

/** A token of Kubernetes that says who asks: TULLE_TOKEN, or the file that TULLE_TOKEN_FILE names. */
function readToken(env: Surroundings['env']): string | null {
  const { TULLE_TOKEN: token = '', TULLE_TOKEN_FILE: file = '' } = env;
  if (token !== '') return token;
  return file === '' ? null : readFileSync(file, 'utf8').trim();
}

/** The platform's own WebSocket can say nothing about who asks. */
function webSocketWith(token: string): WebSocketConstructor {
  const headers = { authorization: `Bearer ${token}` };
  return class extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers });
    }
    // Its listeners are a subset of what `ws` calls them with.
  } as unknown as WebSocketConstructor;
}

import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { Destination, type Update } from '@tulle/proxy-api';
import type { ControlPlane } from './control-plane.ts';

export interface DestinationStream {
  next(): Promise<Update>;
  close(): void;
}

/** A proxy's side of the destination API. */
export interface DestinationClient {
  get(service: string, namespace: string): DestinationStream;
  close(): void;
}

export function connectDestination(controlPlane: ControlPlane): DestinationClient {
  const baseUrl = `https://127.0.0.1:${controlPlane.destinationPort}`;
  const sessionManager = new Http2SessionManager(baseUrl, undefined, {
    ca: controlPlane.anchorsPem,
    servername: controlPlane.destinationName,
    checkServerIdentity: () => undefined,
  });
  const client = createClient(Destination, createGrpcTransport({ baseUrl, sessionManager }));
  return {
    get(service, namespace) {
      const stop = new AbortController();
      const path = `${service}.${namespace}.svc.cluster.local:80`;
      const updates = client.get({ path }, { signal: stop.signal })[Symbol.asyncIterator]();
      return {
        async next() {
          const { done, value } = await updates.next();
          if (done === true) throw new Error(`the stream of ${service} ended`);
          return value;
        },
        close() {
          stop.abort();
          updates.next().catch(() => undefined);
        },
      };
    },
    close: () => sessionManager.abort(),
  };
}

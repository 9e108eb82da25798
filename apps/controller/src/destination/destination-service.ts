import type { ConnectRouter, HandlerContext } from '@connectrpc/connect';
import { TulleError } from '@tulle/model';
import { Destination } from '@tulle/proxy-api';
import { Counter, Gauge, type Registry } from 'prom-client';
import { toConnectError } from '../grpc/to-connect-error.ts';
import type { Discovery } from './discovery.ts';

/** Streams over all proxies; more are answered RESOURCE_EXHAUSTED, on which a proxy asks again with backoff. */
const MAX_STREAMS = 20_000;

/** `io.linkerd.proxy.destination.Destination`. */
export function destinationRoutes(
  discovery: Discovery,
  registry: Registry,
): (router: ConnectRouter) => void {
  const open = new Gauge({
    name: 'destination_streams',
    help: 'Open streams to proxies by method.',
    labelNames: ['method'],
    registers: [registry],
  });
  const sent = new Counter({
    name: 'destination_updates_total',
    help: 'Messages sent to proxies by method.',
    labelNames: ['method'],
    registers: [registry],
  });
  const refused = new Counter({
    name: 'destination_refused_total',
    help: 'Streams ended with an error by method.',
    labelNames: ['method'],
    registers: [registry],
  });
  let streams = 0;

  /** The transport asks for the next message only once the last one is written: a slow proxy costs one message. */
  async function* count<T>(
    method: string,
    context: HandlerContext,
    messages: AsyncIterable<T>,
  ): AsyncGenerator<T> {
    streams += 1;
    open.inc({ method });
    try {
      if (streams > MAX_STREAMS) {
        throw new TulleError('resource_exhausted', `${MAX_STREAMS} streams are open already`);
      }
      for await (const message of messages) {
        sent.inc({ method });
        yield message;
      }
    } catch (reason) {
      if (context.signal.aborted) return;
      refused.inc({ method });
      throw toConnectError(reason);
    } finally {
      streams -= 1;
      open.dec({ method });
    }
  }

  return (router) => {
    router.service(Destination, {
      get: (question, context) =>
        count('Get', context, discovery.endpoints(question, context.signal)),
      getProfile: (question, context) =>
        count('GetProfile', context, discovery.profiles(question, context.signal)),
    });
  };
}

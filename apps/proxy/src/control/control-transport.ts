import type { Interceptor, Transport } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { formatHostPort } from '@tulle/proxy-api';
import { MetricScope } from '@tulle/telemetry';
import type { PeerCertificate, SecureContext } from 'node:tls';
import type { ControlAddress } from '../config/proxy-config.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { RequestMetrics } from '../observe/request-metrics.ts';

export interface ControlTransportOptions {
  readonly service: ControlAddress;
  readonly metrics: ProxyMetrics;
  /** What we trust, and our certificate once we have one. Asked at each connection; unused on loopback. */
  readonly secureContext: () => SecureContext;
}

/**
 * gRPC to a control service: plaintext HTTP/2 on loopback, otherwise TLS 1.3 to the name configured. Calls are counted as
 * `control_*`. One connection, opened when first used and again after it broke.
 */
export function createControlTransport(options: ControlTransportOptions): Transport {
  const { service, metrics } = options;
  const authority = formatHostPort(service.address.host, service.address.port);
  const tls: Record<string, string> =
    service.name === null
      ? { tls: 'no_identity', no_tls_reason: 'loopback' }
      : { tls: 'true', server_id: service.name };
  const calls = new RequestMetrics(metrics.control, { addr: authority, ...tls }, new MetricScope());
  return createGrpcTransport({
    baseUrl: `${service.name === null ? 'http' : 'https'}://${authority}`,
    interceptors: [countCalls(calls)],
    ...(service.name === null ? {} : { nodeOptions: tlsOptions(service.name, options) }),
  });
}

function tlsOptions(name: string, options: ControlTransportOptions): object {
  return {
    servername: name,
    minVersion: 'TLSv1.3' as const,
    // Read again by node:http2 at each connection, so a renewed certificate is used.
    get secureContext() {
      return options.secureContext();
    },
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      certificate.subjectaltname?.split(', ').includes(`DNS:${name}`) === true
        ? undefined
        : new Error(`The control service at ${name} proved another name.`),
  };
}

/** gRPC statuses are answers with HTTP status 200; only what never got an answer has none. */
function countCalls(calls: RequestMetrics): Interceptor {
  return (next) => async (request) => {
    calls.requests.value++;
    const startedAtMs = performance.now();
    try {
      const response = await next(request);
      calls.observeLatency(200, performance.now() - startedAtMs);
      calls.countResponse({ status: 200, failed: false, grpcStatus: 0, error: '' });
      return response;
    } catch (error) {
      const code = ConnectError.from(error).code;
      const status = code === Code.Unavailable ? 0 : 200;
      calls.countResponse({ status, failed: true, grpcStatus: code, error: '' });
      throw error;
    }
  };
}

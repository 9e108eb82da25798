import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { formatHostPort } from '@tulle/proxy-api';
import type { WireMethod } from '@tulle/proxy-api/wire';
import { MetricScope } from '@tulle/telemetry';
import type { SecureContext } from 'node:tls';
import type { ControlAddress } from '../config/proxy-config.ts';
import { GrpcChannel, type StreamCall, type UnaryCall } from '../grpc/grpc-channel.ts';
import { GrpcCode, GrpcError } from '../grpc/grpc-error.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { RequestMetrics } from '../observe/request-metrics.ts';

export interface ControlChannelOptions {
  /** What it is used for, a label of metrics. */
  readonly client: 'destination' | 'identity' | 'policy';
  readonly service: ControlAddress;
  readonly metrics: ProxyMetrics;
  /** What we trust, and our certificate once we have one. Asked at each connection; unused on loopback. */
  readonly secureContext: () => SecureContext;
}

/**
 * gRPC to a control service: plaintext HTTP/2 on loopback, otherwise TLS 1.3 to the name configured. Calls are counted as
 * `control_*`.
 */
export class ControlChannel {
  readonly #channel: GrpcChannel;
  readonly #calls: RequestMetrics;

  constructor({ client, service, metrics, secureContext }: ControlChannelOptions) {
    const { address, name } = service;
    this.#channel = new GrpcChannel({
      address,
      tls:
        name === null
          ? { kind: 'none', reason: 'loopback' }
          : { kind: 'mutual', serverName: name, identity: name },
      clientContext: secureContext,
      onLookup: (isFound) => {
        const result = isFound ? 'ok' : 'not_found';
        metrics.dnsResolutions.with({ client, record_type: 'A/AAAA', result }).value++;
      },
    });
    const tls: Record<string, string> =
      name === null
        ? { tls: 'no_identity', no_tls_reason: 'loopback' }
        : { tls: 'true', server_id: name };
    const addr = formatHostPort(address.host, address.port);
    this.#calls = new RequestMetrics(metrics.control, { addr, ...tls }, new MetricScope());
  }

  /** As {@link GrpcChannel.stream}; counted as answered when the server has taken it. */
  async stream<I extends DescMessage, O extends DescMessage>(
    method: WireMethod<I, O>,
    request: MessageInitShape<I>,
    call: StreamCall<MessageShape<O>>,
  ): Promise<void> {
    const counted = this.#begin();
    try {
      await this.#channel.stream(method, request, { ...call, onHead: counted.answered });
    } catch (error) {
      counted.failed(error);
      throw error;
    }
  }

  /** As {@link GrpcChannel.unary}. */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: WireMethod<I, O>,
    request: MessageInitShape<I>,
    call: UnaryCall,
  ): Promise<MessageShape<O>> {
    const counted = this.#begin();
    try {
      const answer = await this.#channel.unary(method, request, call);
      counted.answered();
      return answer;
    } catch (error) {
      counted.failed(error);
      throw error;
    }
  }

  /** Connections close behind their last call. */
  close(): void {
    this.#channel.close();
  }

  /** gRPC statuses are answers with HTTP status 200; only what never got an answer has none. */
  #begin() {
    const calls = this.#calls;
    calls.requests.value++;
    const startedAtMs = performance.now();
    let isCounted = false;
    return {
      answered: (): void => {
        isCounted = true;
        calls.observeLatency(200, performance.now() - startedAtMs);
        calls.countResponse({ status: 200, failed: false, grpcStatus: 0, error: '' });
      },
      failed: (error: unknown): void => {
        if (isCounted) return;
        const { code } = GrpcError.from(error);
        const status = code === GrpcCode.unavailable ? 0 : 200;
        calls.countResponse({ status, failed: true, grpcStatus: code, error: '' });
      },
    };
  }
}

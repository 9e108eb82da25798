/** An endpoint at one address with counters that tests read. */
import type {
  Endpoint,
  EndpointPools,
  EndpointTls,
  ProtocolHint,
  TransportCounters,
  TransportTag,
} from '../stack/endpoint.ts';

export class TestCounters implements TransportCounters {
  openCount = 0;
  closedErrnos: (string | null)[] = [];
  readBytes = 0;
  wroteBytes = 0;
  opened(): void {
    this.openCount += 1;
  }
  closed(errno: string | null): void {
    this.closedErrnos.push(errno);
  }
  read(bytes: number): void {
    this.readBytes += bytes;
  }
  wrote(bytes: number): void {
    this.wroteBytes += bytes;
  }
}

export class FixedEndpoint implements Endpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: EndpointTls;
  protocolHint: ProtocolHint = 'none';
  tag: TransportTag | null = null;
  readonly labels = {};
  readonly pools: EndpointPools = { http1: null, http2: null };
  readonly transport = new TestCounters();
  readonly retired = false;

  constructor(
    port: number,
    tls: EndpointTls = { kind: 'none', reason: 'loopback' },
    host = '127.0.0.1',
  ) {
    this.host = host;
    this.port = port;
    this.tls = tls;
  }
  connectionFailed(): void {}
  connectionReady(): void {}
  closePools(): void {
    this.pools.http1?.close();
    this.pools.http2?.close();
  }
}

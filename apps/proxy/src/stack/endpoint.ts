/** Where one connection or request can be sent: an instance of a service, or an original destination. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Mutual TLS toward it, or why not (`no_tls_reason`). */
  readonly tls: EndpointTls;
  /** How its proxy is best spoken to, by the controller's word. */
  readonly protocolHint: ProtocolHint;
  /** Its proxy is reached by the proxy's own port, with a header ahead; null or absent: by the endpoint's port. */
  readonly tag?: TransportTag | null;
  /** Destination's metric labels, without the `dst_` prefix. */
  readonly labels: Readonly<Record<string, string>>;
  /** Connections kept to it; each codec puts its own pool here on first use and finds it again. */
  readonly pools: EndpointPools;
  /** Counts bytes and connections of this endpoint (`peer="dst"`). */
  readonly transport: TransportCounters;
  /** True once discovery took it away: no new request; pools close when their last request ends. */
  readonly retired: boolean;
  /** A connection attempt failed or succeeded; the balancer keeps it out while it fails (backoff with one probe). */
  connectionFailed(): void;
  connectionReady(): void;
}

/** `h2`: it takes HTTP/1 carried as HTTP/2. `opaque`: bytes nobody looks into. */
export type ProtocolHint = 'none' | 'h2' | 'opaque';

/** See connect/transport-header.ts. Only where there is mutual TLS. */
export interface TransportTag {
  readonly inboundPort: number;
}

export type EndpointTls =
  | { readonly kind: 'mutual'; readonly serverName: string; readonly identity: string }
  | {
      readonly kind: 'none';
      readonly reason: NoTlsReason;
    };

export type NoTlsReason =
  'loopback' | 'not_provided_by_service_discovery' | 'ingress_without_override';

/** Closed by the endpoint's owner through `close` when it is retired. */
export interface Pool {
  /** No new use; idle connections close now, busy ones after their last request. */
  close(): void;
}

export interface EndpointPools {
  http1: Pool | null;
  http2: Pool | null;
}

/** tcp_open_total, tcp_open_connections, tcp_close_total, tcp_read_bytes_total, tcp_write_bytes_total of one label set. */
export interface TransportCounters {
  opened(): void;
  /** @param errno Node's error code (`ECONNRESET`) or null for a clean close. */
  closed(errno: string | null): void;
  read(bytes: number): void;
  wrote(bytes: number): void;
}

import type { ServiceRef } from '@tulle/model';
import type { EndpointSet, ServiceEndpoint } from './endpoint-set.ts';
import type { Subscribe } from './change-signal.ts';

/** What is asked of a service's port. */
export interface EndpointsQuery {
  readonly service: ServiceRef;
  readonly port: number;
  /** One instance by its name in DNS (`pod-0.svc.ns.svc…`); null for all. */
  readonly instance: string | null;
  /** Node of the client, for services that keep traffic on a node; empty where it is not known. */
  readonly clientNode: string;
}

/** What is known of one address that a proxy dials. */
export interface AddressFacts {
  /** Null for an address that no instance has. */
  readonly endpoint: ServiceEndpoint | null;
  readonly opaque: boolean;
}

/**
 * What runs, arranged for the questions proxies ask. Answers are from memory and as of now; a set of endpoints that did
 * not change is the same object.
 */
export interface DiscoverySource {
  /** False until the first state arrived: "no such service" would take running proxies' endpoints away. */
  isReady(): boolean;
  /** Null for an unknown service; `external` for one that is only another name (ExternalName). */
  kindOf(service: ServiceRef): 'internal' | 'external' | null;
  serviceByIp(ip: string): ServiceRef | null;
  /** Whether the service's port carries bytes nobody should look into. */
  isOpaque(service: ServiceRef, port: number): boolean;
  endpoints(query: EndpointsQuery): EndpointSet;
  address(ip: string, port: number): AddressFacts;
  /** Tells when what is answered about a service may have changed, endpoints included. */
  onService(service: ServiceRef): Subscribe;
  /** Tells when what is answered about an address may have changed, the service that has it included. */
  onAddress(ip: string): Subscribe;
}

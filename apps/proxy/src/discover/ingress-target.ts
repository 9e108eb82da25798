import { refuse } from '../route/refusals.ts';
import type { Protocol, Target } from '../stack/connection.ts';
import type { TransportCounters } from '../stack/endpoint.ts';
import type {
  Exchange,
  HttpService,
  Peer,
  Refusal,
  RequestHead,
  TcpService,
} from '../stack/http-service.ts';

export interface IngressParts {
  /** For what says nothing of a service: the address that was dialled, by policy and profile. */
  readonly dialled: Target;
  /** For requests that say nothing of a service: the address that was dialled, and nothing more. */
  readonly plain: Target;
  /** The target of a service, `name:port`; its caller releases it. Null when it is none of the mesh's. */
  readonly service: (authority: string) => Target | null;
}

/** Services that one connection may speak to; an ingress has a few behind each. */
const MAX_SERVICES = 100;

/**
 * One connection of an ingress controller, which balances itself and dials instances: each request says by
 * `l5d-dst-override` which service it is for, and is balanced and secured by us again.
 */
export class IngressTarget implements Target, HttpService {
  readonly http: HttpService = this;
  readonly #parts: IngressParts;
  readonly #services = new Map<string, Target>();

  constructor(parts: IngressParts) {
    this.#parts = parts;
  }

  get protocol(): Protocol | Promise<Protocol> {
    return this.#parts.dialled.protocol;
  }

  get tcp(): TcpService {
    return this.#parts.dialled.tcp;
  }

  acceptCounters(peer: Peer): TransportCounters {
    return this.#parts.dialled.acceptCounters(peer);
  }

  countMalformed(status: number, reason: string): void {
    this.#parts.dialled.http.countMalformed(status, reason);
  }

  begin(head: RequestHead, peer: Peer): Exchange | Refusal | Promise<Exchange | Refusal> {
    const override = head.header('l5d-dst-override');
    if (override === undefined) return this.#parts.plain.http.begin(head, peer);
    const target = this.#services.get(override) ?? this.#find(override);
    if (target !== null) return target.http.begin(head, peer);
    return refuse('unexpected', 'l5d-dst-override names no service of the mesh', false, 502);
  }

  release(): void {
    this.#parts.dialled.release();
    this.#parts.plain.release();
    for (const target of this.#services.values()) target.release();
    this.#services.clear();
  }

  #find(override: string): Target | null {
    if (this.#services.size >= MAX_SERVICES) return null;
    const target = this.#parts.service(override);
    if (target !== null) this.#services.set(override, target);
    return target;
  }
}

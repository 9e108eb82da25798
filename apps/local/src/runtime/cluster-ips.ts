import { keyOf, type ServiceRef, TulleError } from '@tulle/model';

/** Virtual addresses of services, as Kubernetes' default service network; nothing listens on them. */
export const SERVICE_NETWORK = '10.96.0.0/12';

/** 10.96.0.2 to 10.96.255.254: more than a laptop runs. */
const MOST_SERVICES = 65_533;

/** Gives each service its virtual address, in the order of the file. */
export class ClusterIps {
  readonly #byService: ReadonlyMap<string, string>;

  /** @throws TulleError `resource_exhausted` */
  constructor(services: readonly ServiceRef[]) {
    if (services.length > MOST_SERVICES) {
      throw new TulleError(
        'resource_exhausted',
        `A mesh here has at most ${MOST_SERVICES} services.`,
      );
    }
    this.#byService = new Map(
      services.map((service, index) => {
        const host = index + 2;
        return [keyOf(service), `10.96.${host >> 8}.${host & 255}`];
      }),
    );
  }

  /** @throws TulleError `not_found` */
  of(service: ServiceRef): string {
    const address = this.#byService.get(keyOf(service));
    if (address !== undefined) return address;
    throw new TulleError(
      'not_found',
      `There is no service ${service.name} in ${service.namespace}.`,
    );
  }
}

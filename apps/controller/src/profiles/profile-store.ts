import type { OnBehalf } from '../platform/platform.ts';
import type { ServiceProfileSpec, ServiceRef, StoredProfile } from '@tulle/model';

/** Where ServiceProfiles are kept: SQLite on a laptop, the CRD in a cluster. Reads are from memory. */
export interface ProfileStore {
  get(service: ServiceRef): StoredProfile | null;
  /** In force for clients of a namespace (empty: not known): their own namespace's profile of it, else the service's. */
  inForce(service: ServiceRef, clientNamespace: string): ServiceProfileSpec | null;
  list(): readonly StoredProfile[];
  /**
   * Validates and saves. `baseVersion` is the version the change was made from, 0 for a new profile.
   * @throws TulleError `invalid_argument` with issues, `conflict` when the stored version is another.
   */
  save(
    service: ServiceRef,
    spec: ServiceProfileSpec,
    baseVersion: number,
    actor: string,
    as?: OnBehalf,
  ): Promise<StoredProfile>;
  /** @throws TulleError `not_found`, `conflict`. */
  remove(service: ServiceRef, baseVersion: number, actor: string, as?: OnBehalf): Promise<void>;
  /** Called with the service whose profile changed. Gives the function that stops it. */
  onChange(listener: (service: ServiceRef) => void): () => void;
}

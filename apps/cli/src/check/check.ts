/** What `tulle check` looks at: categories of checks, as Linkerd's, that can be run one after another. */
import type { Cluster } from '../kubernetes/cluster.ts';

export interface CheckSubject {
  readonly cluster: Cluster;
  readonly controlPlaneNamespace: string;
  /** Data plane of this namespace only; all of them when undefined. */
  readonly namespace: string | undefined;
  readonly nowMs: number;
}

export interface Check {
  readonly description: string;
  /** A fault of a warning does not make the whole fail. */
  readonly kind: 'needed' | 'warning';
  /** Part of the README that helps. */
  readonly anchor: string;
  /** Nothing after it makes sense when it fails. */
  readonly isFatal?: boolean;
  /** It may still become true: it is tried again until `--wait` is over. */
  readonly isAwaited?: boolean;
  /** Gives the fault as a sentence, or null. Throws when it could not be found out, which is a fault too. */
  run(subject: CheckSubject): Promise<string | null>;
}

export interface CheckCategory {
  readonly name: string;
  readonly checks: readonly Check[];
}

export type CheckResult = 'success' | 'warning' | 'error';

export interface CheckOutcome {
  readonly description: string;
  readonly result: CheckResult;
  readonly error: string | null;
  readonly hint: string | null;
}

export interface CategoryOutcome {
  readonly categoryName: string;
  readonly checks: readonly CheckOutcome[];
}

import type { LiveClient } from '@tulle/live/client';
import type { ApiClient } from '../connect/api-client.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { Printer } from '../output/printer.ts';

/** What a command works with; tests and the program give the same. */
export interface Context {
  readonly api: ApiClient;
  /** Opens the live connection at first use; closed by whoever made the context. */
  readonly live: () => LiveClient;
  /** The Kubernetes cluster of --kubeconfig and --context, or of kubectl's own settings. */
  readonly cluster: () => Promise<Cluster>;
  /** Namespace of the control plane there. */
  readonly controlPlaneNamespace: string;
  readonly print: Printer;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C or SIGTERM. A command that waits ends then, without an error. */
  readonly signal: AbortSignal;
  readonly readStdin: () => Promise<string>;
}

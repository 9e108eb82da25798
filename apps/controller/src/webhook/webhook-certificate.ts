import type { Logger } from '@tulle/telemetry';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import type { CertificateSource } from './certificate-source.ts';
import { diskCertificate } from './disk-certificate.ts';
import { SYSTEM_RETRYING } from './keep-trying.ts';
import { ownCertificate } from './own-certificate.ts';

export interface WebhookCertificateOptions {
  /** Folder of somebody else's certificate; empty: one is made. */
  readonly dir: string;
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly namespace: string;
  readonly clusterDomain: string;
  /** The Service, and what the Secret is called after: `tulle-proxy-injector`. */
  readonly service: string;
  readonly publish: (authoritiesPem: string) => Promise<void>;
  readonly log: Logger;
  readonly now: () => number;
}

/** The certificate of an HTTPS role: from disk where a folder is named, otherwise its own. */
export function webhookCertificate(options: WebhookCertificateOptions): CertificateSource {
  const { dir, service, ...rest } = options;
  const retrying = SYSTEM_RETRYING;
  if (dir !== '') return diskCertificate({ dir, log: options.log, retrying });
  return ownCertificate({ ...rest, service, secret: `${service}-k8s-tls`, retrying });
}

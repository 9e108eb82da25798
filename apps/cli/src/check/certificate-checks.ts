import { X509Certificate } from 'node:crypto';
import type { CheckCategory, CheckSubject } from './check.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 60;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export const IDENTITY: CheckCategory = {
  name: 'tulle-identity',
  checks: [
    {
      description: 'certificate config is valid',
      kind: 'needed',
      anchor: 'identity-config',
      isFatal: true,
      async run(subject) {
        const { anchors, issuer } = await readIdentity(subject);
        return anchors.length === 0 || issuer === undefined
          ? 'The trust anchors or the issuer hold no certificate.'
          : null;
      },
    },
    {
      description: 'trust anchors are within their validity period',
      kind: 'needed',
      anchor: 'trust-anchors',
      run: async (subject) => expired((await readIdentity(subject)).anchors, subject.nowMs),
    },
    {
      description: `trust anchors are valid for at least ${SOON_DAYS} days`,
      kind: 'warning',
      anchor: 'trust-anchors',
      run: async (subject) => expiring((await readIdentity(subject)).anchors, subject.nowMs),
    },
    {
      description: 'issuer cert is within its validity period',
      kind: 'needed',
      anchor: 'issuer',
      run: async (subject) => expired((await readIdentity(subject)).chain, subject.nowMs),
    },
    {
      description: `issuer cert is valid for at least ${SOON_DAYS} days`,
      kind: 'warning',
      anchor: 'issuer',
      run: async (subject) => expiring((await readIdentity(subject)).chain, subject.nowMs),
    },
    {
      description: 'issuer cert is issued by the trust anchor',
      kind: 'needed',
      anchor: 'issuer',
      async run(subject) {
        const { anchors, chain } = await readIdentity(subject);
        const isTrusted = isSignedBy(chain, anchors);
        return isTrusted
          ? null
          : `The issuer (${chain[0]?.subject ?? 'none'}) is signed by none of the trust anchors.`;
      },
    },
  ],
};

const ADMISSION = '/apis/admissionregistration.k8s.io/v1';

export const WEBHOOKS: CheckCategory = {
  name: 'tulle-webhooks-and-apisvc-tls',
  checks: [
    {
      description: 'proxy-injector webhook has valid cert',
      kind: 'needed',
      anchor: 'webhook-certificates',
      isAwaited: true,
      run: (subject) =>
        webhookFault(
          subject,
          `${ADMISSION}/mutatingwebhookconfigurations/tulle-proxy-injector`,
          'tulle-proxy-injector-k8s-tls',
        ),
    },
    {
      description: 'profile validator webhook has valid cert',
      kind: 'needed',
      anchor: 'webhook-certificates',
      isAwaited: true,
      run: (subject) =>
        webhookFault(
          subject,
          `${ADMISSION}/validatingwebhookconfigurations/tulle-validator`,
          'tulle-validator-k8s-tls',
        ),
    },
    {
      description: 'tap API service is running',
      kind: 'warning',
      anchor: 'tap-api',
      isAwaited: true,
      async run({ cluster }) {
        const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.tap.linkerd.io';
        const { status } = await cluster.get<ApiService>(path);
        const available = status?.conditions?.find(({ type }) => type === 'Available');
        return available?.status === 'True'
          ? null
          : `The API service is not available: ${available?.message ?? 'it does not say why'}.`;
      },
    },
  ],
};

interface ApiService {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

interface WebhookConfiguration {
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

interface Data {
  readonly data?: Readonly<Record<string, string>>;
}

/** Whether the certificate that a webhook shows is in date and signed by what the API server trusts. */
async function webhookFault(
  { cluster, controlPlaneNamespace, nowMs }: CheckSubject,
  configurationPath: string,
  secretName: string,
): Promise<string | null> {
  const { webhooks } = await cluster.get<WebhookConfiguration>(configurationPath);
  const bundle = webhooks?.[0]?.clientConfig.caBundle ?? '';
  const authorities = certificatesIn(Buffer.from(bundle, 'base64').toString());
  if (authorities.length === 0) return 'The webhook trusts no authority yet.';
  const { data } = await cluster.get<Data>(
    `/api/v1/namespaces/${controlPlaneNamespace}/secrets/${secretName}`,
  );
  const chain = certificatesIn(decoded(data?.['tls.crt']));
  if (chain.length === 0) return `The Secret ${secretName} holds no certificate yet.`;
  if (!isSignedBy(chain, authorities)) {
    return `The certificate in ${secretName} is not signed by the authority the webhook trusts.`;
  }
  return expired(chain, nowMs);
}

interface Identity {
  readonly anchors: readonly X509Certificate[];
  readonly issuer: X509Certificate | undefined;
  /** The issuer and what stands between it and an anchor. */
  readonly chain: readonly X509Certificate[];
}

async function readIdentity({ cluster, controlPlaneNamespace }: CheckSubject): Promise<Identity> {
  const at = `/api/v1/namespaces/${controlPlaneNamespace}`;
  const roots = await cluster.get<Data>(`${at}/configmaps/tulle-identity-trust-roots`);
  const secret = await cluster.get<Data>(`${at}/secrets/tulle-identity-issuer`);
  const chain = certificatesIn(decoded(secret.data?.['tls.crt']));
  return {
    anchors: certificatesIn(roots.data?.['ca-bundle.crt'] ?? ''),
    issuer: chain[0],
    chain,
  };
}

/** Whether each of the chain signed the one before it, and one of the authorities the last. */
function isSignedBy(
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean {
  return chain.every((certificate, index) => {
    const above = chain[index + 1];
    const signers = above === undefined ? authorities : [above];
    return signers.some((signer) => certificate.verify(signer.publicKey));
  });
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

function certificatesIn(pem: string): X509Certificate[] {
  return [...pem.matchAll(PEM)].map(([block]) => new X509Certificate(block));
}

function expired(certificates: readonly X509Certificate[], nowMs: number): string | null {
  const out = certificates.find(
    ({ validFrom, validTo }) => Date.parse(validFrom) > nowMs || Date.parse(validTo) < nowMs,
  );
  return out === undefined ? null : `It is valid from ${out.validFrom} to ${out.validTo}.`;
}

function expiring(certificates: readonly X509Certificate[], nowMs: number): string | null {
  const soon = certificates.find(({ validTo }) => Date.parse(validTo) - nowMs < SOON_DAYS * DAY_MS);
  return soon === undefined ? null : `It ends on ${soon.validTo}.`;
}

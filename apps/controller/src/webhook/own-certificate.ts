/**
 * A serving certificate that the role makes itself and keeps in its Secret, so that nobody has to: made at the first
 * start, renewed long before its end, shared by all replicas. The chart makes the Secret, empty, so that it goes with it.
 */
import { X509Certificate } from 'node:crypto';
import { TulleError } from '@tulle/model';
import { createAuthority, createAuthorityMaterial } from '@tulle/pki';
import type { Logger } from '@tulle/telemetry';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { checkPair } from './check-pair.ts';
import type { CertificateSource } from './certificate-source.ts';
import { keepTrying, type Retrying } from './keep-trying.ts';
import { WatchedPair } from './watched-pair.ts';

export interface OwnCertificateOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly namespace: string;
  readonly secret: string;
  /** The Service that the API server calls. */
  readonly service: string;
  readonly clusterDomain: string;
  /** Makes the API server trust these authorities, PEM; called again and again, changes only what differs. */
  readonly publish: (authoritiesPem: string) => Promise<void>;
  readonly log: Logger;
  readonly retrying: Retrying;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const LIFETIME_MS = 90 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** How soon a replica notices that another has renewed, and that somebody has changed the webhook's authorities. */
const LOOK_EVERY_MS = 60_000;

/** What is in the Secret. `authorities`: the newest, and the one before it, since replicas serve the old pair for a while. */
interface Stored {
  readonly certPem: string;
  readonly keyPem: string;
  readonly authoritiesPem: string;
}

interface Secret {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

export function ownCertificate(options: OwnCertificateOptions): CertificateSource {
  const { log, retrying, publish, secret: inSecret } = options;
  const pair = new WatchedPair();
  const loop = keepTrying({
    retrying,
    everyMs: LOOK_EVERY_MS,
    async attempt() {
      const stored = await readOrRenew(options);
      // Trusted first, served then.
      await publish(stored.authoritiesPem);
      if (!pair.set(stored)) return;
      const { validTo } = new X509Certificate(stored.certPem);
      log.info({ inSecret, validTo }, 'the serving certificate is in force');
    },
    onFailure: (error) =>
      log.error({ error, inSecret }, 'the serving certificate cannot be kept; what there is stays'),
  });
  return {
    current: () => pair.current(),
    waitingFor: () => (pair.current() === null ? loop.lastFailure() : null),
    onChange: (listener) => pair.onChange(listener),
    close: () => loop.stop(),
  };
}

async function readOrRenew(options: OwnCertificateOptions): Promise<Stored> {
  const { api, log, now } = options;
  const path = `/api/v1/namespaces/${options.namespace}/secrets/${options.secret}`;
  for (;;) {
    const secret = await api.request<Secret>({ method: 'GET', path });
    const stored = readStored(secret.data ?? {}, namesOf(options));
    if (stored !== null && remainingMs(stored, now()) > RENEW_BEFORE_MS) return stored;
    const made = await make(options, stored);
    try {
      await api.request({ method: 'PUT', path, body: { ...secret, data: encode(made) } });
      log.info({ inSecret: options.secret }, 'a serving certificate was made');
      return made;
    } catch (reason) {
      // Another replica was first: take what it made.
      if (!(reason instanceof TulleError && reason.code === 'conflict')) throw reason;
    }
  }
}

/** Names the API server may call the Service by, its own first. */
function namesOf({ service, namespace }: OwnCertificateOptions): string {
  return `${service}.${namespace}.svc`;
}

/** Null where the Secret holds nothing that could be served under this name. */
function readStored(data: Readonly<Record<string, string>>, name: string): Stored | null {
  const read = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const stored = {
    certPem: read('tls.crt'),
    keyPem: read('tls.key'),
    authoritiesPem: read('ca.crt'),
  };
  if (stored.authoritiesPem === '' || checkPair(stored) !== null) return null;
  return new X509Certificate(stored.certPem).checkHost(name) === undefined ? null : stored;
}

function remainingMs({ certPem }: Stored, nowMs: number): number {
  return Date.parse(new X509Certificate(certPem).validTo) - nowMs;
}

async function make(options: OwnCertificateOptions, last: Stored | null): Promise<Stored> {
  const { namespace, clusterDomain, now } = options;
  const names = { controlPlaneNamespace: namespace, trustDomain: clusterDomain };
  const material = await createAuthorityMaterial(names, now);
  const authority = await createAuthority(material, now);
  const leaf = await authority.issueCredentials(namesOf(options), { lifetimeMs: LIFETIME_MS });
  return {
    certPem: leaf.certPem,
    keyPem: leaf.keyPem,
    authoritiesPem: material.trustAnchorPem + firstCertificate(last?.authoritiesPem ?? ''),
  };
}

function firstCertificate(pem: string): string {
  return /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/.exec(pem)?.[0] ?? '';
}

function encode({ certPem, keyPem, authoritiesPem }: Stored): Record<string, string> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return {
    'tls.crt': base64(certPem),
    'tls.key': base64(keyPem),
    'ca.crt': base64(authoritiesPem),
  };
}

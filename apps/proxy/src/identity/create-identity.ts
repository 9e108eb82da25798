import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { TulleError } from '@tulle/model';
import { fromTimestamp, type CertifyResponse } from '@tulle/proxy-api';
import { identityWire } from '@tulle/proxy-api/wire';
import type { Logger } from '@tulle/telemetry';
import type { IdentityConfig } from '../config/proxy-config.ts';
import { backoffMs, LOOPBACK_BACKOFF, pause, REMOTE_BACKOFF } from '../control/backoff.ts';
import { ControlChannel } from '../control/control-channel.ts';
import type { ProxyMetrics } from '../observe/proxy-metrics.ts';
import { ensureKey } from './ensure-key.ts';
import { checkCertificate, parsePemBundle, type IssuedChain } from './check-certificate.ts';
import type { Certificate, Identity } from './identity.ts';

export interface IdentityOptions {
  readonly config: IdentityConfig;
  readonly metrics: ProxyMetrics;
  readonly log: Logger;
  /** Milliseconds since the epoch; Date.now where absent. */
  readonly now?: () => number;
}

/** A Certify call that takes longer is given up and tried again. */
const CERTIFY_TIMEOUT_MS = 10_000;
/** Share of a certificate's life after which it is renewed. */
const REFRESH_AT = 0.7;
/** While there is no certificate yet, say so this often. */
const REMIND_EVERY_MS = 15_000;

/**
 * Reads the key and the certificate request, or makes them where there are none, has the request certified and keeps the certificate fresh: renewed at 70 % of
 * its life, tried again with backoff. The token is read anew each time, since it is rotated.
 * @throws TulleError `invalid_argument` when key, request, token or anchors cannot be read.
 */
export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { config } = options;
  await ensureKey(config.dir, config.localName);
  const material = {
    key: parseKey(await readOrExplain(join(config.dir, 'key.p8'), 'The private key')),
    request: await readOrExplain(join(config.dir, 'csr.der'), 'The certificate request'),
    anchors: parsePemBundle(config.trustAnchorsPem),
  };
  const token = await readOrExplain(config.tokenFile, 'The identity token');
  if (token.length === 0) {
    throw new TulleError('invalid_argument', `The identity token ${config.tokenFile} is empty.`);
  }
  return new CertifiedIdentity(options, material);
}

interface Material {
  readonly key: KeyObject;
  readonly request: Buffer;
  readonly anchors: readonly X509Certificate[];
}

class CertifiedIdentity implements Identity {
  readonly localName: string;
  readonly ready: Promise<void>;
  #certificate: Certificate | null = null;
  readonly #listeners = new Set<(certificate: Certificate) => void>();
  readonly #stop = new AbortController();
  readonly #options: IdentityOptions;
  readonly #material: Material;
  readonly #now: () => number;

  constructor(options: IdentityOptions, material: Material) {
    this.localName = options.config.localName;
    this.#options = options;
    this.#material = material;
    this.#now = options.now ?? Date.now;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#listeners.add(() => resolve());
    void this.#run();
  }

  get isReady(): boolean {
    return this.#certificate !== null;
  }

  get certificate(): Certificate {
    if (this.#certificate !== null) return this.#certificate;
    throw new TulleError('unavailable', 'This proxy has no certificate yet.');
  }

  onRenewed(listener: (certificate: Certificate) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop.abort();
    this.#listeners.clear();
  }

  async #run(): Promise<void> {
    const { config, log } = this.#options;
    const channel = new ControlChannel({
      client: 'identity',
      service: config.service,
      metrics: this.#options.metrics,
      secureContext: () =>
        this.#certificate?.secureContext ?? createSecureContext({ ca: config.trustAnchorsPem }),
    });
    const backoff = config.service.name === null ? LOOPBACK_BACKOFF : REMOTE_BACKOFF;
    const { signal } = this.#stop;
    const reminder = setInterval(() => {
      if (!this.isReady)
        log.warn({ identity: this.localName }, 'waiting for the first certificate');
    }, REMIND_EVERY_MS).unref();
    let failures = 0;
    while (!signal.aborted) {
      try {
        const waitMs = await this.#certify(channel, signal);
        failures = 0;
        await pause(waitMs, signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#options.metrics.certRefreshes.with({ result: 'error' }).value++;
        log.warn({ err: error, identity: this.localName }, 'certification failed; trying again');
        await pause(backoffMs(backoff, failures++, Math.random()), signal);
      }
    }
    clearInterval(reminder);
    channel.close();
  }

  /** Gives how long the certificate may be used before it is renewed. */
  async #certify(channel: ControlChannel, signal: AbortSignal): Promise<number> {
    const { config, log, metrics } = this.#options;
    const response = await channel.unary(
      identityWire.Identity_Certify,
      {
        identity: config.localName,
        token: await readFile(config.tokenFile),
        certificateSigningRequest: this.#material.request,
      },
      { signal, timeoutMs: CERTIFY_TIMEOUT_MS },
    );
    const certificate = this.#accept(response);
    const lifetimeMs = certificate.expiresAtMs - this.#now();
    metrics.certRefreshes.with({ result: 'ok' }).value++;
    metrics.certExpiration.value = certificate.expiresAtMs / 1000;
    metrics.certRefreshed.value = this.#now() / 1000;
    log.info({ identity: this.localName, lifetimeMs }, 'certified');
    this.#certificate = certificate;
    for (const listener of this.#listeners) listener(certificate);
    return Math.min(Math.max(lifetimeMs * REFRESH_AT, config.minRefreshMs), config.maxRefreshMs);
  }

  #accept(response: CertifyResponse): Certificate {
    const { config } = this.#options;
    if (response.validUntil === undefined) {
      throw new TulleError('invalid_argument', 'The identity service did not say until when.');
    }
    const expiresAtMs = fromTimestamp(response.validUntil);
    if (expiresAtMs <= this.#now()) {
      throw new TulleError('invalid_argument', 'The identity service issued what has expired.');
    }
    const chain = parseChain(response);
    checkCertificate(
      chain,
      this.#material.anchors,
      this.#material.key,
      this.localName,
      this.#now(),
    );
    const keyPem = this.#material.key.export({ format: 'pem', type: 'pkcs8' });
    const chainPem = [chain.leaf, ...chain.intermediates].map(String).join('');
    const secureContext = createSecureContext({
      key: keyPem,
      cert: chainPem,
      ca: config.trustAnchorsPem,
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
    });
    return { secureContext, keyPem, chainPem, anchorsPem: config.trustAnchorsPem, expiresAtMs };
  }
}

function parseChain(response: CertifyResponse): IssuedChain {
  try {
    return {
      leaf: new X509Certificate(response.leafCertificate),
      intermediates: response.intermediateCertificates.map((der) => new X509Certificate(der)),
    };
  } catch (cause) {
    throw new TulleError('invalid_argument', 'The identity service sent no certificate in DER.', {
      cause,
    });
  }
}

function parseKey(der: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new TulleError('invalid_argument', 'The private key is not DER PKCS#8.', { cause });
  }
}

async function readOrExplain(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new TulleError('invalid_argument', `${what} ${path} cannot be read.`, { cause });
  }
}

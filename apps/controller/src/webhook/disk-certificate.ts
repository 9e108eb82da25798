import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import { checkPair } from './check-pair.ts';
import type { CertificateSource, ServingPair } from './certificate-source.ts';
import { keepTrying, type Retrying } from './keep-trying.ts';
import { WatchedPair } from './watched-pair.ts';

export interface DiskCertificateOptions {
  /** Holds `tls.crt` and `tls.key`: a mounted Secret. */
  readonly dir: string;
  readonly log: Logger;
  readonly retrying: Retrying;
}

/** The kubelet swaps a mounted Secret's files within about a minute of its change; looking is two small reads. */
const LOOK_EVERY_MS = 10_000;

/** Somebody else's certificate: read at the start and whenever its files have changed. A wrong pair never replaces a right one. */
export function diskCertificate({ dir, log, retrying }: DiskCertificateOptions): CertificateSource {
  const pair = new WatchedPair();
  const loop = keepTrying({
    retrying,
    everyMs: LOOK_EVERY_MS,
    async attempt() {
      const read = await readPair(dir);
      if (!pair.set(read)) return;
      const { validTo, subjectAltName } = new X509Certificate(read.certPem);
      log.info({ dir, names: subjectAltName, validTo }, 'the serving certificate was read');
    },
    onFailure: (error) => log.error({ error, dir }, 'the serving certificate cannot be used'),
  });
  return {
    current: () => pair.current(),
    waitingFor: () => (pair.current() === null ? loop.lastFailure() : null),
    onChange: (listener) => pair.onChange(listener),
    close: () => loop.stop(),
  };
}

async function readPair(dir: string): Promise<ServingPair> {
  // One after the other, so that of two files that are missing it is always the same that is named.
  const certPem = await read(dir, 'tls.crt');
  const keyPem = await read(dir, 'tls.key');
  const fault = checkPair({ certPem, keyPem });
  if (fault !== null) {
    throw new TulleError('unavailable', `The certificate in ${dir} cannot be used: ${fault}.`);
  }
  return { certPem, keyPem };
}

async function read(dir: string, file: string): Promise<string> {
  try {
    return await readFile(join(dir, file), 'utf8');
  } catch (cause) {
    throw new TulleError(
      'unavailable',
      `${join(dir, file)} cannot be read; mount a Secret with tls.crt and tls.key there.`,
      { cause },
    );
  }
}

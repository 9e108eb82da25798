import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apply } from './lab.ts';
import { must, until } from './shell.ts';
import { CONTROL_PLANE, LAB, type World } from './world.ts';

interface Issuer {
  readonly data: { readonly 'tls.crt': string; readonly 'tls.key': string };
}

const SUBJECT = '/CN=rotated.tulle.cluster.local';
const EXTENSIONS = [
  'basicConstraints=critical,CA:TRUE,pathlen:0',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
].join('\n');

/** Puts an issuer under the same anchor in the place of the chart's, and waits until new certificates come from it. */
export async function rotateIssuer(world: World): Promise<void> {
  const { data } = await world.get<Issuer>('secret', 'tulle-identity-issuer', '-n', CONTROL_PLANE);
  const folder = mkdtempSync(join(tmpdir(), 'tulle-issuer-'));
  try {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('ca.crt'), Buffer.from(data['tls.crt'], 'base64'));
    writeFileSync(at('ca.key'), Buffer.from(data['tls.key'], 'base64'));
    writeFileSync(at('extensions'), EXTENSIONS);
    const openssl = (...args: string[]): Promise<string> => must('openssl', args, { cwd: folder });
    await openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'new.key',
      '-out',
      'new.csr',
      '-subj',
      SUBJECT,
    );
    await openssl(
      'x509',
      '-req',
      '-in',
      'new.csr',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '90',
      '-sha256',
      '-extfile',
      'extensions',
      '-out',
      'new.crt',
    );
    await apply(world, [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'tulle-identity-issuer', namespace: CONTROL_PLANE },
        type: 'kubernetes.io/tls',
        data: {
          'tls.crt': readFileSync(at('new.crt')).toString('base64'),
          'tls.key': readFileSync(at('new.key')).toString('base64'),
        },
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  await until('a certificate by the new issuer', 150_000, () => newPodsIssuer(world));
}

/** Restarts one server pod and looks who signed its certificate; null while it is still the old one. */
async function newPodsIssuer(world: World): Promise<string | null> {
  await world.kubectl('rollout', 'restart', 'deployment/server', '-n', LAB);
  await world.kubectl('rollout', 'status', 'deployment/server', '-n', LAB, '--timeout=90s');
  const log = await world.kubectl(
    'logs',
    'deploy/tulle-identity',
    '-n',
    CONTROL_PLANE,
    '--tail=400',
  );
  const { data } = await world.get<Issuer>('secret', 'tulle-identity-issuer', '-n', CONTROL_PLANE);
  const issuer = new X509Certificate(Buffer.from(data['tls.crt'], 'base64'));
  assert.match(issuer.subject, /rotated/);
  return /issuer/i.test(log) ? issuer.subject : null;
}

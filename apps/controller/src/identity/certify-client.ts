import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { TulleError } from '@tulle/model';
import { createKeyAndRequest, toPem, type Credentials } from '@tulle/pki';
import { formatHostPort, fromTimestamp, Identity } from '@tulle/proxy-api';
import { readFile } from 'node:fs/promises';
import type { PeerCertificate } from 'node:tls';
import type { MeshConfig } from '../config/controller-config.ts';

const CERTIFY_TIMEOUT_MS = 10_000;

/**
 * Gets a certificate for `identity` from the identity role, as a proxy does: with this pod's token, over TLS to a server
 * that must prove to be `serverName`. Token and anchors are read anew each time, since both are renewed on disk.
 * @throws TulleError `unavailable` with the reason.
 */
export async function requestLeaf(
  mesh: MeshConfig,
  identity: string,
  serverName: string,
): Promise<Credentials> {
  const [anchorsPem, token] = await Promise.all([
    readNamed(mesh.trustAnchorsFile),
    readNamed(mesh.tokenFile),
  ]);
  const { keyDer, requestDer } = await createKeyAndRequest(identity);
  const baseUrl = `https://${formatHostPort(mesh.identity.host, mesh.identity.port)}`;
  const sessionManager = new Http2SessionManager(baseUrl, undefined, {
    ca: anchorsPem,
    minVersion: 'TLSv1.3',
    servername: serverName,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      certificate.subjectaltname?.split(', ').includes(`DNS:${serverName}`) === true
        ? undefined
        : new Error(`it proved another name than ${serverName}`),
  });
  try {
    const client = createClient(Identity, createGrpcTransport({ baseUrl, sessionManager }));
    const answer = await client.certify(
      { identity, token: Buffer.from(token), certificateSigningRequest: requestDer },
      { timeoutMs: CERTIFY_TIMEOUT_MS },
    );
    if (answer.validUntil === undefined) {
      throw new TulleError('unavailable', 'the answer does not say until when it is valid');
    }
    const chain = [answer.leafCertificate, ...answer.intermediateCertificates];
    return {
      certPem: chain.map((der) => toPem('CERTIFICATE', der)).join(''),
      keyPem: toPem('PRIVATE KEY', keyDer),
      anchorsPem,
      validUntilMs: fromTimestamp(answer.validUntil),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TulleError('unavailable', `No certificate from ${baseUrl}: ${reason}`, { cause });
  } finally {
    sessionManager.abort();
  }
}

async function readNamed(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TulleError('unavailable', `${path} cannot be read (${code}).`, { cause });
  }
}

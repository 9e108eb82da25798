import { formatIdentityName, loadIssuer } from '@tulle/pki';
import { join } from 'node:path';
import type { KubernetesParts } from '../../controller-parts.ts';
import { startGrpcServer } from '../../grpc/grpc-server.ts';
import { createReloadingAuthority } from '../../identity/authority-source.ts';
import { identityRoutes } from '../../identity/certify-service.ts';
import { onCertify } from '../../identity/on-certify.ts';
import { createOwnLeaf, type OwnLeaf } from '../../identity/own-leaf.ts';
import { pause } from './pause.ts';
import { reviewToken } from './review-token.ts';

/**
 * The identity role: signs with the issuer of the mounted Secret, renewed on disk by whoever renews it. Gives itself its
 * own certificate.
 * @throws TulleError `unavailable` for an issuer that cannot be used or a taken port.
 */
export async function startKubernetesIdentity(parts: KubernetesParts): Promise<OwnLeaf> {
  const { config, pod, mesh, log, now, cleanup, clients } = parts;
  const files = {
    certificate: join(config.identityDir, 'tls.crt'),
    key: join(config.identityDir, 'tls.key'),
    trustAnchors: mesh.trustAnchorsFile,
  };
  const authority = await createReloadingAuthority({
    load: () => loadIssuer(files, now),
    now,
    onRotated: ({ issuerExpiresAtMs }) => {
      const validUntil = new Date(issuerExpiresAtMs).toISOString();
      log.info({ validUntil }, 'another issuer is in force');
    },
    onFault: (error) =>
      log.error({ error }, 'the issuer on disk cannot be used; the one before stays in force'),
  });
  const identity = formatIdentityName({ ...config, ...pod });
  const leaf = createOwnLeaf({
    request: async () => (await authority()).issueCredentials(identity),
    now,
    delay: pause,
    onFault: (error) => log.error({ error }, 'no certificate for this role itself'),
  });
  cleanup.defer(() => leaf.close());
  const routes = identityRoutes({
    authority,
    names: config,
    lifetimeMs: config.issuanceLifetimeMs,
    reviewToken: (token, audience) => reviewToken(clients.api, token, audience),
    onOutcome: onCertify(parts, authority),
  });
  const server = await startGrpcServer(config.listen.identity, 'TULLE_IDENTITY_ADDR', routes, leaf);
  cleanup.defer(() => server.close());
  parts.ports.identity = server.port;
  return leaf;
}

import type { KubernetesParts } from '../controller-parts.ts';
import { publishToWebhooks } from '../webhook/publish-authorities.ts';
import { webhookCertificate } from '../webhook/webhook-certificate.ts';
import { startWebhookServer } from '../webhook/webhook-server.ts';
import { reviewProfile } from './review-profile.ts';

const SERVICE = 'tulle-validator';

/**
 * Starts the validating webhook. Gives what it still waits for.
 * @throws TulleError `unavailable` for a taken port.
 */
export async function startValidator(parts: KubernetesParts): Promise<() => string | null> {
  const { config, clients, cleanup, now } = parts;
  const log = parts.log.child({ role: 'validator' });
  const certificate = webhookCertificate({
    dir: config.webhookTlsDir,
    api: clients.api,
    namespace: config.controlPlaneNamespace,
    clusterDomain: config.clusterDomain,
    service: SERVICE,
    publish: publishToWebhooks(clients.api, 'validatingwebhookconfigurations', SERVICE),
    log,
    now,
  });
  cleanup.defer(() => certificate.close());
  const server = await startWebhookServer({
    listen: config.listen.validator,
    variable: 'TULLE_VALIDATOR_ADDR',
    certificate,
    review: reviewProfile,
    log,
  });
  cleanup.defer(() => server.close());
  parts.ports.validator = server.port;
  return () => certificate.waitingFor();
}

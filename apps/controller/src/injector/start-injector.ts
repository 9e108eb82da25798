import { TulleError } from '@tulle/model';
import type { KubernetesParts } from '../controller-parts.ts';
import { publishToWebhooks } from '../webhook/publish-authorities.ts';
import { SYSTEM_RETRYING } from '../webhook/keep-trying.ts';
import { webhookCertificate } from '../webhook/webhook-certificate.ts';
import { startWebhookServer } from '../webhook/webhook-server.ts';
import { ownerFinder } from './find-owner.ts';
import { injectionEvents } from './injection-events.ts';
import { openSettings } from './injection-settings.ts';
import { injectorMetrics } from './injector-metrics.ts';
import { watchNamespaces } from './namespace-annotations.ts';
import { injectionReview } from './review-injection.ts';

const SERVICE = 'tulle-proxy-injector';

/**
 * Starts the mutating webhook. Gives what it still waits for.
 * @throws TulleError `invalid_argument` for settings that cannot be used, `unavailable` for a taken port.
 */
export async function startInjector(parts: KubernetesParts): Promise<() => string | null> {
  const { config, clients, registry, cleanup, now } = parts;
  const { api } = clients;
  const log = parts.log.child({ role: 'injector' });
  if (config.platform.kind !== 'kubernetes') {
    throw new TulleError('internal', 'The injector was started where there is no cluster.');
  }
  const settings = await openSettings({
    configFile: config.injectConfigFile,
    trustAnchorsFile: config.platform.mesh.trustAnchorsFile,
    log,
  });
  const namespaces = watchNamespaces({ api, log, timing: SYSTEM_RETRYING });
  cleanup.defer(() => namespaces.close());
  const events = injectionEvents({ api, log, now });
  const certificate = webhookCertificate({
    dir: config.webhookTlsDir,
    api,
    namespace: config.controlPlaneNamespace,
    clusterDomain: config.clusterDomain,
    service: SERVICE,
    publish: publishToWebhooks(api, 'mutatingwebhookconfigurations', SERVICE),
    log,
    now,
  });
  cleanup.defer(() => certificate.close());
  const server = await startWebhookServer({
    listen: config.listen.injector,
    variable: 'TULLE_INJECTOR_ADDR',
    certificate,
    review: injectionReview({
      settings,
      namespaces,
      findOwner: ownerFinder({ api, log }),
      events,
      metrics: injectorMetrics(registry, () => events.dropped()),
      createdBy: `tulle/proxy-injector ${parts.version}`,
    }),
    log,
  });
  cleanup.defer(() => server.close());
  parts.ports.injector = server.port;
  return () => namespaces.waitingFor() ?? certificate.waitingFor();
}

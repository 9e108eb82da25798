import type { ControllerParts, KubernetesParts } from '../controller-parts.ts';
import { createConnectObserve, createPeerNames, createTapHub } from '../tap/index.ts';
import { publishToApiService } from '../webhook/publish-authorities.ts';
import { webhookCertificate } from '../webhook/webhook-certificate.ts';
import { watchFrontProxy } from './front-proxy.ts';
import { startTapApi } from './tap-api-server.ts';
import { TAP_GROUP, TAP_VERSION } from './tap-path.ts';

const SERVICE = 'tulle-tap';

/**
 * Starts the tap API of a cluster. Gives what it still waits for.
 * @throws TulleError `unavailable` for a taken port.
 */
export async function startTap(
  parts: KubernetesParts & Pick<ControllerParts, 'platform' | 'credentials'>,
): Promise<() => string | null> {
  const { config, platform, cleanup, now, ports } = parts;
  const { api } = parts.clients;
  const log = parts.log.child({ role: 'tap' });
  const state = () => platform.state();
  const onStateChange = (listener: () => void) => platform.onChange(listener);
  const connect = createConnectObserve(parts.credentials);
  const sources = (addresses: readonly string[]) => platform.sources(addresses);
  const names = createPeerNames({ state, sources, now });
  const certificate = webhookCertificate({
    dir: config.webhookTlsDir,
    api,
    namespace: config.controlPlaneNamespace,
    clusterDomain: config.clusterDomain,
    service: SERVICE,
    publish: publishToApiService(api, `${TAP_VERSION}.${TAP_GROUP}`),
    log,
    now,
  });
  cleanup.defer(() => certificate.close());
  const frontProxy = watchFrontProxy(api, log);
  cleanup.defer(() => frontProxy.close());
  const server = await startTapApi({
    listen: config.listen.tap,
    certificate,
    frontProxy,
    api,
    hub: createTapHub({ state, onStateChange, connect, names, now }),
    connect,
    state,
    onStateChange,
    log,
  });
  cleanup.defer(() => server.close());
  ports.tap = server.port;
  return () => certificate.waitingFor() ?? frontProxy.waitingFor();
}

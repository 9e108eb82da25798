import { formatHostPort } from '@tulle/proxy-api';
import type { Platform } from '../platform/platform.ts';
import type { Subscribe } from './change-signal.ts';
import { createDiscoveryIndexes } from './discovery-index.ts';
import type { DiscoverySource } from './discovery-source.ts';
import { endpointsOf, toServiceEndpoint } from './endpoint-set.ts';

/** Discovery from the platform's snapshots: a laptop's few instances, looked at anew with every change. */
export function createStateSource(
  platform: Pick<Platform, 'state' | 'onChange'>,
  controlPlaneNamespace: string,
): DiscoverySource {
  const index = createDiscoveryIndexes(() => platform.state());
  const onChange: Subscribe = (listener) => platform.onChange(listener);
  return {
    isReady: () => platform.state().revision > 0,
    kindOf: ({ namespace, name }) =>
      index().serviceByName(namespace, name) === null ? null : 'internal',
    serviceByIp: (ip) => index().serviceByIp(ip)?.ref ?? null,
    isOpaque: ({ namespace, name }, port) =>
      index()
        .serviceByName(namespace, name)
        ?.ports.find((each) => each.port === port)?.opaque ?? false,
    endpoints({ service, port, instance }) {
      const found = index().serviceByName(service.namespace, service.name);
      if (found === null) return new Map();
      return endpointsOf(index(), found, { port, instance, controlPlaneNamespace });
    },
    address(ip, port) {
      const found = index().instanceAt(formatHostPort(ip, port));
      if (found === null) return { endpoint: null, opaque: false };
      const { instance, endpoint, opaque } = found;
      return {
        endpoint: toServiceEndpoint(instance, endpoint, opaque, controlPlaneNamespace),
        opaque,
      };
    },
    onService: () => onChange,
    onAddress: () => onChange,
  };
}

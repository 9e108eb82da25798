import type { PlatformConfig, Role, SocketAddress } from './controller-config.ts';
import type { SettingReader } from './setting-reader.ts';

/** Roles that proxies dial over mutual TLS, and those that dial proxies. Identity gives itself its certificate. */
const MESHED_ROLES: readonly Role[] = ['destination', 'policy', 'tap', 'metrics'];

const NOWHERE: SocketAddress = { host: '', port: 0 };

export function readPlatform(
  kind: PlatformConfig['kind'],
  roles: ReadonlySet<Role>,
  reader: SettingReader,
): PlatformConfig {
  if (kind === 'local') return { kind, runtimeSocket: reader.required('TULLE_RUNTIME_SOCKET') };
  const needsLeaf = MESHED_ROLES.some((role) => roles.has(role)) && !roles.has('identity');
  const needsAnchors = needsLeaf || roles.has('identity') || roles.has('injector');
  return {
    kind,
    pod: {
      name: reader.required('TULLE_POD_NAME'),
      namespace: reader.dnsName('TULLE_POD_NAMESPACE', 'tulle'),
      serviceAccount: reader.required('TULLE_POD_SERVICE_ACCOUNT'),
    },
    mesh: {
      trustAnchorsFile: reader.requiredIf(needsAnchors, 'TULLE_TRUST_ANCHORS_FILE'),
      tokenFile: reader.requiredIf(needsLeaf, 'TULLE_IDENTITY_TOKEN_FILE'),
      identity: readIdentityAddress(needsLeaf, reader),
    },
  };
}

function readIdentityAddress(isNeeded: boolean, reader: SettingReader): SocketAddress {
  const name = 'TULLE_IDENTITY_SVC_ADDR';
  if (isNeeded && reader.optional(name) === null) reader.fault(name, 'must be set');
  return reader.optionalAddress(name, 1) ?? NOWHERE;
}

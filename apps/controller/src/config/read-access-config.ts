import { TulleError } from '@tulle/model';
import { blockListOf } from '../web/networks.ts';
import type { AuthProxyConfig, ControllerConfig } from './controller-config.ts';
import type { SettingReader } from './setting-reader.ts';

const HEADER = /^[a-z0-9-]+$/i;

/** Who may ask the dashboard of a cluster; on a laptop nobody looks at it. */
export function readAccess(reader: SettingReader): ControllerConfig['access'] {
  return {
    anonymous: reader.word('TULLE_ANONYMOUS', ['none', 'local', 'read'], 'none'),
    authProxy: readAuthProxy(reader),
  };
}

function readAuthProxy(reader: SettingReader): AuthProxyConfig | null {
  const userHeader = readHeader('TULLE_AUTH_PROXY_USER_HEADER', reader);
  const groupsHeader = readHeader('TULLE_AUTH_PROXY_GROUPS_HEADER', reader);
  const cidrs = reader.list('TULLE_AUTH_PROXY_CIDRS');
  if (userHeader === null) {
    if (groupsHeader !== null || cidrs.length > 0)
      reader.fault(
        'TULLE_AUTH_PROXY_USER_HEADER',
        'must be set beside the others of TULLE_AUTH_PROXY',
      );
    return null;
  }
  // Headers from anywhere would let anybody be anybody.
  if (cidrs.length === 0) reader.fault('TULLE_AUTH_PROXY_CIDRS', 'must name the proxy’s addresses');
  try {
    blockListOf(cidrs);
  } catch (reason) {
    reader.fault('TULLE_AUTH_PROXY_CIDRS', TulleError.from(reason).message);
  }
  return { userHeader, groupsHeader, cidrs };
}

function readHeader(name: string, reader: SettingReader): string | null {
  const text = reader.optional(name);
  if (text === null) return null;
  if (!HEADER.test(text)) reader.fault(name, `is "${text}"; it takes the name of a header`);
  return text.toLowerCase();
}

import { isIP } from 'node:net';
import { parseHostPort } from '@tulle/proxy-api';
import { TulleError } from '@tulle/model';

/** What a proxy asks about. */
export type DestinationPath =
  | { readonly kind: 'address'; readonly ip: string; readonly port: number }
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      /** One instance by its name in DNS, as a StatefulSet's pods have it; null for the service as a whole. */
      readonly instance: string | null;
      readonly port: number;
    };

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Reads `ip:port` or `[<instance>.]<service>.<namespace>.svc.<cluster domain>:port`, with or without a dot at the name's end,
 * in any case.
 * @throws TulleError `invalid_argument` for anything else, on which a proxy forwards to the original destination.
 */
export function parseDestinationPath(path: string, clusterDomain: string): DestinationPath {
  const parsed = parseHostPort(path);
  if (parsed === null) throw invalid(path, 'it is not host:port');
  const { host, port } = parsed;
  if (isIP(host) !== 0) return { kind: 'address', ip: host, port };
  const fqdn = host.toLowerCase().replace(/\.$/, '');
  const suffix = `.svc.${clusterDomain}`;
  if (!fqdn.endsWith(suffix)) throw invalid(path, `its name does not end in ${suffix}`);
  const labels = fqdn.slice(0, -suffix.length).split('.');
  if (labels.length < 2 || labels.length > 3 || !labels.every((label) => LABEL.test(label))) {
    throw invalid(path, `its name is not [<instance>.]<service>.<namespace>${suffix}`);
  }
  const [namespace = '', name = '', instance = null] = labels.toReversed();
  return { kind: 'service', namespace, name, instance, port };
}

/** `voting-svc.emojivoto.svc.cluster.local` */
export function formatServiceName(
  service: { readonly namespace: string; readonly name: string },
  clusterDomain: string,
): string {
  return `${service.name}.${service.namespace}.svc.${clusterDomain}`;
}

function invalid(path: string, reason: string): TulleError {
  const shown = path.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
  return new TulleError('invalid_argument', `cannot discover "${shown}": ${reason}`);
}

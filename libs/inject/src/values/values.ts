/** What single values may look like, for configuration and annotations alike. Each check gives what is wrong, or null. */
import { isIP } from 'node:net';

export type Check = (text: string) => string | null;

/** `100ms`, `5s`, `2m`, `1h`, `1d`: what the proxy reads. */
export const checkDuration: Check = (text) =>
  /^\d{1,9}(ms|s|m|h|d)$/.test(text)
    ? null
    : `"${text}" is not a duration such as 100ms, 10s, 5m or 1h`;

/** A quantity as Kubernetes writes resources: `100m`, `0.5`, `64Mi`. */
export const checkQuantity: Check = (text) =>
  /^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei|[eE]\d{1,2})?$/.test(text)
    ? null
    : `"${text}" is not a quantity such as 100m or 64Mi`;

/** `25,587,4000-4010`. */
export const checkPortRanges: Check = (text) => {
  const wrong = splitList(text).find((part) => parsePortRange(part) === null);
  return wrong === undefined
    ? null
    : `"${wrong}" is not a port or a range of ports such as 80 or 8000-8010`;
};

/** `10.0.0.0/8,fd00::/8`; an address alone is that one address. */
export const checkSubnets: Check = (text) => {
  const wrong = splitList(text).find((part) => !isSubnet(part));
  return wrong === undefined ? null : `"${wrong}" is not a network such as 10.0.0.0/8`;
};

/** `warn,linkerd=info`. */
export const checkLogFilter: Check = (text) =>
  text
    .split(',')
    .every((part) => /^([\w:.[\]{}*-]+=)?(off|error|warn|info|debug|trace)$/i.test(part.trim()))
    ? null
    : `"${text}" is not a log filter such as warn,linkerd=info`;

/** An image without its tag; a registry's port is not a tag. */
export const checkImageName: Check = (text) =>
  /^[a-zA-Z0-9][a-zA-Z0-9._:/-]*$/.test(text) ? null : `"${text}" is not the name of an image`;

export const checkImageTag: Check = (text) =>
  /^[\w][\w.-]{0,127}$/.test(text) ? null : `"${text}" is not the tag of an image`;

/** `host:port`. */
export const checkHostPort: Check = (text) =>
  /^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/.test(text)
    ? null
    : `"${text}" is not an address such as 1.1.1.1:20001`;

/** @param min smallest number allowed, `max` the largest. */
export function checkInteger(min: number, max: number): Check {
  return (text) => {
    const value = Number(text);
    const fits = /^\d{1,15}$/.test(text) && value >= min && value <= max;
    return fits ? null : `"${text}" is not a whole number from ${min} to ${max}`;
  };
}

export function checkOneOf(values: readonly string[]): Check {
  return (text) => (values.includes(text) ? null : `"${text}" is not one of ${values.join(', ')}`);
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** One port or `first-last`; null when it is neither. */
export function parsePortRange(text: string): PortRange | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  return match !== null && first >= 1 && last <= 65_535 && first <= last ? { first, last } : null;
}

/** The parts of a comma list, trimmed, without empty ones. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function isSubnet(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32);
}

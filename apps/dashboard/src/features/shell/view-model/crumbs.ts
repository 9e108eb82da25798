import { formatResource, parseKind } from '@tulle/model';
import { namespaceAddress, OVERVIEW, ROUTES, TAP } from '@/lib/navigation/addresses.ts';

export interface Crumb {
  readonly words: string;
  /** Null for the place itself, and for a step that has no page. */
  readonly href: string | null;
}

/** Where a page stands: "emojivoto / deployments / web". The last crumb is the page itself. */
export function crumbsOf(pathname: string): readonly Crumb[] {
  const [place = '', ...rest] = pathname
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part));
  if (place === '') return [here('Overview')];
  if (place === 'map') return [here('Map')];
  if (place === 'ns') return namespaceCrumbs(rest);
  if (place === 'tap') return tapCrumbs(rest);
  if (place === 'why') return whyCrumbs(rest);
  if (place === 'routes') return routesCrumbs(rest);
  return [{ words: 'Overview', href: OVERVIEW }, here('Not found')];
}

function namespaceCrumbs([namespace = '', kind, name]: readonly string[]): readonly Crumb[] {
  if (kind === undefined) return [here(namespace)];
  const home = { words: namespace, href: namespaceAddress(namespace) };
  const kinds = `${parseKind(kind) ?? kind}s`;
  if (name === undefined) return [home, here(kinds)];
  return [home, { words: kinds, href: `${namespaceAddress(namespace)}/${kind}` }, here(name)];
}

function tapCrumbs([namespace = '', kindWord = '', name]: readonly string[]): readonly Crumb[] {
  const kind = parseKind(kindWord);
  if (kind === undefined || name === undefined) return [here('Tap')];
  return [{ words: 'Tap', href: TAP }, here(formatResource({ kind, namespace, name }))];
}

function whyCrumbs([namespace = '', kind = '', name = '']: readonly string[]): readonly Crumb[] {
  return [
    { words: namespace, href: namespaceAddress(namespace) },
    { words: name, href: `${namespaceAddress(namespace)}/${kind}/${encodeURIComponent(name)}` },
    here('Why'),
  ];
}

function routesCrumbs([namespace = '', service]: readonly string[]): readonly Crumb[] {
  if (service === undefined) return [here('Routes')];
  return [
    { words: 'Routes', href: ROUTES },
    { words: namespace, href: namespaceAddress(namespace) },
    here(service),
  ];
}

function here(words: string): Crumb {
  return { words, href: null };
}

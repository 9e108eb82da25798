import { compilePathRegex } from '@tulle/model';
import { fromHttpMethod, type grpcRoute, type httpRoute } from '@tulle/proxy-api';
import type { RequestHead } from '../stack/http-service.ts';
import { PolicyFault } from './policy-fault.ts';

/** A request as routes look at it. */
export interface MatchedRequest {
  readonly head: RequestHead;
  /** Without port, in lower case. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** Without the question mark; '' for none. */
  readonly query: string;
}

/** How well a request matches, higher is better; -1 when it does not. Comparable between matches of one route set. */
export type Score = (request: MatchedRequest) => number;

/** Reads what {@link Score}s look at, once per request. */
export function matchedRequest(head: RequestHead): MatchedRequest {
  const { authority, path } = head;
  const end = path.indexOf('?');
  const colon = authority.lastIndexOf(':');
  const isPort = colon > authority.lastIndexOf(']');
  return {
    head,
    host: (colon >= 0 && isPort ? authority.slice(0, colon) : authority).toLowerCase(),
    path: end < 0 ? path : path.slice(0, end),
    query: end < 0 ? '' : path.slice(end + 1),
  };
}

const PATH_LIMIT = 65_535;
const COUNT_LIMIT = 63;
/** Above any {@link Score} of {@link scoreOf}. */
const HOST_WEIGHT = (PATH_LIMIT + 1) * 4 * 64 * 64 * 2;
/** A DNS name has at most 253 characters. */
const EXACT_HOST = 300;

const PREFIX = 0;
const REGEX = 1;
const EXACT = 2;

/** Gateway API's order: the longest path, then the most header and query conditions, then the method. */
function scoreOf(
  pathLength: number,
  pathKind: number,
  headers: number,
  query: number,
  method: number,
): number {
  const path = Math.min(pathLength, PATH_LIMIT) * 4 + pathKind;
  return (
    ((path * 64 + Math.min(headers, COUNT_LIMIT)) * 64 + Math.min(query, COUNT_LIMIT)) * 2 + method
  );
}

/**
 * Adds the host to a request's score: exact beats suffix, a longer suffix a shorter one; no host condition is the least.
 * @throws PolicyFault
 */
export function compileHosts(hosts: readonly httpRoute.HostMatch[]): Score {
  if (hosts.length === 0) return () => 0;
  const scores = hosts.map(compileHost);
  return (request) => {
    let best = -1;
    for (const score of scores) best = Math.max(best, score(request));
    return best < 0 ? -1 : best * HOST_WEIGHT;
  };
}

function compileHost({ match }: httpRoute.HostMatch): Score {
  switch (match.case) {
    case 'exact': {
      const wanted = match.value.toLowerCase();
      return ({ host }) => (host === wanted ? EXACT_HOST : -1);
    }
    case 'suffix': {
      const suffix = `.${match.value.reverseLabels.toReversed().join('.').toLowerCase()}`;
      const rank = Math.min(suffix.length, EXACT_HOST - 1);
      return ({ host }) => (host.length > suffix.length && host.endsWith(suffix) ? rank : -1);
    }
    default:
      throw new PolicyFault('a host match is of no known kind');
  }
}

/** @throws PolicyFault */
export function compileHttpMatch(match: httpRoute.HttpRouteMatch): Score {
  const path = compilePath(match.path);
  const headers = match.headers.map(compileHeader);
  const params = match.queryParams.map(compileQueryParam);
  const method = match.method === undefined ? null : fromHttpMethod(match.method);
  return (request) => {
    if (method !== null && request.head.method !== method) return -1;
    const rank = path(request.path);
    if (rank < 0) return -1;
    for (const test of headers) if (!test(request.head)) return -1;
    if (params.length > 0) {
      const query = new URLSearchParams(request.query);
      for (const test of params) if (!test(query)) return -1;
    }
    const methods = method === null ? 0 : 1;
    return scoreOf(rank >> 2, rank & 3, headers.length, params.length, methods);
  };
}

/** An empty service or method is any. @throws PolicyFault */
export function compileGrpcMatch(match: grpcRoute.GrpcRouteMatch): Score {
  const { service = '', method = '' } = match.rpc ?? {};
  const headers = match.headers.map(compileHeader);
  return ({ head, path }) => {
    const slash = path.lastIndexOf('/');
    if (service !== '' && path.slice(1, slash) !== service) return -1;
    if (method !== '' && path.slice(slash + 1) !== method) return -1;
    for (const test of headers) if (!test(head)) return -1;
    return scoreOf(service.length + method.length, EXACT, headers.length, 0, 0);
  };
}

/** Gives the length of what matched times 4 plus the kind of match; -1 for no match. */
function compilePath(match: httpRoute.PathMatch | undefined): (path: string) => number {
  switch (match?.kind.case) {
    case undefined:
      return () => PREFIX;
    case 'exact': {
      const wanted = match.kind.value;
      return (path) => (path === wanted ? wanted.length * 4 + EXACT : -1);
    }
    case 'prefix': {
      const isPrefix = compilePrefix(match.kind.value);
      // A slash at the end says nothing more (Gateway API).
      const rank = match.kind.value.replace(/\/$/, '').length * 4 + PREFIX;
      return (path) => (isPrefix(path) ? rank : -1);
    }
    case 'regex': {
      const test = compileRegex(match.kind.value);
      return (path) => (test(path) ? path.length * 4 + REGEX : -1);
    }
  }
}

/** Whole segments: `/a` is a prefix of `/a` and `/a/b`, not of `/ab`. */
export function compilePrefix(prefix: string): (path: string) => boolean {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return (path) =>
    path.startsWith(bare) && (path.length === bare.length || path.charCodeAt(bare.length) === 47);
}

function compileHeader({ name, value }: httpRoute.HeaderMatch): (head: RequestHead) => boolean {
  const field = name.toLowerCase();
  switch (value.case) {
    case 'exact': {
      const wanted = Buffer.from(value.value).toString('latin1');
      return (head) => head.header(field) === wanted;
    }
    case 'regex': {
      const test = compileRegex(value.value);
      return (head) => {
        const actual = head.header(field);
        return actual !== undefined && test(actual);
      };
    }
    default:
      throw new PolicyFault(`the match of header ${name} is of no known kind`);
  }
}

function compileQueryParam({
  name,
  value,
}: httpRoute.QueryParamMatch): (query: URLSearchParams) => boolean {
  switch (value.case) {
    case 'exact': {
      const wanted = value.value;
      return (query) => query.get(name) === wanted;
    }
    case 'regex': {
      const test = compileRegex(value.value);
      return (query) => {
        const actual = query.get(name);
        return actual !== null && test(actual);
      };
    }
    default:
      throw new PolicyFault(`the match of query parameter ${name} is of no known kind`);
  }
}

function compileRegex(source: string): (text: string) => boolean {
  const compiled = compilePathRegex(source);
  if (compiled.ok) return compiled.test;
  throw new PolicyFault(`pattern ${source}: ${compiled.fault.message}`);
}

import { BlockList } from 'node:net';
import type {
  ObserveRequest_Match,
  ObserveRequest_Match_Http,
  ObserveRequest_Match_Http_StringMatch,
  ObserveRequest_Match_Label,
  ObserveRequest_Match_Tcp,
} from '@tulle/proxy-api';
import { fromHttpMethod, fromIpAddress, fromScheme } from '@tulle/proxy-api';
import { TulleError } from '@tulle/model';
import type { Labels } from '@tulle/telemetry';
import type { Address } from '../../stack/connection.ts';

/** What a match is asked about: one request as it is sent to an endpoint. */
export interface TapRequest {
  readonly source: Address;
  readonly destination: Address;
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** Without the query. */
  readonly path: string;
  readonly destinationLabels: Labels;
  readonly routeLabels: Labels;
}

export type TapPredicate = (request: TapRequest) => boolean;

/** Nested deeper than this a match is refused: it is read recursively, and nobody means it. */
const MAX_DEPTH = 20;

/** Compiles a match once for all requests. @throws TulleError `invalid_argument` when a part of it says nothing. */
export function compileTapMatch(
  match: ObserveRequest_Match | undefined,
  depth: number = 0,
): TapPredicate {
  if (depth > MAX_DEPTH) throw invalid(`nested more than ${MAX_DEPTH} deep`);
  switch (match?.match.case) {
    case 'all': {
      const parts = match.match.value.matches.map((each) => compileTapMatch(each, depth + 1));
      return (request) => parts.every((part) => part(request));
    }
    case 'any': {
      const parts = match.match.value.matches.map((each) => compileTapMatch(each, depth + 1));
      return (request) => parts.some((part) => part(request));
    }
    case 'not': {
      const part = compileTapMatch(match.match.value, depth + 1);
      return (request) => !part(request);
    }
    case 'source': {
      const test = compileTcp(match.match.value);
      return (request) => test(request.source);
    }
    case 'destination': {
      const test = compileTcp(match.match.value);
      return (request) => test(request.destination);
    }
    case 'http':
      return compileHttp(match.match.value);
    case 'destinationLabel':
      return compileLabel(match.match.value, (request) => request.destinationLabels);
    case 'routeLabel':
      return compileLabel(match.match.value, (request) => request.routeLabels);
    default:
      throw invalid('missing required field');
  }
}

function compileLabel(
  { key, value }: ObserveRequest_Match_Label,
  labelsOf: (request: TapRequest) => Labels,
): TapPredicate {
  if (key === '' || value === '') throw invalid('a label needs a key and a value');
  return (request) => labelsOf(request)[key] === value;
}

function compileTcp(tcp: ObserveRequest_Match_Tcp): (address: Address) => boolean {
  switch (tcp.match.case) {
    case 'ports': {
      const { min, max } = tcp.match.value;
      const low = min === 0 ? max : min;
      const high = max === 0 ? min : max;
      if (low === 0 || low > high || high > 65535) throw invalid('a range of ports is empty');
      return ({ port }) => port >= low && port <= high;
    }
    case 'netmask': {
      const { ip, mask } = tcp.match.value;
      const address = fromIpAddress(ip);
      const isV6 = address?.includes(':') === true;
      if (address === null || mask === 0 || mask > (isV6 ? 128 : 32)) {
        throw invalid('a network needs an address and a mask');
      }
      const list = new BlockList();
      list.addSubnet(address, mask, isV6 ? 'ipv6' : 'ipv4');
      return ({ host }) => list.check(host, host.includes(':') ? 'ipv6' : 'ipv4');
    }
    default:
      throw invalid('an address match needs a network or ports');
  }
}

function compileHttp(http: ObserveRequest_Match_Http): TapPredicate {
  switch (http.match.case) {
    case 'scheme': {
      const scheme = fromScheme(http.match.value);
      if (scheme === null) throw invalid('a scheme is missing');
      return (request) => request.scheme === scheme;
    }
    case 'method': {
      const method = fromHttpMethod(http.match.value);
      if (method === null) throw invalid('a method is missing');
      return (request) => request.method === method;
    }
    case 'authority': {
      const test = compileString(http.match.value);
      return (request) => test(request.authority);
    }
    case 'path': {
      const test = compileString(http.match.value);
      return (request) => test(request.path);
    }
    default:
      throw invalid('an HTTP match needs a scheme, method, authority or path');
  }
}

function compileString(match: ObserveRequest_Match_Http_StringMatch): (text: string) => boolean {
  const { case: kind, value } = match.match;
  switch (kind) {
    case 'exact':
      return (text) => text === value;
    case 'prefix':
      return (text) => text.startsWith(value);
    default:
      throw invalid('a text match needs exact or prefix');
  }
}

function invalid(what: string): TulleError {
  return new TulleError('invalid_argument', `The match cannot be used: ${what}.`);
}

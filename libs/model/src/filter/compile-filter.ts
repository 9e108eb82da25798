import {
  GRPC_STATUS_NAMES,
  isFailure,
  type TapExchange,
  type TapPeer,
} from '../tap/tap-exchange.ts';
import type { FilterKey, FilterTerm, FilterValue } from './tap-filter.ts';
import { compileWildcard, type TextTest } from './wildcard.ts';

/** Says whether an exchange passes. */
export type ExchangeTest = (exchange: TapExchange) => boolean;

/** Compiles terms into one predicate: every term must hold. */
export function compileFilter(terms: readonly FilterTerm[]): ExchangeTest {
  const tests = terms.map(compileTerm);
  const [only] = tests;
  if (only === undefined) return () => true;
  if (tests.length === 1) return only;
  return (exchange) => tests.every((test) => test(exchange));
}

function compileTerm(term: FilterTerm): ExchangeTest {
  const tests = term.values.map((value) => compileValue(term, value));
  const holds: ExchangeTest = (exchange) => tests.some((test) => test(exchange));
  return term.negated ? (exchange) => !holds(exchange) : holds;
}

function compileValue(term: FilterTerm, value: FilterValue): ExchangeTest {
  if (term.key === 'text') return compileSearch(value.text);
  switch (value.kind) {
    case 'compare':
    case 'range':
      return compileNumber(term.key, value);
    case 'flag':
      return compileFlag(term.key, value.value);
    case 'present': {
      const texts = textsOf(term);
      return (exchange) => texts(exchange).some((text) => text !== '');
    }
    case 'pattern':
      return compilePattern(term, value.text);
  }
}

/** A bare word: somewhere in anything a row or its details show. */
function compileSearch(word: string): ExchangeTest {
  const test = compileWildcard(word, { foldCase: true, anywhere: true });
  return (exchange) => searchTexts(exchange).some(test);
}

function searchTexts(exchange: TapExchange): readonly string[] {
  const grpc = exchange.grpcStatus === null ? '' : (GRPC_STATUS_NAMES[exchange.grpcStatus] ?? '');
  const headers = [exchange.requestHeaders, exchange.responseHeaders, exchange.trailers].flatMap(
    (list) => list.map(([name, value]) => `${name}: ${value}`),
  );
  return [
    `${exchange.method} ${exchange.path}`,
    exchange.authority,
    exchange.route ?? '',
    exchange.httpStatus === null ? '' : String(exchange.httpStatus),
    grpc,
    ...peerTexts(exchange.source),
    ...peerTexts(exchange.destination),
    exchange.direction,
    ...headers,
  ];
}

function compilePattern(term: FilterTerm, pattern: string): ExchangeTest {
  if (term.key === 'path') return compilePath(pattern);
  const test = compileWildcard(pattern, { foldCase: true });
  if (term.key === 'host') {
    return ({ authority }) => test(authority) || test(withoutPort(authority));
  }
  if (term.key === 'direction') return compileDirection(pattern);
  const texts = textsOf(term);
  return (exchange) => texts(exchange).some(test);
}

/** Whole path; the query only when the pattern has a `?`; anywhere in it when it starts with neither `/` nor `*`. */
function compilePath(pattern: string): ExchangeTest {
  const anywhere = !pattern.startsWith('/') && !pattern.startsWith('*');
  const test: TextTest = compileWildcard(pattern, { foldCase: false, anywhere });
  if (pattern.includes('?')) return ({ path }) => test(path);
  return ({ path }) => test(withoutQuery(path));
}

function compileDirection(pattern: string): ExchangeTest {
  const word = pattern.toLowerCase();
  const direction = word === 'in' || word === 'out' ? `${word}bound` : word;
  const test = compileWildcard(direction, { foldCase: false });
  return (exchange) => test(exchange.direction);
}

function compileFlag(key: FilterKey, wanted: boolean): ExchangeTest {
  switch (key) {
    case 'failed':
      return (exchange) => isFailure(exchange) === wanted;
    case 'tls':
      return ({ security }) => (security.kind === 'mutual-tls') === wanted;
    case 'reset':
      return ({ outcome }) => (outcome.kind === 'reset') === wanted;
    case 'retry':
      return ({ attempt }) => attempt != null && attempt > 1 === wanted;
    default:
      return () => false;
  }
}

function compileNumber(
  key: FilterKey,
  value: Extract<FilterValue, { kind: 'compare' | 'range' }>,
): ExchangeTest {
  const read = numberOf(key);
  const test = compileCompare(value);
  return (exchange) => {
    const number = read(exchange);
    return number !== null && test(number);
  };
}

function compileCompare(
  value: Extract<FilterValue, { kind: 'compare' | 'range' }>,
): (number: number) => boolean {
  if (value.kind === 'range') {
    const { min, max } = value;
    return (number) => number >= min && number <= max;
  }
  const bound = value.number;
  switch (value.op) {
    case '=':
      return (number) => number === bound;
    case '>':
      return (number) => number > bound;
    case '>=':
      return (number) => number >= bound;
    case '<':
      return (number) => number < bound;
    case '<=':
      return (number) => number <= bound;
  }
}

function numberOf(key: FilterKey): (exchange: TapExchange) => number | null {
  switch (key) {
    case 'status':
      return ({ httpStatus }) => httpStatus;
    case 'grpc':
      return ({ grpcStatus }) => grpcStatus;
    case 'latency':
      return ({ latencyMs }) => latencyMs;
    case 'ttfb':
      return ({ ttfbMs }) => ttfbMs ?? null;
    case 'size':
      return ({ responseBytes }) => responseBytes;
    case 'reset':
      return ({ outcome }) => (outcome.kind === 'reset' ? outcome.errorCode : null);
    default:
      return () => null;
  }
}

/** The texts a key looks at; a missing one is left out or empty. */
function textsOf(term: FilterTerm): (exchange: TapExchange) => readonly string[] {
  switch (term.key) {
    case 'ns':
      return ({ source, destination, reporter }) => [
        source.workload?.namespace ?? '',
        destination.workload?.namespace ?? '',
        reporter.namespace,
      ];
    case 'src':
      return ({ source }) => peerTexts(source);
    case 'dst':
      return ({ destination }) => peerTexts(destination);
    case 'route':
      return ({ route }) => [route ?? ''];
    case 'method':
      return ({ method }) => [method];
    case 'path':
      return ({ path }) => [path];
    case 'host':
      return ({ authority }) => [authority];
    case 'direction':
      return ({ direction }) => [direction];
    case 'client':
      return clientIdentity;
    case 'id':
      return (exchange) => [exchange.id, ...headerValues(exchange, 'x-request-id')];
    case 'trace':
      return (exchange) => traceIds(exchange);
    case 'header': {
      const name = term.header ?? '';
      return (exchange) => headerValues(exchange, name);
    }
    case 'tls':
      return ({ security }) => [security.kind === 'mutual-tls' ? security.identity : ''];
    case 'reset':
      return ({ outcome }) => [outcome.kind === 'reset' ? 'reset' : ''];
    case 'failed':
      return (exchange) => [isFailure(exchange) ? 'failed' : ''];
    case 'retry':
      return ({ attempt }) => [attempt != null && attempt > 1 ? 'retry' : ''];
    default: {
      const read = numberOf(term.key === 'text' ? 'id' : term.key);
      return (exchange) => [String(read(exchange) ?? '')];
    }
  }
}

/** Only an inbound proxy knows who the client proved to be; outbound, `security` names the server. */
function clientIdentity({ direction, security }: TapExchange): readonly string[] {
  return direction === 'inbound' && security.kind === 'mutual-tls' ? [security.identity] : [];
}

function traceIds(exchange: TapExchange): readonly string[] {
  const w3c = headerValues(exchange, 'traceparent').map((value) => value.split('-')[1] ?? '');
  return [...w3c, ...headerValues(exchange, 'x-b3-traceid')];
}

function headerValues(exchange: TapExchange, name: string): readonly string[] {
  const found: string[] = [];
  for (const list of [exchange.requestHeaders, exchange.responseHeaders, exchange.trailers]) {
    for (const [field, value] of list) if (field.toLowerCase() === name) found.push(value);
  }
  return found;
}

function peerTexts({ workload, pod, address }: TapPeer): readonly string[] {
  const ip = withoutPort(address);
  if (workload === null) return pod === null ? [address, ip] : [pod.name, address, ip];
  const names = [workload.name, `${workload.kind}/${workload.name}`];
  return pod === null ? [...names, address, ip] : [...names, pod.name, address, ip];
}

function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return colon === -1 || authority.endsWith(']') ? authority : authority.slice(0, colon);
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query === -1 ? path : path.slice(0, query);
}

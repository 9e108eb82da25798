import {
  fromHeaders,
  fromScheme,
  type httpRoute,
  type inbound,
  type outbound,
} from '@tulle/proxy-api';
import type { HeaderEdit, Refusal, RequestHead } from '../stack/http-service.ts';
import { PolicyFault } from './policy-fault.ts';
import { compilePrefix } from './request-match.ts';

type FilterMessage =
  | inbound.HttpRoute_Filter
  | inbound.GrpcRoute_Filter
  | outbound.HttpRoute_Filter
  | outbound.GrpcRoute_Filter;
type Pair = readonly [string, string];

/** What a rule does to requests beside sending them on. Compiled once; empty for most rules. */
export interface Filters {
  /** Answers in the server's place, or null. @param random 0 up to 1. */
  readonly answer: ((head: RequestHead, random: () => number) => Refusal | null) | null;
  /** Makes the edit of a request's head out of the one that is made anyway. */
  edit(base: HeaderEdit): HeaderEdit;
  /** Of answers; null: they are forwarded as they are. */
  readonly answerEdit: HeaderEdit | null;
}

export const NO_FILTERS: Filters = { answer: null, edit: (base) => base, answerEdit: null };
const NO_EDIT: HeaderEdit = { strip: [], set: [] };

interface Modifier {
  readonly add: readonly Pair[];
  readonly set: readonly Pair[];
  readonly remove: readonly string[];
}

/** Fields that frame a message or belong to one hop: a policy that could write them could smuggle requests. */
const UNTOUCHABLE: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
  'proxy-connection',
]);
const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * @param prefixes path prefixes the rule matches, for redirects that replace them.
 * @throws PolicyFault
 */
export function compileFilters(
  messages: readonly FilterMessage[],
  prefixes: readonly string[] = [],
): Filters {
  if (messages.length === 0) return NO_FILTERS;
  const modifiers: Modifier[] = [];
  const answerModifiers: Modifier[] = [];
  const answers: NonNullable<Filters['answer']>[] = [];
  for (const { kind } of messages) {
    switch (kind.case) {
      case 'requestHeaderModifier':
        modifiers.push(compileModifier(kind.value));
        break;
      case 'redirect':
        answers.push(compileRedirect(kind.value, prefixes));
        break;
      case 'failureInjector':
        answers.push(compileInjector(kind.value));
        break;
      case 'responseHeaderModifier':
        answerModifiers.push(compileModifier(kind.value));
        break;
      default:
        throw new PolicyFault('a filter is of no known kind');
    }
  }
  return {
    answer: answers.length === 0 ? null : firstAnswer(answers),
    edit: (base) => modifiers.reduce(modified, base),
    answerEdit: answerModifiers.length === 0 ? null : answerModifiers.reduce(modified, NO_EDIT),
  };
}

/** A rule's filters, then its backend's. */
export function joinFilters(outer: Filters, inner: Filters): Filters {
  if (inner === NO_FILTERS) return outer;
  if (outer === NO_FILTERS) return inner;
  const answers = [outer.answer, inner.answer].filter((answer) => answer !== null);
  return {
    answer: answers.length === 0 ? null : firstAnswer(answers),
    edit: (base) => inner.edit(outer.edit(base)),
    answerEdit: joinEdits(outer.answerEdit, inner.answerEdit),
  };
}

/** What `outer` set `inner` may take away again. */
function joinEdits(outer: HeaderEdit | null, inner: HeaderEdit | null): HeaderEdit | null {
  if (outer === null || inner === null) return inner ?? outer;
  const kept = outer.set.filter(([name]) => !inner.strip.includes(name));
  return { strip: [...outer.strip, ...inner.strip], set: [...kept, ...inner.set] };
}

function firstAnswer(
  answers: readonly NonNullable<Filters['answer']>[],
): NonNullable<Filters['answer']> {
  return (head, random) => {
    for (const answer of answers) {
      const refusal = answer(head, random);
      if (refusal !== null) return refusal;
    }
    return null;
  };
}

function compileModifier(
  message: httpRoute.RequestHeaderModifier | httpRoute.ResponseHeaderModifier,
): Modifier {
  const pairs = (headers: typeof message.add): Pair[] =>
    fromHeaders(headers).map(([name, value]) => [checkedName(name), value]);
  return {
    add: pairs(message.add),
    set: pairs(message.set),
    remove: message.remove.map(checkedName),
  };
}

function checkedName(name: string): string {
  const lower = name.toLowerCase();
  if (!FIELD_NAME.test(lower)) throw new PolicyFault(`"${name}" is no name of a header field`);
  if (UNTOUCHABLE.has(lower)) throw new PolicyFault(`header ${lower} must not be modified`);
  return lower;
}

/** Add, then set, then remove (linkerd2-proxy http/route filter). */
function modified(base: HeaderEdit, modifier: Modifier): HeaderEdit {
  const strip = new Set(base.strip);
  let fields = [...base.set, ...modifier.add];
  for (const [name] of modifier.set) {
    strip.add(name);
    fields = fields.filter(([field]) => field !== name);
  }
  fields.push(...modifier.set);
  for (const name of modifier.remove) {
    strip.add(name);
    fields = fields.filter(([field]) => field !== name);
  }
  return { strip: [...strip], set: fields };
}

type InjectorMessage = Extract<FilterMessage['kind'], { case: 'failureInjector' }>['value'];

function compileInjector(message: InjectorMessage): NonNullable<Filters['answer']> {
  const { numerator, denominator } = message.ratio ?? { numerator: 1, denominator: 1 };
  if (denominator === 0) throw new PolicyFault('the ratio of a failure injector divides by 0');
  const share = numerator / denominator;
  const isGrpc = 'code' in message;
  if (!isGrpc && (message.status < 100 || message.status > 599)) {
    throw new PolicyFault(`a failure injector's status is ${message.status}`);
  }
  const refusal: Refusal = {
    kind: 'refusal',
    status: isGrpc ? 200 : message.status,
    proxyError: message.message === '' ? 'failure injected by policy' : message.message,
    tellClient: true,
    ...(isGrpc && { grpcStatus: message.code }),
  };
  return (_head, random) => (share >= 1 || random() < share ? refusal : null);
}

function compileRedirect(
  message: httpRoute.RequestRedirect,
  prefixes: readonly string[],
): NonNullable<Filters['answer']> {
  const scheme = fromScheme(message.scheme);
  const status = message.status === 0 ? 301 : message.status;
  if (status < 300 || status > 399) throw new PolicyFault(`a redirect's status is ${status}`);
  const replacePath = compileReplacement(message.path, prefixes);
  return (head) => {
    const split = /^(.*?)(?::(\d+))?$/.exec(head.authority);
    const host = message.host === '' ? (split?.[1] ?? '') : message.host;
    const givenPort = message.port === 0 ? '' : String(message.port);
    // Another scheme has another port; another host keeps none either.
    const keptPort = scheme === null && message.host === '' ? (split?.[2] ?? '') : '';
    const port = givenPort === '' ? keptPort : givenPort;
    const origin = `${scheme ?? (head.scheme === '' ? 'http' : head.scheme)}://${host}`;
    const location = `${origin}${port === '' ? '' : `:${port}`}${replacePath(head.path)}`;
    return {
      kind: 'refusal',
      status,
      proxyError: 'redirected by policy',
      tellClient: false,
      fields: [['location', location]],
    };
  };
}

function compileReplacement(
  modifier: httpRoute.PathModifier | undefined,
  prefixes: readonly string[],
): (path: string) => string {
  switch (modifier?.replace.case) {
    case undefined:
      return (path) => path;
    case 'full': {
      const full = modifier.replace.value;
      return (path) => full + queryOf(path);
    }
    case 'prefix': {
      const replacement = modifier.replace.value.replace(/\/$/, '');
      const tests = prefixes.map((prefix) => ({
        length: prefix.replace(/\/$/, '').length,
        isPrefix: compilePrefix(prefix),
      }));
      return (pathAndQuery) => {
        const query = queryOf(pathAndQuery);
        const path = pathAndQuery.slice(0, pathAndQuery.length - query.length);
        const found = tests.find(({ isPrefix }) => isPrefix(path));
        if (found === undefined) return pathAndQuery;
        const replaced = replacement + path.slice(found.length);
        return (replaced === '' ? '/' : replaced) + query;
      };
    }
  }
}

function queryOf(path: string): string {
  const at = path.indexOf('?');
  return at < 0 ? '' : path.slice(at);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_OF, TulleError } from '@tulle/model';
import { checkSignedIn, type Person } from '../web/person.ts';
import { isSecure } from '../web/session-cookie.ts';
import { refusedWrite } from '../storage/open-database.ts';

/** What a handler is given: the request, its path parameters by name, its query. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly person: Person;
  /** Whether the browser came over HTTPS. */
  readonly isSecure: boolean;
  /** Reads the JSON body, at most 1 MiB. @throws TulleError `invalid_argument` */
  readonly body: () => Promise<unknown>;
}

/** What a handler gives back. */
export type ApiAnswer =
  | {
      readonly kind: 'json';
      readonly status: 200 | 202;
      readonly value: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'empty'; readonly headers?: Readonly<Record<string, string>> };

export interface ApiRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** `/workloads/:namespace/:kind/:name`, below the API's prefix. */
  readonly path: string;
  /** Also for somebody who has not said who they are. */
  readonly isOpen?: boolean;
  readonly handle: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;
}

export interface Router {
  /** Answers, whatever happens; never throws. */
  handle(request: IncomingMessage, response: ServerResponse, person: Person): void;
}

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * A small router: the one place where an error becomes a response.
 * @param onInternalError told of errors that are our bugs, for the log
 */
export function createRouter(
  prefix: string,
  routes: readonly ApiRoute[],
  onInternalError: (error: TulleError) => void,
): Router {
  const compiled = routes.map((route) => ({ route, segments: route.path.split('/').slice(1) }));

  async function answer(request: IncomingMessage, person: Person): Promise<ApiAnswer> {
    const url = new URL(request.url ?? '/', 'http://api');
    const segments = url.pathname.slice(prefix.length).split('/').slice(1).map(decode);
    const here = compiled.flatMap(({ route, segments: pattern }) => {
      const params = matchSegments(pattern, segments);
      return params === null ? [] : [{ route, params }];
    });
    if (here.length === 0)
      throw new TulleError('not_found', `There is nothing at ${url.pathname}.`);
    const found = here.find(({ route }) => route.method === methodOf(request));
    if (found === undefined) {
      const methods = here.map(({ route }) => route.method).join(', ');
      throw new MethodNotAllowed(`${request.method} does not work here; ${methods} does.`, methods);
    }
    if (found.route.isOpen !== true) checkSignedIn(person);
    return found.route.handle({
      person,
      isSecure: isSecure(request),
      params: found.params,
      query: url.searchParams,
      body: () => readJson(request),
    });
  }

  return {
    handle(request, response, person) {
      answer(request, person).then(
        (result) => send(response, result),
        (reason: unknown) => {
          const error = refusedWrite(reason) ?? TulleError.from(reason);
          if (error.code === 'internal') onInternalError(error);
          sendError(response, error);
        },
      );
    },
  };
}

class MethodNotAllowed extends TulleError {
  readonly allow: string;
  constructor(message: string, allow: string) {
    super('invalid_argument', message);
    this.allow = allow;
  }
}

class UnsupportedMediaType extends TulleError {}

function methodOf(request: IncomingMessage): string {
  return request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new TulleError('invalid_argument', `"${segment}" is not a valid part of an address.`);
  }
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':') && segment !== '') params[part.slice(1)] = segment;
    else if (part !== segment) return null;
  }
  return params;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type !== 'application/json')
    throw new UnsupportedMediaType(
      'invalid_argument',
      'The body must be JSON, with content-type: application/json.',
    );
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES)
      throw new TulleError('invalid_argument', 'The body is larger than 1 MiB.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new TulleError('invalid_argument', `The body is not JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  response.setHeader('cache-control', 'no-store');
  if ('headers' in answer) {
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  }
  switch (answer.kind) {
    case 'json':
      return end(response, answer.status, 'application/json', JSON.stringify(answer.value));
    case 'text':
      return end(response, 200, 'text/plain; charset=utf-8', answer.text);
    case 'empty':
      response.writeHead(204).end();
  }
}

function sendError(response: ServerResponse, error: TulleError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof MethodNotAllowed) response.setHeader('allow', error.allow);
  // What is left of a body that was refused unread must not be taken for the next request.
  response.setHeader('connection', 'close');
  const body =
    error.code === 'internal'
      ? { code: error.code, message: 'Tulle failed; the controller log says why.' }
      : error.toBody();
  end(response, statusOf(error), 'application/json', JSON.stringify({ error: body }));
}

function statusOf(error: TulleError): number {
  if (error instanceof MethodNotAllowed) return 405;
  if (error instanceof UnsupportedMediaType) return 415;
  return STATUS_OF[error.code].http;
}

function end(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

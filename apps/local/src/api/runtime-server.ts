import { isWorkloadKind, parseKind, STATUS_OF, TulleError, type WorkloadRef } from '@tulle/model';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { RuntimeService } from './runtime-service.ts';
import { streamState } from './state-stream.ts';

const BODY_LIMIT_BYTES = 1_000_000;
const MOST_TAIL_LINES = 10_000;

const INJECT = z.strictObject({ inject: z.enum(['enabled', 'disabled']) });
const TOKEN_REVIEW = z.strictObject({ token: z.string(), audience: z.string() });
const SOURCES = z.strictObject({ addresses: z.array(z.string()).max(10_000) });

/** The runtime's API, see `runtime-api.ts` of the model. */
export interface RuntimeServer {
  close(): Promise<void>;
}

/** Listens on a Unix socket; a file left there by an earlier run is replaced. Rejects with the error of `listen`. */
export function serveRuntime(socketPath: string, service: RuntimeService): Promise<RuntimeServer> {
  rmSync(socketPath, { force: true });
  const server = createServer((request, response) => {
    answer(request, response, service).catch((reason: unknown) => refuse(response, reason));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      resolve({
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  service: RuntimeService,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://runtime');
  const parts = url === null ? null : decodePath(url.pathname);
  if (url === null || parts === null) {
    throw new TulleError('invalid_argument', 'The path of the request cannot be read.');
  }
  const [version, noun, ...rest] = parts;
  if (version !== 'v1') throw unknownPath(request, url);
  switch (`${request.method} ${noun}`) {
    case 'GET state':
      return sendJson(response, 200, service.state());
    case 'GET watch':
      return streamState(response, service);
    case 'PUT workloads':
    case 'POST workloads':
      return changeWorkload(request, response, service, url, rest);
    case 'POST token-reviews': {
      const { token, audience } = await readBody(request, TOKEN_REVIEW);
      return sendJson(response, 200, service.reviewToken(token, audience));
    }
    case 'POST sources': {
      const { addresses } = await readBody(request, SOURCES);
      return sendJson(response, 200, service.sources(addresses));
    }
    case 'GET pods':
      return sendLog(request, response, service, url, rest);
    default:
      throw unknownPath(request, url);
  }
}

/** Null for a percent sign that begins no escape. */
function decodePath(path: string): string[] | null {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return null;
  }
}

async function changeWorkload(
  request: IncomingMessage,
  response: ServerResponse,
  service: RuntimeService,
  url: URL,
  [namespace = '', kindWord = '', name = '', verb = '']: readonly string[],
): Promise<void> {
  const kind = parseKind(kindWord);
  if (kind === undefined || !isWorkloadKind(kind)) throw unknownPath(request, url);
  const workload: WorkloadRef = { kind, namespace, name };
  if (request.method === 'PUT' && verb === 'inject') {
    const { inject } = await readBody(request, INJECT);
    return sendJson(response, 202, service.setInject(workload, inject));
  }
  if (request.method === 'POST' && verb === 'restart') {
    request.resume();
    return sendJson(response, 202, service.restart(workload));
  }
  throw unknownPath(request, url);
}

function sendLog(
  request: IncomingMessage,
  response: ServerResponse,
  service: RuntimeService,
  url: URL,
  [namespace = '', name = '', verb = '']: readonly string[],
): void {
  if (verb !== 'log') throw unknownPath(request, url);
  const container = url.searchParams.get('container') ?? 'app';
  const tailLines = Number(url.searchParams.get('tailLines') ?? '100');
  if (container !== 'app' && container !== 'proxy') {
    throw new TulleError('invalid_argument', `container is app or proxy, not "${container}"`);
  }
  if (!Number.isInteger(tailLines) || tailLines < 1 || tailLines > MOST_TAIL_LINES) {
    throw new TulleError('invalid_argument', `tailLines is a number from 1 to ${MOST_TAIL_LINES}`);
  }
  const text = service.podLog({ kind: 'pod', namespace, name }, container, tailLines);
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) {
      throw new TulleError('resource_exhausted', `The body is over ${BODY_LIMIT_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new TulleError('invalid_argument', 'The body is not JSON.', { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TulleError('invalid_argument', 'The body is not what this request takes.', {
    issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, reason: unknown): void {
  const error = TulleError.from(reason);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  sendJson(response, STATUS_OF[error.code].http, { error: error.toBody() });
}

function unknownPath(request: IncomingMessage, url: URL): TulleError {
  return new TulleError(
    'not_found',
    `The runtime does not answer ${request.method} ${url.pathname}.`,
  );
}

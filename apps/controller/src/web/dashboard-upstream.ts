import {
  Agent,
  request as startRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Passes page requests on to the Next server, which listens on loopback only. */
export interface DashboardUpstream {
  forward(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

/** Fields that speak of one connection (RFC 9110 7.6.1) and must not be passed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const ANSWER_TIMEOUT_MS = 15_000;
const MAX_SOCKETS = 64;

/** @param upstream where the Next standalone server listens; null when this controller serves no page */
export function createDashboardUpstream(
  upstream: { readonly host: string; readonly port: number } | null,
): DashboardUpstream {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });

  function ask(
    to: { readonly host: string; readonly port: number },
    request: IncomingMessage,
    response: ServerResponse,
    isSecondTry: boolean,
  ): void {
    const outgoing = startRequest({
      ...to,
      agent,
      method: request.method,
      path: request.url,
      headers: passedOn(request.headers),
      timeout: ANSWER_TIMEOUT_MS,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', () => {
      if (response.headersSent) response.destroy();
      else if (outgoing.reusedSocket && isBodyless(request) && !isSecondTry)
        ask(to, request, response, true);
      else sendWaiting(request, response, 'The dashboard is starting.');
    });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        ...passedOn(answer.headers),
        ...SECURITY_HEADERS,
      });
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    response.on('close', () => outgoing.destroy());
    if (isBodyless(request)) outgoing.end();
    else request.pipe(outgoing);
  }

  return {
    forward(request, response) {
      if (upstream === null) sendWaiting(request, response, 'No dashboard is configured here.');
      else ask(upstream, request, response, false);
    },
    close: () => agent.destroy(),
  };
}

/**
 * Only such a request may be sent again. A kept connection can be closed by the server just as the next request is
 * written to it; without a second try a page then lacks one of its scripts.
 */
function isBodyless({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function passedOn(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}

/** While there is nothing better to show: a page that asks again by itself, for a page; a sentence for all else. */
function sendWaiting(request: IncomingMessage, response: ServerResponse, sentence: string): void {
  const wantsPage = (request.headers.accept ?? '').includes('text/html');
  const body = wantsPage ? waitingPage(sentence) : sentence;
  response.writeHead(503, {
    'content-type': wantsPage ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'retry-after': '1',
    'cache-control': 'no-store',
    ...SECURITY_HEADERS,
  });
  response.end(body);
}

function waitingPage(sentence: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Tulle</title><style>body{font:15px system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;color:#57534d;background:#f6f5f2}@media(prefers-color-scheme:dark){body{color:#b3b1ab;background:#0e0f13}}</style><p>${sentence} This page loads again by itself.</p></html>`;
}

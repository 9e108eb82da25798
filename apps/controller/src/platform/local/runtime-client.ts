import { Agent, request as startRequest, type IncomingMessage } from 'node:http';
import { TulleError, type ErrorBody } from '@tulle/model';

/** HTTP on the runtime's Unix socket. */
export interface RuntimeClient {
  /** @throws TulleError the runtime's own error, or `unavailable` when it cannot be reached. */
  getJson<T>(path: string): Promise<T>;
  /** @throws TulleError as {@link getJson}. */
  sendJson<T>(method: 'PUT' | 'POST', path: string, body: unknown): Promise<T>;
  /** @throws TulleError as {@link getJson}. */
  getText(path: string): Promise<string>;
  /**
   * Calls `onLine` with each line of a newline-delimited answer until it ends or `signal` aborts.
   * @throws TulleError `unavailable` when it cannot be opened; a line longer than 16 MiB ends it with `internal`
   */
  readLines(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  close(): void;
}

const ANSWER_TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export function createRuntimeClient(socketPath: string): RuntimeClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });

  function open(
    method: string,
    path: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const outgoing = startRequest({
        socketPath,
        path,
        method,
        // A watch lives long; it gets a connection of its own.
        agent: signal === undefined ? agent : false,
        ...(signal === undefined ? { timeout: ANSWER_TIMEOUT_MS } : { signal }),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')));
      outgoing.on('error', (cause) => reject(unreachable(cause)));
      outgoing.on('response', resolve);
      outgoing.end(text);
    });
  }

  async function ask(method: string, path: string, body?: unknown): Promise<string> {
    const answer = await open(method, path, body);
    const text = await readAll(answer);
    if ((answer.statusCode ?? 500) < 300) return text;
    throw errorOf(text, answer.statusCode ?? 500);
  }

  return {
    getJson: async <T>(path: string) => JSON.parse(await ask('GET', path)) as T,
    sendJson: async <T>(method: string, path: string, body: unknown) =>
      JSON.parse(await ask(method, path, body)) as T,
    getText: (path) => ask('GET', path),
    async readLines(path, onLine, signal) {
      const answer = await open('GET', path, undefined, signal);
      if (answer.statusCode !== 200) throw errorOf(await readAll(answer), answer.statusCode ?? 500);
      await splitLines(answer, onLine);
    },
    close: () => agent.destroy(),
  };
}

async function splitLines(answer: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer as AsyncIterable<string>) {
    rest += chunk;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line !== '') onLine(line);
    }
    if (rest.length > MAX_BODY_BYTES)
      throw new TulleError('internal', 'The runtime sent a line longer than 16 MiB.');
  }
}

async function readAll(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES)
      throw new TulleError('internal', 'The runtime sent an answer longer than 16 MiB.');
  }
  return text;
}

function errorOf(text: string, status: number): TulleError {
  try {
    const { error } = JSON.parse(text) as { error?: ErrorBody };
    if (error !== undefined)
      return new TulleError(error.code, error.message, { issues: error.issues ?? [] });
  } catch {
    // no JSON: said below
  }
  return new TulleError('unavailable', `The runtime answered with status ${status}.`);
}

function unreachable(cause: Error): TulleError {
  return new TulleError('unavailable', `The runtime cannot be reached: ${cause.message}.`, {
    cause,
  });
}

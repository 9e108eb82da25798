import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { TulleError } from '@tulle/model';

/** An answer longer than this is not read: a mesh of 5,000 pods needs about a tenth. */
const MAX_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 15_000;
/** Of what Prometheus says about an error, this much is told on. */
const MAX_REASON = 300;

/** Where Prometheus is and what it wants to see. */
export interface PrometheusAccess {
  /** Everything before `/api/v1`: `http://tulle-prometheus.tulle:9090`, or one under a path. */
  readonly url: string;
  /** File with a JSON object of header names to values; null where none is needed. Read at each round. */
  readonly headersFile: string | null;
  /** Folder with the files `username` and `password`; null where none is needed. Read at each round. */
  readonly basicAuthDir: string | null;
}

/** One series' value now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One series over a range. */
export interface Samples {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since the epoch, and the value there. Oldest first. */
  readonly values: readonly (readonly [atSeconds: number, value: number])[];
}

export interface QueryRange {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

/**
 * Asks whatever answers Prometheus' HTTP API over connections that are kept.
 * @throws TulleError from each question: `unavailable` when it cannot be reached or is not itself, `permission_denied`
 * when it does not take our credentials, `deadline_exceeded` after 15 s, `resource_exhausted` over 64 MiB,
 * `invalid_argument` when it refuses the query.
 */
export interface PrometheusClient {
  query(promql: string): Promise<readonly Sample[]>;
  queryRange(promql: string, range: QueryRange): Promise<readonly Samples[]>;
  close(): void;
}

export function createPrometheusClient(
  access: PrometheusAccess,
  timeoutMs: number = TIMEOUT_MS,
): PrometheusClient {
  const isTls = access.url.startsWith('https:');
  const options = { keepAlive: true, maxSockets: 8, maxFreeSockets: 4 };
  const agent = isTls ? new HttpsAgent(options) : new HttpAgent(options);
  const base = access.url.replace(/\/+$/, '');

  async function ask(path: string, form: Record<string, string>): Promise<unknown> {
    const body = new URLSearchParams(form).toString();
    const headers = {
      ...(await headersOf(access)),
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    };
    const url = new URL(`${base}/api/v1/${path}`);
    const text = await exchange({ url, agent, headers, body, timeoutMs, isTls });
    return resultOf(text, base);
  }

  return {
    async query(promql) {
      const result = await ask('query', { query: promql });
      return rowsOf(result).map(({ metric, value }) => ({
        labels: metric,
        value: Number(value?.[1]),
      }));
    },
    async queryRange(promql, { startSeconds, endSeconds, stepSeconds }) {
      const result = await ask('query_range', {
        query: promql,
        start: String(startSeconds),
        end: String(endSeconds),
        step: String(stepSeconds),
      });
      return rowsOf(result).map(({ metric, values = [] }) => ({
        labels: metric,
        values: values.map(([at, value]) => [at, Number(value)] as const),
      }));
    },
    close: () => agent.destroy(),
  };
}

async function headersOf(access: PrometheusAccess): Promise<OutgoingHttpHeaders> {
  const headers: OutgoingHttpHeaders = {};
  if (access.basicAuthDir !== null) {
    const [user, password] = await Promise.all(
      ['username', 'password'].map((name) => readSecret(join(access.basicAuthDir ?? '', name))),
    );
    headers['authorization'] = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }
  if (access.headersFile === null) return headers;
  return { ...headers, ...parseHeaders(await readSecret(access.headersFile), access.headersFile) };
}

async function readSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const { code = 'an error' } = cause as NodeJS.ErrnoException;
    const sentence = `${file}, which Prometheus' credentials are in, cannot be read: ${code}.`;
    throw new TulleError('unavailable', sentence, { cause });
  }
}

function parseHeaders(text: string, file: string): OutgoingHttpHeaders {
  const wrong = (): TulleError =>
    new TulleError('invalid_argument', `${file} is not a JSON object of header names to texts.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong();
  const entries = Object.entries(value);
  if (entries.some(([, each]) => typeof each !== 'string')) throw wrong();
  return Object.fromEntries(entries.map(([name, each]) => [name.toLowerCase(), String(each)]));
}

interface Exchange {
  readonly url: URL;
  readonly agent: HttpAgent | HttpsAgent;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
  readonly timeoutMs: number;
  readonly isTls: boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function exchange({ url, agent, headers, body, timeoutMs, isTls }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const start = isTls ? requestHttps : requestHttp;
    const outgoing = start(url, { method: 'POST', agent, headers }, (response) => {
      readAll(response, url)
        .then((text) => resolve({ status: response.statusCode ?? 0, text }), reject)
        .finally(() => clearTimeout(deadline));
    });
    const deadline = setTimeout(() => {
      const sentence = `Prometheus at ${url.host} did not answer within ${timeoutMs / 1000} s.`;
      reject(new TulleError('deadline_exceeded', sentence));
      outgoing.destroy();
    }, timeoutMs);
    outgoing.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      const reason = cause.code ?? cause.message;
      const sentence = `Prometheus at ${url.host} cannot be reached: ${reason}.`;
      reject(new TulleError('unavailable', sentence, { cause }));
    });
    outgoing.end(body);
  });
}

async function readAll(response: IncomingMessage, url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      const sentence = `An answer of Prometheus at ${url.host} is longer than ${MAX_BYTES} bytes.`;
      throw new TulleError('resource_exhausted', sentence);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

interface PrometheusAnswer {
  readonly status?: unknown;
  readonly data?: { readonly result?: unknown };
  readonly error?: unknown;
}

function resultOf({ status, text }: Answer, base: string): unknown {
  if (status === 401 || status === 403) {
    const sentence = `Prometheus at ${base} does not take our credentials (${status}); see prometheus.url and what stands beside it.`;
    throw new TulleError('permission_denied', sentence);
  }
  const answer = parseAnswer(text);
  if (answer?.status === 'success') return answer.data?.result;
  if (answer?.status === 'error') {
    const reason = String(answer.error).slice(0, MAX_REASON);
    const code = status === 400 || status === 422 ? 'invalid_argument' : 'unavailable';
    throw new TulleError(code, `Prometheus at ${base} refused a query: ${reason}`);
  }
  const sentence = `${base} answered ${status} and not as Prometheus does; is it the right address?`;
  throw new TulleError('unavailable', sentence);
}

function parseAnswer(text: string): PrometheusAnswer | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

interface Row {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

function rowsOf(result: unknown): readonly Row[] {
  return Array.isArray(result) ? (result as readonly Row[]) : [];
}

/** Whether another parser, Node's own, sees the requests that we saw in what we send on, and no others. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { BodyFraming } from '../../src/http1/body-framing.ts';
import { FAULTY } from '../../src/http1/field-table.ts';
import { EditCompiler, forwardHead } from '../../src/http1/head-forwarding.ts';
import { Http1RequestHead } from '../../src/http1/request-head.ts';
import { bytesOf } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { HTTP_WORDS, REQUESTS } from './http1-words.ts';

interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly body: string;
}

interface Forwarded {
  readonly bytes: Buffer;
  readonly requests: readonly SeenRequest[];
}

const NO_EDIT = new EditCompiler().compile({ strip: [], set: [] });
const NO_BYTES = Buffer.alloc(0);

/** What the proxy sends on of these bytes, and the requests it counts in them. */
function forward(input: Buffer): Forwarded {
  const head = new Http1RequestHead(4096, 50);
  const parts: Buffer[] = [];
  const requests: SeenRequest[] = [];
  let pos = 0;
  while (pos < input.length) {
    const headEnd = head.scan(input, pos, input.length);
    if (headEnd < 0 || head.method === 'CONNECT' || head.isUpgrade) break;
    const framing = new BodyFraming(4096, 50);
    framing.begin(
      head.contentLength === -1 ? 'chunked' : 'length',
      Math.max(head.contentLength, 0),
    );
    const ranges: number[] = [];
    framing.chunked.ranges = ranges;
    const bodyEnd = framing.done ? headEnd : framing.advance(input, headEnd, input.length);
    if (bodyEnd === FAULTY) break;
    const body =
      head.contentLength === -1 ? joined(input, ranges) : input.subarray(headEnd, bodyEnd);
    const { method, path, authority } = head;
    parts.push(forwardHead(head, NO_EDIT, false, NO_BYTES, bodyEnd));
    if (!framing.done) break;
    requests.push({ method, target: path, host: authority, body: body.toString('latin1') });
    if (head.connection.close || head.isHttp10) break;
    pos = bodyEnd;
  }
  return { bytes: Buffer.concat(parts), requests };
}

function joined(input: Buffer, ranges: readonly number[]): Buffer {
  const runs: Buffer[] = [];
  for (let i = 0; i < ranges.length; i += 2) runs.push(input.subarray(ranges[i], ranges[i + 1]));
  return Buffer.concat(runs);
}

let reference: Server | null = null;
let onRequest: (request: SeenRequest) => void = () => {};

function referenceServer(): Server {
  reference ??= createServer({ requireHostHeader: false }, (req, res) => {
    let body = '';
    req.setEncoding('latin1');
    req.on('data', (chunk: string) => (body += chunk));
    req.on('error', () => {});
    req.on('end', () => {
      const { method = '', url = '', headers } = req;
      onRequest({ method, target: url, host: headers.host ?? '', body });
      res.end();
    });
  }).on('clientError', (_error, socket) => socket.destroy());
  return reference;
}

/** Requests that Node's server sees in these bytes. */
async function seenByNode(bytes: Buffer): Promise<SeenRequest[]> {
  const seen: SeenRequest[] = [];
  onRequest = (request) => seen.push(request);
  const wire = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  wire.on('error', () => {});
  referenceServer().emit('connection', wire);
  wire.push(bytes);
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  wire.destroy();
  return seen;
}

function withoutOrigin(target: string): string {
  const rest = target.replace(/^https?:\/\/[^/?]*/i, '');
  return rest.startsWith('/') || rest === '*' ? rest : `/${rest}`;
}

/** What the proxy sends on holds the requests it counted, whoever reads it. */
export const requestSmuggling: FuzzTarget = {
  name: 'request-smuggling',
  words: HTTP_WORDS,
  seeds: [...REQUESTS, REQUESTS.slice(0, 3).join('')].map(bytesOf),
  async check(input) {
    const { bytes, requests } = forward(input);
    if (bytes.length === 0) return;
    const seen = await seenByNode(bytes);
    assert.ok(seen.length <= requests.length, 'Node sees more requests');
    for (const [i, request] of seen.entries()) {
      const target = withoutOrigin(request.target);
      const ours = requests[i];
      assert.ok(ours !== undefined);
      assert.deepEqual({ ...request, target, host: '' }, { ...ours, host: '' });
      if (ours.host !== '' && request.host !== '') {
        assert.equal(hostOf(request.host), hostOf(ours.host));
      }
    }
  },
};

function hostOf(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80|443)$/, '');
}

/**
 * `node http2-load.ts PORT CONNECTIONS STREAMS SECONDS`: HTTP/2 load of which no request is like another: 5,000 paths and
 * three fields that change each time, beside three that stay, Huffman-coded as most clients do. The heads are made before
 * the clock starts, so that the generator is far cheaper than what it measures. Prints one JSON object, or, started with a
 * channel, sends 'warm' and 'over' when counting begins and ends, then the result.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { huffmanEncode } from '../src/http2/hpack/huffman.ts';
import {
  Flag,
  FrameType,
  PREFACE,
  SETTINGS,
  SETTINGS_ACK,
  WIDE_WINDOW,
  frame,
  readFrames,
} from './http2-wire.ts';

export interface Http2LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const HEADS = 5000;
const WARM_UP_MS = 500;
/** Latencies are kept in steps of 10 µs up to a second. */
const STEP_MS = 0.01;
const STEPS = 100_000;

function text(value: string): Buffer {
  const packed = huffmanEncode(value);
  return Buffer.concat([Buffer.from([0x80 | packed.length]), packed]);
}

function newName(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x00]), text(name), text(value)]);
}

/** What changes with every request. The counter is spread so that neighbours differ in all digits. */
function changing(i: number): Buffer {
  const spread = ((i * 2_654_435_761) >>> 0).toString(16).padStart(8, '0');
  return Buffer.concat([
    newName('x-request-id', `${spread}-7c11-4f0a-${i}`),
    newName('x-team', `team-${i % 23}`),
    newName('traceparent', `00-4bf92f3577b34da6${spread}${spread}-00f067aa${spread}-01`),
  ]);
}

/** What stays. Into the table with a connection's first request, one byte each from then on. */
interface Staying {
  readonly authority: Buffer;
  readonly others: Buffer;
}
const FIRST: Staying = {
  authority: Buffer.concat([Buffer.from([0x41]), text('web.bench.svc.cluster.local')]),
  others: Buffer.concat([
    Buffer.from([0x7a]),
    text('bench/1.0 (varied)'),
    Buffer.from([0x53]),
    text('application/json'),
  ]),
};
const LATER: Staying = { authority: Buffer.from([0xc0]), others: Buffer.from([0xbf, 0xbe]) };

function head(i: number, staying: Staying): Buffer {
  const block = Buffer.concat([
    METHOD_AND_SCHEME,
    staying.authority,
    Buffer.from([0x04]),
    text(`/api/items/${(i * 7919) % 100_003}?page=${i % 17}`),
    staying.others,
    changing(i),
  ]);
  return frame(FrameType.headers, Flag.endHeaders | Flag.endStream, 0, block);
}

const METHOD_AND_SCHEME = Buffer.from([0x82, 0x86]);
const [, , port = 0, connections = 1, streams = 1, seconds = 1] = process.argv.map(Number);
const heads = Array.from({ length: HEADS }, (_, i) => head(i, LATER));
const latencies = new Uint32Array(STEPS);
let failed = 0;
let answered = 0;
let isCounting = false;
let isOver = false;
let nextHead = 0;

function isStatus200(buffer: Buffer, start: number): boolean {
  let at = start;
  // A table size update of one byte may stand in front.
  while (((buffer[at] as number) & 0xe0) === 0x20) at += 1;
  return buffer[at] === 0x88;
}

/** One connection: keeps its streams busy until the time is over. */
class Client {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #startedAtMs = new Map<number, number>();
  #rest: Buffer = Buffer.alloc(0);
  #streamId = -1;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.closed = promise;
    this.#socket = socket;
    socket.on('connect', () => {
      socket.write(Buffer.concat([PREFACE, SETTINGS, WIDE_WINDOW]));
      socket.write(this.#begin([head(0, FIRST)]));
      if (streams > 1) socket.write(this.#begin(nextHeads(streams - 1)));
    });
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => {
      failed += 1;
    });
    socket.on('close', () => {
      failed += this.#startedAtMs.size;
      resolve();
    });
  }

  /** Gives the heads the next stream ids, all in one buffer. */
  #begin(chosen: readonly Buffer[]): Buffer {
    const nowMs = performance.now();
    const out = Buffer.concat(chosen);
    let at = 0;
    for (const each of chosen) {
      this.#streamId += 2;
      out.writeUInt32BE(this.#streamId, at + 5);
      this.#startedAtMs.set(this.#streamId, nowMs);
      at += each.length;
    }
    return out;
  }

  #onData(chunk: Buffer): void {
    const nowMs = performance.now();
    let ended = 0;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = readFrames(bytes, (type, flags, id, buffer, start) => {
      if (type === FrameType.headers && !isStatus200(buffer, start)) failed += 1;
      if (type === FrameType.rstStream || type === FrameType.goaway) failed += 1;
      if (type === FrameType.settings && (flags & Flag.ack) === 0) this.#socket.write(SETTINGS_ACK);
      const isMessage = type === FrameType.headers || type === FrameType.data;
      if (!isMessage || (flags & Flag.endStream) === 0) return;
      ended += 1;
      this.#end(id, nowMs);
    });
    if (isOver && this.#startedAtMs.size === 0) this.#socket.destroy();
    else if (!isOver && ended > 0) this.#socket.write(this.#begin(nextHeads(ended)));
  }

  #end(id: number, nowMs: number): void {
    const tookMs = nowMs - (this.#startedAtMs.get(id) ?? nowMs);
    this.#startedAtMs.delete(id);
    if (!isCounting) return;
    answered += 1;
    const step = Math.min(Math.floor(tookMs / STEP_MS), STEPS - 1);
    latencies[step] = (latencies[step] as number) + 1;
  }
}

function nextHeads(count: number): Buffer[] {
  return Array.from({ length: count }, () => {
    nextHead = (nextHead + 1) % HEADS;
    return heads[nextHead] as Buffer;
  });
}

function percentile(part: number): number {
  let left = answered * part;
  const step = latencies.findIndex((count) => (left -= count) < 0);
  return Number((step * STEP_MS).toFixed(2));
}

const clients = Array.from({ length: connections }, () => new Client());
await wait(WARM_UP_MS);
isCounting = true;
process.send?.('warm');
const beganMs = performance.now();
await wait(seconds * 1000);
isCounting = false;
isOver = true;
process.send?.('over');
const requestsPerSecond = (answered * 1000) / (performance.now() - beganMs);
await Promise.all(clients.map(({ closed }) => closed));
const result: Http2LoadResult = {
  requestsPerSecond,
  requests: answered,
  p50Ms: percentile(0.5),
  p99Ms: percentile(0.99),
  failed,
};
if (process.send === undefined) console.log(JSON.stringify(result));
else process.send(result);
process.disconnect?.();

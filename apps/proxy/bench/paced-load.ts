/**
 * `node paced-load.ts PORT RATE CONNECTIONS SECONDS`, forked: so many requests a second, each at its time whether or not
 * the ones before are answered. Latency counts from the time a request was due, so that a stall is not hidden by the
 * generator's own waiting. Sends {@link PacedResult} to its parent.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface PacedResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly sent: number;
  readonly failed: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** Due times are looked at this often; a quarter of what is measured at the least. */
const TICK_MS = 1;
const DRAIN_MS = 2000;

/** One connection: requests one after another, those that are due meanwhile wait. */
class Line {
  readonly #socket: Socket;
  readonly #due: number[] = [];
  readonly #latencies: number[];
  #rest: Buffer = Buffer.alloc(0);
  #isBusy = false;
  failed = 0;

  constructor(port: number, latencies: number[]) {
    this.#latencies = latencies;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.failed += this.#due.length;
      this.#due.length = 0;
    });
  }

  get waiting(): number {
    return this.#due.length;
  }

  ask(dueMs: number): void {
    if (this.#socket.destroyed) this.failed += 1;
    else this.#due.push(dueMs);
    if (!this.#isBusy) this.#send();
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(): void {
    const due = this.#due[0];
    if (due === undefined) return;
    this.#isBusy = true;
    const n = Math.trunc(due * 1000) % 5000;
    this.#socket.write(
      `GET /api/items/${n} HTTP/1.1\r\nHost: web.bench.svc.cluster.local\r\nUser-Agent: bench/1.0\r\nX-Request-Id: req-${due}\r\n\r\n`,
    );
  }

  #read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const headEnd = this.#rest.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.#rest.toString('latin1', 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#rest.length < headEnd + HEAD_END.length + length) return;
    this.#rest = Buffer.alloc(0);
    if (!head.startsWith('HTTP/1.1 200')) this.failed += 1;
    this.#latencies.push(performance.now() - (this.#due.shift() ?? 0));
    this.#isBusy = false;
    this.#send();
  }
}

function run(port: number, rate: number, connections: number, seconds: number): void {
  const latencies: number[] = [];
  const lines = Array.from({ length: connections }, () => new Line(port, latencies));
  const total = rate * seconds;
  const startMs = performance.now() + 500;
  let sent = 0;
  const ticker = setInterval(() => {
    const nowMs = performance.now();
    for (; sent < total; sent += 1) {
      const dueMs = startMs + (sent * 1000) / rate;
      if (dueMs > nowMs) return;
      lines[sent % connections]?.ask(dueMs);
    }
    if (lines.some((line) => line.waiting > 0) && nowMs < startMs + seconds * 1000 + DRAIN_MS)
      return;
    clearInterval(ticker);
    report(lines, latencies, sent);
  }, TICK_MS);
}

function report(lines: readonly Line[], latencies: number[], sent: number): void {
  const failed = lines.reduce((sum, line) => sum + line.failed + line.waiting, 0);
  for (const line of lines) line.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  const result: PacedResult = { p50Ms: at(0.5), p99Ms: at(0.99), sent, failed };
  process.send?.(result, () => process.disconnect?.());
}

const [port = 0, rate = 0, connections = 0, seconds = 0] = process.argv.slice(2).map(Number);
run(port, rate, connections, seconds);

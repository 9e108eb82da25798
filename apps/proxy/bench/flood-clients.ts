/**
 * `node flood-clients.ts PORT SECONDS`, forked: 500 requests a second over eight HTTP/2 connections, each at its time
 * whether or not those before are answered. Sends a `PacedResult` to its parent.
 */
import { connect, type ClientHttp2Session } from 'node:http2';
import type { PacedResult } from './paced-load.ts';

const RATE = 500;
const SESSIONS = 8;
const TICK_MS = 1;
const WAIT_MS = 2000;

const [port = 0, seconds = 1] = process.argv.slice(2).map(Number);
const latencies: number[] = [];
let failed = 0;

function ask(session: ClientHttp2Session, dueMs: number, n: number): void {
  const stream = session.request({ ':path': `/items/${n % 997}`, 'x-request-id': `r-${n}` });
  let isGood = false;
  stream.on('response', (head) => {
    isGood = head[':status'] === 200;
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    if (isGood) latencies.push(performance.now() - dueMs);
    else {
      failed += 1;
    }
  });
  stream.resume();
  stream.end();
}

function report(sessions: readonly ClientHttp2Session[], sent: number): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Infinity;
  const lost = sent - latencies.length - failed;
  const result: PacedResult = { p50Ms: at(0.5), p99Ms: at(0.99), sent, failed: failed + lost };
  for (const session of sessions) session.destroy();
  process.send?.(result, () => process.disconnect?.());
}

const sessions = Array.from({ length: SESSIONS }, () => {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  return session;
});
const total = RATE * seconds;
const startMs = performance.now() + 300;
let sent = 0;
const ticker = setInterval(() => {
  const nowMs = performance.now();
  for (; sent < total; sent += 1) {
    const dueMs = startMs + (sent * 1000) / RATE;
    if (dueMs > nowMs) return;
    ask(sessions[sent % SESSIONS] as ClientHttp2Session, dueMs, sent);
  }
  const isOver = latencies.length + failed === sent;
  if (!isOver && nowMs < startMs + seconds * 1000 + WAIT_MS) return;
  clearInterval(ticker);
  report(sessions, sent);
}, TICK_MS);

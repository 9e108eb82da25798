import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { codecContext } from '../testing/codec-context.ts';
import { FixedEndpoint } from '../testing/fixed-endpoint.ts';
import { startBackend } from '../testing/http2-harness.ts';
import type { AttemptFailure } from '../stack/http-service.ts';
import type { Http2Connection } from './connection.ts';
import { ownField } from './hpack/header-field.ts';
import { MAX_SESSIONS_PER_ENDPOINT, MAX_WAITERS_PER_ENDPOINT } from './limits.ts';
import { SessionPool } from './session-pool.ts';

const GET = [
  ownField(':method', 'GET'),
  ownField(':scheme', 'http'),
  ownField(':authority', 'a'),
  ownField(':path', '/'),
];

function poolFor(t: TestContext, port: number): { pool: SessionPool; endpoint: FixedEndpoint } {
  const endpoint = new FixedEndpoint(port);
  t.after(() => endpoint.closePools());
  return { pool: SessionPool.of(endpoint, codecContext()), endpoint };
}

/** Waits for room and opens a stream that nobody answers. */
function openOne(pool: SessionPool): Promise<Http2Connection> {
  return new Promise((resolve, reject) => {
    pool.wait({
      onSession: (session) => {
        session.open(GET, true);
        resolve(session);
      },
      onNoSession: (failure) => reject(failure.error),
    });
  });
}

test('an endpoint keeps its pool, and the pool its connection', async (t) => {
  const backend = await startBackend(t, () => {});
  const { pool, endpoint } = poolFor(t, backend.port);
  assert.equal(SessionPool.of(endpoint, codecContext()), pool);
  const first = await openOne(pool);
  assert.equal(pool.ready(), first);
});

test('connections to one endpoint are bounded, and so are requests that wait', async (t) => {
  const backend = await startBackend(t, () => {}, { maxConcurrentStreams: 1 });
  const { pool } = poolFor(t, backend.port);
  for (let i = 0; i < MAX_SESSIONS_PER_ENDPOINT; i += 1) await openOne(pool);
  const failures: AttemptFailure[] = [];
  const waiter = () => ({
    onSession: () => assert.fail('there is no room'),
    onNoSession: (failure: AttemptFailure) => failures.push(failure),
  });
  for (let i = 0; i < MAX_WAITERS_PER_ENDPOINT + 3; i += 1) pool.wait(waiter());
  assert.equal(failures.length, 3);
  assert.equal(failures[0]?.kind, 'connect');
  assert.equal(backend.sessions.length, MAX_SESSIONS_PER_ENDPOINT);
});

test('a waiter gets the room another leaves, unless it was cancelled', async (t) => {
  const backend = await startBackend(t, (stream) => setTimeout(() => stream.close(8), 50), {
    maxConcurrentStreams: 1,
  });
  const { pool } = poolFor(t, backend.port);
  await Promise.all(Array.from({ length: MAX_SESSIONS_PER_ENDPOINT }, () => openOne(pool)));
  const cancelled = { onSession: () => assert.fail('cancelled'), onNoSession: () => {} };
  pool.wait(cancelled);
  pool.cancel(cancelled);
  await openOne(pool);
});

test('a closed pool lets streams end, then its connections; a late request still gets through', async (t) => {
  const backend = await startBackend(t, (stream) => {
    setTimeout(() => {
      stream.respond({ ':status': 204 }, { endStream: true });
    }, 50);
  });
  const { pool } = poolFor(t, backend.port);
  const session = await openOne(pool);
  pool.close();
  assert.equal(pool.ready(), null);
  assert.equal(session.streams.size, 1);
  await once(session.socket, 'close');
  const late = await openOne(pool);
  await once(late.socket, 'close');
});

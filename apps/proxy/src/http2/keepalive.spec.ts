import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { RawPeer, frame } from '../testing/raw-http2.ts';
import { listen } from '../testing/http2-harness.ts';
import { Http2Connection, type ConnectionUser } from './connection.ts';
import { ErrorCode, type ConnectionFault } from './error-code.ts';
import { Flag, FrameType, PREFACE } from './frame.ts';
import { ownField } from './hpack/header-field.ts';
import { KEEPALIVE_PING } from './limits.ts';
import { deafHandler } from './stream.ts';

const GET = [
  ownField(':method', 'GET'),
  ownField(':scheme', 'http'),
  ownField(':authority', 'a'),
  ownField(':path', '/'),
];

interface Session {
  readonly connection: Http2Connection;
  readonly server: RawPeer;
  readonly faults: ConnectionFault[];
  readonly closed: Promise<void>;
}

/** A client's connection with short times, to a server that says only what the test makes it say. */
async function openSession(t: TestContext): Promise<Session> {
  const accepted = Promise.withResolvers<Socket>();
  const port = await listen(
    t,
    net.createServer((socket) => accepted.resolve(socket)),
  );
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const faults: ConnectionFault[] = [];
  const closed = Promise.withResolvers<void>();
  const user: ConnectionUser = {
    onRequest: () => {},
    onRoom: () => {},
    onFault: (fault) => faults.push(fault),
    onGoaway: () => {},
    onClosed: () => closed.resolve(),
  };
  const connection = new Http2Connection(socket, user, {
    role: 'client',
    limits: { maxListBytes: 16_384, maxFields: 100 },
    now: () => performance.now(),
    stallTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    keepalive: { intervalMs: 300, timeoutMs: 300 },
  });
  connection.start(null);
  t.after(() => socket.destroy());
  const server = new RawPeer(await accepted.promise, PREFACE.length);
  server.send(frame(FrameType.settings, 0, 0));
  return { connection, server, faults, closed: closed.promise };
}

const isPing = ({ type, payload }: { type: number; payload: Buffer }): boolean =>
  type === FrameType.ping && payload.equals(KEEPALIVE_PING);

test('a silent server with a request under way is asked, and given up without an answer', async (t) => {
  const { connection, server, faults, closed } = await openSession(t);
  const reset = Promise.withResolvers<number | null>();
  connection.open(GET, true).handler = { ...deafHandler, onReset: (code) => reset.resolve(code) };
  assert.ok(await server.next(isPing));
  assert.equal(await reset.promise, null);
  await closed;
  assert.match(faults[0]?.message ?? '', /PING/);
});

test('a server that answers the question stays, and is asked again', async (t) => {
  const { connection, server, faults } = await openSession(t);
  connection.open(GET, true).handler = deafHandler;
  for (let round = 0; round < 3; round += 1) {
    assert.ok(await server.next(isPing));
    server.frames.length = 0;
    server.send(frame(FrameType.ping, Flag.ack, 0, KEEPALIVE_PING));
  }
  assert.equal(connection.isDead, false);
  assert.deepEqual(faults, []);
});

test('nobody is asked while nobody waits', async (t) => {
  const { connection, server } = await openSession(t);
  const busy = connection.open(GET, true);
  busy.handler = deafHandler;
  assert.ok(await server.next(isPing));
  server.frames.length = 0;
  server.send(frame(FrameType.ping, Flag.ack, 0, KEEPALIVE_PING));
  busy.reset(ErrorCode.cancel);
  // Four intervals in which it would be asked if somebody waited.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.deepEqual(server.frames.filter(isPing), []);
  assert.equal(connection.isDead, false);
});

import { strict as assert } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { LeanSocket, isBlocked, readWith, send, stopReadingWith } from './lean-socket.ts';

/** Both ends of a connection: an adopted one and the dialled one beside it. */
async function pair(t: TestContext): Promise<{ accepted: LeanSocket; dialled: LeanSocket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dialled = new LeanSocket({ allowHalfOpen: true }).connect({ host: '127.0.0.1', port });
  const [raw] = await once(server, 'connection');
  const accepted = LeanSocket.adopt(raw);
  server.close();
  t.after(() => {
    accepted.destroy();
    dialled.destroy();
  });
  return { accepted, dialled };
}

/** All bytes until the peer's end. */
function collect(socket: LeanSocket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  readWith(socket, (chunk) => chunks.push(chunk));
  socket.resume();
  return new Promise((resolve) => socket.once('end', () => resolve(Buffer.concat(chunks))));
}

test('an adopted connection keeps its addresses, its bytes and its half-close', async (t) => {
  const { accepted, dialled } = await pair(t);
  assert.equal(accepted.remotePort, dialled.localPort);
  dialled.end('question');
  assert.equal((await collect(accepted)).toString(), 'question');
  accepted.end('answer');
  assert.equal((await collect(dialled)).toString(), 'answer');
});

test("a chunk is the reader's to keep though all sockets read into one buffer", async (t) => {
  const [one, other] = [await pair(t), await pair(t)];
  const texts = [collect(one.accepted), collect(other.accepted)];
  for (let i = 0; i < 50; i += 1) {
    send(one.dialled, Buffer.from('a'));
    send(other.dialled, Buffer.from('b'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  one.dialled.end();
  other.dialled.end();
  assert.deepEqual(
    (await Promise.all(texts)).map((text) => text.toString()),
    ['a'.repeat(50), 'b'.repeat(50)],
  );
});

test('past what the kernel takes the sender is told to wait, and order holds with queued writes', async (t) => {
  const { accepted, dialled } = await pair(t);
  const block = (n: number): Buffer => Buffer.alloc(64 * 1024, n);
  let sent = 0;
  while (send(dialled, block(sent))) sent += 1;
  sent += 1;
  assert.equal(isBlocked(dialled), true);
  // Two ways of writing, one order.
  dialled.write(block(sent));
  send(dialled, block(sent + 1));
  const received = collect(accepted);
  await once(dialled, 'drain');
  dialled.end();
  const bytes = await received;
  assert.equal(bytes.length, (sent + 2) * 64 * 1024);
  for (let i = 0; i < sent + 2; i += 1) assert.equal(bytes[i * 64 * 1024], i % 256);
  assert.equal(isBlocked(dialled), false);
});

test('a paused socket reads nothing, and without a reader it is a stream again', async (t) => {
  const { accepted, dialled } = await pair(t);
  const reader = (): void => assert.fail('read');
  readWith(accepted, reader);
  stopReadingWith(accepted, reader);
  send(dialled, Buffer.from('later'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(accepted.bytesRead, 0);
  accepted.resume();
  const [chunk] = await once(accepted, 'data');
  assert.equal(String(chunk), 'later');
});

test('writing to a connection that was reset destroys the socket with the error', async (t) => {
  const { accepted, dialled } = await pair(t);
  accepted.resetAndDestroy();
  dialled.resume();
  const [error] = await once(dialled, 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  dialled.on('error', () => {});
  assert.equal(send(dialled, Buffer.from('x')), false);
});

test('lent chunks arrive as they were sent, though a blocked receiver keeps some of them', async (t) => {
  const relays = [await relay(t), await relay(t)];
  const sums = relays.map(({ far }) => {
    const sum = createHash('sha256');
    readWith(far, (chunk) => sum.update(chunk));
    return sum;
  });
  const sent = relays.map(({ near }) => {
    const bytes = randomBytes(12 * 1024 * 1024);
    near.end(bytes);
    return createHash('sha256').update(bytes).digest('hex');
  });
  // Nobody reads: the relays fill up. Then all at once.
  while (relays.some(({ isFull }) => !isFull())) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(
    relays.map(async ({ far }) => {
      far.resume();
      await once(far, 'end');
    }),
  );
  assert.deepEqual(
    sums.map((sum) => sum.digest('hex')),
    sent,
  );
});

/** near → (lent) → far. */
async function relay(
  t: TestContext,
): Promise<{ near: LeanSocket; far: LeanSocket; isFull: () => boolean }> {
  const [inward, outward] = [await pair(t), await pair(t)];
  const [from, to] = [inward.accepted, outward.dialled];
  from.lendTo((chunk) => {
    if (!send(to, chunk)) from.pause();
    return !isBlocked(to);
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.resume();
  return { near: inward.dialled, far: outward.accepted, isFull: () => isBlocked(to) };
}

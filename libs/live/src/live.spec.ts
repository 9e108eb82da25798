import assert from 'node:assert/strict';
import { TulleError } from '@tulle/model';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { createLiveClient } from './client/live-client.ts';
import type { ConnectionState, StreamEvent } from './client/index.ts';
import { REAL_TIMING } from './client/timing.ts';
import type { Timing } from './client/timing.ts';
import { MAX_SUBSCRIPTIONS } from './protocol.ts';
import { listen, testState, topicsOf, until } from './testing/test-live.ts';
import type { TestStream } from './testing/test-live.ts';

const KEY = { workload: 'ns/deployment/web' };
/** Reconnects within milliseconds. */
const FAST: Timing = { ...REAL_TIMING, after: (ms, run) => REAL_TIMING.after(ms / 20, run) };

/** Fails when a server or client of this file is still holding something open. */
const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

function testStream(initial: unknown[] = []): TestStream {
  return { initial, sink: null, stopped: 0 };
}

async function setUp(value: unknown = { n: 1 }, initial: unknown[] = []) {
  const state = testState(value);
  const stream = testStream(initial);
  const server = await listen(topicsOf(state, stream));
  cleanups.push(() => server.close());
  return { state, stream, server };
}

function clientOf(url: string) {
  const client = createLiveClient({ url, timing: FAST });
  cleanups.push(() => client.close());
  return client;
}

test('a state arrives as a snapshot and follows every change; one source serves all viewers', async () => {
  const { state, server } = await setUp({ n: 1, kept: { deep: true }, golden: { rate: 1 } });
  const client = clientOf(server.url);
  const live = client.state('workload', KEY);
  assert.deepEqual(live.get(), { kind: 'loading' });
  const stop = live.subscribe(() => undefined);
  const other = clientOf(server.url).state('workload', KEY);
  cleanups.push(other.subscribe(() => undefined));
  await until(() => live.get().kind === 'data' && other.get().kind === 'data', 'two snapshots');
  const first = live.get();
  assert.equal(state.opened, 1);
  state.change({ n: 2, kept: { deep: true }, golden: null });
  await until(() => JSON.stringify(live.get()).includes('"n":2'), 'the change');
  const second = live.get();
  assert.deepEqual(second, {
    kind: 'data',
    data: { n: 2, kept: { deep: true }, golden: null },
    stale: false,
  });
  assert.ok(first.kind === 'data' && second.kind === 'data');
  assert.equal(first.data.row, second.data.row);
  await until(() => JSON.stringify(other.get()) === JSON.stringify(second), 'the other viewer');
  assert.equal(server.live.stats().snapshots, 2);
  stop();
  await until(() => server.live.stats().subscriptions === 1, 'leaving');
});

test('a viewer that lost its connection resumes with what it missed, and says how long it was blind', async () => {
  const { state, server } = await setUp();
  const sockets: WebSocket[] = [];
  class Tracked extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      sockets.push(this);
    }
  }
  const client = createLiveClient({ url: server.url, WebSocket: Tracked as never, timing: FAST });
  cleanups.push(() => client.close());
  const kinds: ConnectionState['kind'][] = [];
  client.onConnection((connection) => kinds.push(connection.kind));
  const live = client.state('workload', KEY);
  const seen: string[] = [];
  live.subscribe((snapshot) => seen.push(JSON.stringify(snapshot)));
  await until(() => live.get().kind === 'data', 'the snapshot');
  sockets[0]?.terminate();
  await until(() => client.connection().kind === 'stale', 'the loss');
  state.change({ n: 2 });
  state.change({ n: 3 });
  await until(() => JSON.stringify(live.get()).includes('"n":3'), 'what was missed');
  const connection = client.connection();
  assert.ok(connection.kind === 'live' && connection.blindMs !== null && connection.blindMs >= 0);
  assert.deepEqual(kinds, ['live', 'stale', 'live']);
  assert.ok(seen.includes('{"kind":"data","data":{"n":1},"stale":true}'));
  assert.equal(server.live.stats().snapshots, 1);
});

test('after a restart of the server (another epoch) the viewer gets a snapshot', async () => {
  const { state, stream, server } = await setUp();
  const client = clientOf(server.url);
  const live = client.state('workload', KEY);
  live.subscribe(() => undefined);
  await until(() => live.get().kind === 'data', 'the snapshot');
  await server.close();
  await until(() => client.connection().kind === 'stale', 'the loss');
  state.value = { n: 9 };
  const again = await listen(topicsOf(state, stream), { port: server.port });
  cleanups.push(() => again.close());
  await until(() => JSON.stringify(live.get()) === data({ n: 9 }), 'the new value');
  assert.equal(again.live.stats().snapshots, 1);
});

test('garbage gets an error, to that client only, and its connection goes on', async () => {
  const { server } = await setUp();
  const good = clientOf(server.url);
  const live = good.state('workload', KEY);
  live.subscribe(() => undefined);
  const messages: Record<string, unknown>[] = [];
  const socket = await raw(server.url, messages);
  const bad = ['not json', '[]', '{}', '{"type":"subscribe","id":-1}', '{"type":"ping"}'];
  const named = [
    '{"type":"subscribe","id":7,"topic":"__proto__"}',
    '{"type":"subscribe","id":8,"topic":"workload","params":{"workload":"bad"}}',
  ];
  for (const text of [...bad, ...named]) socket.send(text);
  socket.send(Buffer.from([1, 2, 3]));
  socket.send('{"type":"ping","sentAtMs":5}');
  await until(() => messages.some(({ type }) => type === 'pong'), 'the pong');
  const errors = messages.filter(({ type }) => type === 'error');
  assert.equal(errors.length, 8);
  for (const { error } of errors) {
    assert.equal((error as { code: string }).code, 'invalid_argument');
  }
  assert.equal(errors.find(({ id }) => id === 8)?.['id'], 8);
  await until(() => live.get().kind === 'data', 'the other client');
  socket.close();
});

test('a message that is too long costs its sender the connection, nobody else', async () => {
  const { server } = await setUp();
  const good = clientOf(server.url);
  await until(() => good.connection().kind === 'live', 'the good client');
  const socket = await raw(server.url, []);
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.send('x'.repeat(20_000));
  assert.equal(await closed, 1009);
  assert.equal(good.connection().kind, 'live');
});

test('one connection may hold only so many subscriptions', async () => {
  const { server } = await setUp();
  const messages: Record<string, unknown>[] = [];
  const socket = await raw(server.url, messages);
  for (let id = 0; id <= MAX_SUBSCRIPTIONS; id += 1) {
    socket.send(JSON.stringify({ type: 'subscribe', id, topic: 'workload', params: KEY }));
  }
  await until(() => messages.some(({ type }) => type === 'error'), 'the refusal');
  const refusal = messages.find(({ type }) => type === 'error');
  assert.equal(refusal?.['id'], MAX_SUBSCRIPTIONS);
  assert.match(JSON.stringify(refusal), /resource_exhausted/);
  socket.close();
});

test('something that is gone ends the subscription with the reason, and is asked for again', async () => {
  const { state, server } = await setUp();
  const client = clientOf(server.url);
  const live = client.state('workload', KEY);
  live.subscribe(() => undefined);
  await until(() => live.get().kind === 'data', 'the snapshot');
  state.failure = new TulleError('not_found', 'web is gone.');
  state.change(null);
  await until(() => live.get().kind === 'error', 'the error');
  assert.deepEqual(live.get(), {
    kind: 'error',
    error: { code: 'not_found', message: 'web is gone.' },
    last: { n: 1 },
  });
  assert.equal(state.closed, 1);
  state.failure = null;
  state.value = { n: 2 };
  await until(() => JSON.stringify(live.get()) === data({ n: 2 }), 'its return');
});

test('the source is closed when the last viewer has left for good', async () => {
  const state = testState({ n: 1 });
  const server = await listen(topicsOf(state, testStream()), { lingerMs: 10 });
  cleanups.push(() => server.close());
  const client = clientOf(server.url);
  const live = client.state('workload', KEY);
  const stop = live.subscribe(() => undefined);
  await until(() => state.opened === 1, 'opening');
  stop();
  await until(() => state.closed === 1, 'closing');
  assert.equal(state.listeners.size, 0);
  assert.equal(server.live.stats().channels, 0);
});

test('a stream gives the rows kept, then rows in batches and notices', async () => {
  const { stream, server } = await setUp({}, [1, 2, 3, 4, 5, 6, 7]);
  const events: StreamEvent<unknown>[] = [];
  const stop = clientOf(server.url)
    .stream('tap', { resource: 'ns/deployment/web', filter: '' })
    .subscribe((event) => events.push(event));
  await until(() => events.length === 1, 'the snapshot');
  assert.deepEqual(events[0], { kind: 'snapshot', rows: [3, 4, 5, 6, 7] });
  stream.sink?.rows([8], 0);
  stream.sink?.rows([9, 10], 2);
  stream.sink?.notice({ proxiesAnswered: 1, proxiesExpected: 2, message: 'one is away' });
  await until(() => events.length === 3, 'rows and notice');
  assert.deepEqual(
    events.find(({ kind }) => kind === 'rows'),
    { kind: 'rows', rows: [8, 9, 10], dropped: 2 },
  );
  stop();
});

// Channels are shared by topic and params, but what a tap shows is decided by the rights of whoever opened it.
test('a personal stream is opened with each person’s own rights, and shared with nobody else', async () => {
  const openedFor: string[] = [];
  const topics = topicsOf(testState({}), testStream());
  const tap: typeof topics.tap = {
    ...topics.tap,
    isPersonal: true,
    open(params, viewer) {
      openedFor.push(viewer.key);
      if (viewer.key === 'bert') throw new TulleError('permission_denied', 'bert may not tap.');
      return topics.tap.open(params, viewer);
    },
  };
  const server = await listen({ ...topics, tap });
  cleanups.push(() => server.close());
  const seen = ['anna', 'bert', 'anna'].map((who) => {
    const events: StreamEvent<unknown>[] = [];
    clientOf(`${server.url}?${who}`)
      .stream('tap', { resource: 'ns/deployment/web', filter: '' })
      .subscribe((event) => events.push(event));
    return events;
  });
  await until(() => seen.every((events) => events.length > 0), 'an answer to each');
  assert.deepEqual(
    seen.map(([first]) => first?.kind === 'snapshot'),
    [true, false, true],
  );
  assert.equal(openedFor.filter((who) => who === 'anna').length, 1);
});

test('a stream resumes after a lost connection without losing or repeating a row', async () => {
  const { stream, server } = await setUp();
  const sockets: WebSocket[] = [];
  class Tracked extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      sockets.push(this);
    }
  }
  const client = createLiveClient({ url: server.url, WebSocket: Tracked as never, timing: FAST });
  cleanups.push(() => client.close());
  const rows: unknown[] = [];
  let snapshots = 0;
  client.stream('tap', { resource: 'ns/deployment/web', filter: '' }).subscribe((event) => {
    if (event.kind === 'rows') rows.push(...event.rows);
    if (event.kind === 'snapshot') snapshots += 1;
  });
  await until(() => snapshots === 1, 'the snapshot');
  stream.sink?.rows(['a'], 0);
  await until(() => rows.length === 1, 'a');
  sockets[0]?.terminate();
  await until(() => client.connection().kind === 'stale', 'the loss');
  stream.sink?.rows(['b', 'c'], 0);
  await until(() => rows.length === 3, 'b and c');
  stream.sink?.rows(['d'], 0);
  await until(() => rows.length === 4, 'd');
  assert.deepEqual(rows, ['a', 'b', 'c', 'd']);
  assert.equal(snapshots, 1);
});

test('a viewer that does not read holds nobody up: patches are skipped, rows dropped and counted', async () => {
  const { state, stream, server } = await setUp();
  const big = 'x'.repeat(400_000);
  const slow = await stalledViewer(server.port);
  const live = clientOf(server.url).state('workload', KEY);
  live.subscribe(() => undefined);
  await until(() => live.get().kind === 'data' && stream.sink !== null, 'both viewers');
  for (let n = 2; n < 60; n += 1) {
    state.change({ n, big: `${n}${big}` });
    stream.sink?.rows(
      Array.from({ length: 100 }, (_, row) => row),
      0,
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => JSON.stringify(live.get()).includes('"n":59'), 'the quick viewer');
  await until(() => server.live.stats().patchesSkipped > 0, 'skipped patches');
  await until(() => server.live.stats().rowsDropped > 0, 'dropped rows');
  // It reads at last: the state it gets is whole and the newest.
  let text = '';
  slow.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  slow.resume();
  await until(
    () => text.includes('"type":"snapshot","seq"') && text.includes('"n":59'),
    'the rest',
  );
  assert.match(text, /"dropped":[1-9]/);
  slow.destroy();
});

test('a viewer that answers no ping is cut off', async () => {
  const topics = topicsOf(testState({}), testStream());
  const server = await listen(topics, { heartbeatMs: 50 });
  cleanups.push(() => server.close());
  const socket = await stalledViewer(server.port);
  await until(() => server.live.stats().connections === 0, 'the cut');
  socket.destroy();
});

function data(value: unknown): string {
  return JSON.stringify({ kind: 'data', data: value, stale: false });
}

async function raw(url: string, messages: Record<string, unknown>[]): Promise<WebSocket> {
  const socket = new WebSocket(url, 'tulle.live.v1');
  socket.on('message', (text: Buffer) =>
    messages.push(JSON.parse(text.toString('utf8')) as Record<string, unknown>),
  );
  await new Promise((resolve) => socket.on('open', resolve));
  return socket;
}

/** Subscribes to a state and a stream and then reads nothing (and so answers no ping). */
async function stalledViewer(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    'GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
      'Sec-WebSocket-Protocol: tulle.live.v1\r\n\r\n',
  );
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const stream = { type: 'subscribe', id: 2, topic: 'tap', params: {} };
  for (const message of [{ type: 'subscribe', id: 1, topic: 'workload', params: KEY }, stream]) {
    socket.write(frame(JSON.stringify(message)));
  }
  return socket;
}

/** A masked text frame shorter than 126 bytes (RFC 6455 5.2), the mask being zero. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** gRPC by Google's own library in both roles, through a meshed pair. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { startMesh, sumOf } from '../src/testing/mesh.ts';
import type { Mesh } from '../src/testing/mesh.ts';

/** Messages are bytes here: what is in them is no business of a proxy. */
const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes.serialize,
  requestDeserialize: bytes.deserialize,
  responseSerialize: bytes.serialize,
  responseDeserialize: bytes.deserialize,
});
const ECHO = {
  unary: method('Unary', false, false),
  collect: method('Collect', true, false),
  repeat: method('Repeat', false, true),
  talk: method('Talk', true, true),
  fail: method('Fail', false, false),
  hang: method('Hang', false, true),
  /** What the server does not know. */
  none: method('None', false, false),
} as const;

type EchoClient = grpc.Client & {
  unary: (
    request: Buffer,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
    callback: grpc.requestCallback<Buffer>,
  ) => grpc.ClientUnaryCall;
  fail: EchoClient['unary'];
  none: EchoClient['unary'];
  collect: (callback: grpc.requestCallback<Buffer>) => grpc.ClientWritableStream<Buffer>;
  repeat: (request: Buffer, options?: grpc.CallOptions) => grpc.ClientReadableStream<Buffer>;
  hang: EchoClient['repeat'];
  talk: () => grpc.ClientDuplexStream<Buffer, Buffer>;
};

interface Setup {
  readonly client: EchoClient;
  readonly mesh: Mesh;
  /** Calls the server saw cancelled. */
  readonly cancelled: string[];
}

/** The application: gives messages back, fails, or never ends. */
function echo(cancelled: string[]): grpc.UntypedServiceImplementation {
  return {
    unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      const trailer = new grpc.Metadata();
      trailer.set('x-trailer', 'last');
      trailer.set('x-raw-bin', Buffer.from([0, 255]));
      done(
        null,
        Buffer.from(`${String(call.request)} ${String(call.metadata.get('x-id')[0])}`),
        trailer,
      );
    },
    fail: (_call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) =>
      done({ code: grpc.status.FAILED_PRECONDITION, details: 'nicht möglich – not possible' }),
    collect: (
      call: grpc.ServerReadableStream<Buffer, Buffer>,
      done: grpc.sendUnaryData<Buffer>,
    ) => {
      let length = 0;
      call.on('data', (part: Buffer) => (length += part.length));
      call.on('end', () => done(null, Buffer.from(String(length))));
    },
    repeat: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      for (let i = 0; i < 100; i += 1) call.write(Buffer.from(`${String(call.request)} ${i}`));
      call.end();
    },
    talk: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (part: Buffer) => call.write(part));
      call.on('end', () => call.end());
    },
    hang: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      call.write(Buffer.from('first'));
      call.on('cancelled', () => cancelled.push(String(call.request)));
    },
  };
}

async function start(t: TestContext): Promise<Setup> {
  const cancelled: string[] = [];
  const server = new grpc.Server();
  const { none: _, ...known } = ECHO;
  server.addService(known, echo(cancelled));
  const appPort = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    ),
  );
  t.after(() => server.forceShutdown());
  const mesh = await startMesh(t, [{ name: 'echo', appPorts: [appPort] }]);
  const Client = grpc.makeGenericClientConstructor(ECHO, 'Echo');
  const address = `127.0.0.1:${mesh.ports['echo']}`;
  const client = new Client(address, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'echo.test.svc.cluster.local',
  });
  t.after(() => client.close());
  return { client: client as unknown as EchoClient, mesh, cancelled };
}

interface UnaryAnswer {
  readonly error: grpc.ServiceError | null;
  readonly value: string;
  readonly status: grpc.StatusObject;
}

function unary(
  client: EchoClient,
  name: 'unary' | 'fail' | 'none',
  text: string,
  options: grpc.CallOptions = {},
): Promise<UnaryAnswer> {
  return new Promise((resolve) => {
    const metadata = new grpc.Metadata();
    metadata.set('x-id', text);
    let answer: Pick<UnaryAnswer, 'error' | 'value'> = { error: null, value: '' };
    const call = client[name](Buffer.from(text), metadata, options, (error, value) => {
      answer = { error, value: String(value ?? '') };
    });
    call.on('status', (status: grpc.StatusObject) =>
      setImmediate(() => resolve({ ...answer, status })),
    );
  });
}

async function partsOf(stream: grpc.ClientReadableStream<Buffer>): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of stream) parts.push(String(part));
  return parts;
}

function codeOf(error: unknown): grpc.status {
  return (error as grpc.ServiceError).code;
}

async function everyShape({ client, mesh }: Setup): Promise<void> {
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => unary(client, 'unary', `n${i}`)),
  );
  for (const [i, { value, status }] of answers.entries()) {
    assert.equal(value, `n${i} n${i}`);
    assert.equal(status.code, grpc.status.OK);
    assert.deepEqual(status.metadata.get('x-trailer'), ['last']);
    assert.deepEqual(status.metadata.get('x-raw-bin'), [Buffer.from([0, 255])]);
  }
  const collected = await new Promise<string>((resolve, reject) => {
    const call = client.collect((error, value) =>
      error === null ? resolve(String(value)) : reject(error),
    );
    for (let i = 0; i < 30; i += 1) call.write(Buffer.alloc(10_000));
    call.end();
  });
  assert.equal(collected, '300000');
  const repeated = await partsOf(client.repeat(Buffer.from('part')));
  assert.deepEqual(
    repeated,
    Array.from({ length: 100 }, (_, i) => `part ${i}`),
  );
  const talk = client.talk();
  for (const word of ['one', 'two', 'three']) {
    talk.write(Buffer.from(word));
    const [heard] = (await once(talk, 'data')) as [Buffer];
    assert.equal(String(heard), word);
  }
  talk.end();
  const [status] = (await once(talk.resume(), 'status')) as [grpc.StatusObject];
  assert.equal(status.code, grpc.status.OK);
  const page = await mesh.client.metrics();
  assert.equal(sumOf(page, 'response_total', '"success"', 'grpc_status="0"'), 53);
}

async function failures({ client, mesh }: Setup): Promise<void> {
  const { error } = await unary(client, 'fail', 'x');
  assert.equal(error?.code, grpc.status.FAILED_PRECONDITION);
  assert.equal(error.details, 'nicht möglich – not possible');
  const absent = await unary(client, 'none', 'x');
  assert.equal(absent.error?.code, grpc.status.UNIMPLEMENTED);
  const page = await mesh.client.metrics();
  assert.equal(sumOf(page, 'response_total', 'grpc_status="9"'), 1);
  assert.equal(sumOf(page, 'response_total', 'grpc_status="12"'), 1);
}

async function ends({ client, cancelled }: Setup): Promise<void> {
  const late = partsOf(client.hang(Buffer.from('late'), { deadline: Date.now() + 300 }));
  await assert.rejects(late, (error) => codeOf(error) === grpc.status.DEADLINE_EXCEEDED);
  const call = client.hang(Buffer.from('cancelled'));
  await once(call, 'data');
  const ended = once(call, 'error');
  call.cancel();
  const [error] = (await ended) as [grpc.ServiceError];
  assert.equal(error.code, grpc.status.CANCELLED);
  for (let i = 0; i < 200 && cancelled.length < 2; i += 1) await pause(10);
  assert.deepEqual(cancelled, ['late', 'cancelled']);
}

test('a meshed pair', async (t) => {
  const setup = await start(t);
  await t.test('carries calls of every shape, metadata and trailers', () => everyShape(setup));
  await t.test('tells a failure by its code and words, and counts it', () => failures(setup));
  await t.test('ends a call on both ends at its deadline or when cancelled', () => ends(setup));
});

test('an application that is gone is told as unavailable', async (t) => {
  const mesh = await startMesh(t, [{ name: 'gone', appPorts: [9] }], {
    env: { LINKERD2_PROXY_OUTBOUND_HTTP_FAILFAST_TIMEOUT: '300ms' },
  });
  const Client = grpc.makeGenericClientConstructor(ECHO, 'Echo');
  const client = new Client(`127.0.0.1:${mesh.ports['gone']}`, grpc.credentials.createInsecure());
  t.after(() => client.close());
  const { error } = await unary(client as unknown as EchoClient, 'unary', 'x');
  assert.equal(error?.code, grpc.status.UNAVAILABLE);
});

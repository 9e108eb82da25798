import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { PodRef, WorkloadRef } from '@tulle/model';
import { splitAddress } from '../net/loopback.ts';
import { Forwarder, type ForwardEndpoint } from './forwarder.ts';
import { SourceTable } from './source-table.ts';

const pod = (name: string): PodRef => ({ kind: 'pod', namespace: 'shop', name });
const WORKLOAD: WorkloadRef = { kind: 'deployment', namespace: 'shop', name: 'bot' };
const SERVICE = { kind: 'service', namespace: 'shop', name: 'web' } as const;

/** Says its name to whoever connects, then echoes. */
async function endpoint(
  t: TestContext,
  name: string,
): Promise<ForwardEndpoint & { server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`${name};`);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { server, pod: pod(name), address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function ask(address: string, text = 'hello'): Promise<string> {
  const socket = connect(splitAddress(address));
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.end(text);
  await once(socket, 'close');
  return answer;
}

test('takes the endpoints in turn, carries both ways and half-closes', async (t) => {
  const endpoints = [await endpoint(t, 'a'), await endpoint(t, 'b')];
  const forwarder = await Forwarder.open(0, { endpoints: () => endpoints });
  t.after(() => forwarder.close());
  const answers = [];
  for (let i = 0; i < 4; i += 1) answers.push(await ask(forwarder.address));
  assert.deepEqual(answers, ['a;hello', 'b;hello', 'a;hello', 'b;hello']);
});

test('goes on to the next endpoint when one refuses, and resets when none is there', async (t) => {
  const good = await endpoint(t, 'good');
  const dead = await endpoint(t, 'dead');
  dead.server.close();
  let endpoints: ForwardEndpoint[] = [dead, good];
  const forwarder = await Forwarder.open(0, { endpoints: () => endpoints });
  t.after(() => forwarder.close());
  assert.equal(await ask(forwarder.address), 'good;hello');
  endpoints = [];
  await assert.rejects(ask(forwarder.address), { code: 'ECONNRESET' });
  assert.equal(forwarder.refused, 1);
});

test('the source table names the owner of an open connection, and of a closed one for a while', async (t) => {
  let nowMs = 0;
  const table = new SourceTable(() => nowMs);
  const target = await endpoint(t, 'web-1');
  const opened = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<void>();
  const source = { pod: pod('bot-1'), workload: WORKLOAD };
  const forwarder = await Forwarder.open(0, {
    endpoints: () => [target],
    onOpen: (address, { pod: toPod }) => {
      table.opened(address, { source, service: SERVICE, toPod });
      opened.resolve(address);
    },
    onClose: (address) => {
      table.closed(address);
      closed.resolve();
    },
  });
  t.after(() => forwarder.close());
  const client = connect(splitAddress(forwarder.address));
  const accepted = once(target.server, 'connection') as Promise<[{ remotePort: number }]>;
  const address = await opened.promise;
  const [seen] = await accepted;
  assert.equal(address, `127.0.0.1:${seen.remotePort}`);
  assert.deepEqual(table.lookUp([address, '127.0.0.1:1']), {
    sources: { [address]: source },
    plainConnections: [{ from: WORKLOAD, service: SERVICE, toPod: pod('web-1'), open: 1 }],
  });
  client.destroy();
  await closed.promise;
  assert.deepEqual(table.lookUp([address]), {
    sources: { [address]: source },
    plainConnections: [],
  });
  nowMs = 60_000;
  assert.deepEqual(table.lookUp([address]).sources, {});
});

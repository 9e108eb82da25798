import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, it } from 'node:test';
import type { Peer } from '../stack/http-service.ts';
import { codecContext } from '../testing/codec-context.ts';
import { FixedEndpoint } from '../testing/fixed-endpoint.ts';
import { FixedService } from '../testing/fixed-service.ts';
import { serveTcp } from './serve-tcp.ts';

const PEER: Peer = { address: '127.0.0.1', port: 1, tls: { kind: 'none', reason: 'loopback' } };
let cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups) cleanup();
  cleanups = [];
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function tcpProxyTo(port: number): Promise<{ port: number; service: FixedService }> {
  const service = new FixedService(new FixedEndpoint(port));
  const context = codecContext();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const served = serveTcp(socket, Buffer.alloc(0), PEER, service, context);
    cleanups.push(() => served.destroy());
  });
  return { port: await listening(server), service };
}

function client(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  cleanups.push(() => socket.destroy());
  return socket;
}

describe('opaque TCP', () => {
  it('half-closes: a client may end its side and still be answered', async () => {
    const app = createServer({ allowHalfOpen: true }, (socket) => {
      let length = 0;
      socket.on('data', (chunk) => {
        length += chunk.length;
      });
      socket.on('end', () => socket.end(`${length} bytes`));
    });
    const { port, service } = await tcpProxyTo(await listening(app));
    const socket = client(port);
    socket.end(Buffer.alloc(1_000_000));
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    assert.equal(answer, '1000000 bytes');
    assert.deepEqual(service.tcpErrors, [null]);
  });

  it('stops reading from a side whose other side does not read', async () => {
    let written = 0;
    const app = createServer((socket) => {
      socket.on('error', () => {});
      const fill = (): void => {
        while (!socket.destroyed) {
          written += 65_536;
          if (!socket.write(Buffer.alloc(65_536))) break;
        }
      };
      socket.on('drain', fill);
      fill();
    });
    const { port } = await tcpProxyTo(await listening(app));
    const socket = client(port);
    socket.pause();
    await once(socket, 'connect');
    // Until no more is taken: kernel buffers of two hops and one write buffer, not what the server would like to send.
    for (let before = -1; before !== written;) {
      before = written;
      await wait(100);
    }
    assert.ok(written < 64 * 1024 * 1024, `${written} bytes`);
  });

  it('resets the client when the server resets', async () => {
    const app = createServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const { port, service } = await tcpProxyTo(await listening(app));
    const socket = client(port);
    socket.write('x');
    const [error] = await once(socket, 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    while (service.tcpErrors.length === 0) await wait(1);
    assert.equal((service.tcpErrors[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
  });

  it('resets the client when the server cannot be reached', async () => {
    const dead = createServer();
    const deadPort = await listening(dead);
    dead.close();
    const { port, service } = await tcpProxyTo(deadPort);
    const [error] = await once(client(port), 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    assert.equal((service.tcpErrors[0] as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  });
});

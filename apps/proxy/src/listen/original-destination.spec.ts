import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it } from 'node:test';
import { kernelOriginalDestination, parseSockaddr } from './original-destination.ts';

describe('original destination', () => {
  it('reads the kernel’s address structures', () => {
    const v4 = Buffer.from('0200005 00a600002'.replaceAll(' ', ''), 'hex');
    assert.deepEqual(parseSockaddr(v4, false), { host: '10.96.0.2', port: 80 });
    const v6 = Buffer.alloc(28);
    v6.writeUInt16BE(8080, 2);
    v6.writeUInt16BE(0xfd00, 8);
    v6.writeUInt16BE(1, 22);
    assert.deepEqual(parseSockaddr(v6, true), { host: 'fd00::1', port: 8080 });
  });

  it(
    'is none for a connection that nobody redirected',
    { skip: process.platform !== 'linux' },
    async () => {
      const original = await kernelOriginalDestination();
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      const [accepted]: Socket[] = await once(server, 'connection');
      assert.ok(accepted !== undefined);
      // Without connection tracking the kernel says ENOENT; with it, the address dialled.
      const destination = original(accepted);
      if (destination !== null)
        assert.equal(destination.port, (server.address() as AddressInfo).port);
      accepted.destroy();
      client.destroy();
      server.close();
    },
  );
});

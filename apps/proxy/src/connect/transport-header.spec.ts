import { strict as assert } from 'node:assert';
import { describe, it } from 'node:test';
import { assert as holds, constantFrom, integer, property, string, uint8Array } from 'fast-check';
import { encodeTransportHeader, scanTransportHeader } from './transport-header.ts';

describe('the transport header', () => {
  it('is what linkerd2-proxy writes', () => {
    const bytes = encodeTransportHeader({ port: 4040, name: 'foo.bar.com', session: 'http1' });
    // 8: port, 18: name, 26: session protocol with an empty http1 inside.
    const message = '08c81f120b666f6f2e6261722e636f6d1a020a00';
    const prefix = Buffer.from('transport.l5d.io/v1\r\n\r\n').toString('hex');
    assert.equal(bytes.toString('hex'), `${prefix}00000014${message}`);
  });

  it('comes back whole, however it is cut, and leaves what follows alone', () => {
    const sessions = constantFrom('http1' as const, 'http2' as const, null);
    const name = string({ maxLength: 60 });
    holds(
      property(integer({ min: 1, max: 65_535 }), name, sessions, (port, own, session) => {
        const bytes = encodeTransportHeader({ port, name: own, session });
        for (let end = 0; end < bytes.length; end += 7) {
          assert.equal(scanTransportHeader(bytes.subarray(0, end)).kind, 'more');
        }
        assert.deepEqual(scanTransportHeader(Buffer.concat([bytes, Buffer.from('hello')])), {
          kind: 'header',
          header: { port, name: own, session },
          length: bytes.length,
        });
      }),
    );
  });

  it('is refused when it is none, too long or for no port, and never throws', () => {
    const start = Buffer.from('transport.l5d.io/v1\r\n\r\n');
    assert.equal(scanTransportHeader(Buffer.from('GET / HTTP/1.1')).kind, 'faulty');
    assert.equal(
      scanTransportHeader(Buffer.concat([start, Buffer.from([0, 1, 0, 0])])).kind,
      'faulty',
    );
    for (const port of [0, -1, 65_536]) {
      const bytes = encodeTransportHeader({ port, name: '', session: null });
      assert.equal(scanTransportHeader(bytes).kind, 'faulty', String(port));
    }
    holds(
      property(uint8Array({ maxLength: 40 }), (bytes) => {
        scanTransportHeader(Buffer.concat([start, Buffer.from([0, 0, 0, 12]), bytes]));
        scanTransportHeader(Buffer.from(bytes));
      }),
    );
  });
});

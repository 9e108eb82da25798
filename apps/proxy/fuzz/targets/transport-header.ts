import assert from 'node:assert/strict';
import { encodeTransportHeader, scanTransportHeader } from '../../src/connect/transport-header.ts';
import { bytesOf, cutsOf } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';

/** What a connection between proxies begins with: decided once, and written again it says the same. */
export const transportHeader: FuzzTarget = {
  name: 'transport-header',
  words: ['transport.l5d.io/v1\r\n\r\n', '\0\0\0\u0005', '\u0008\u0050', '\u001a\u0002\n\0'],
  seeds: [
    encodeTransportHeader({ port: 80, name: 'a.b', session: 'http2' }),
    encodeTransportHeader({ port: 5432, name: '', session: null }),
  ],
  check(input) {
    let decided = scanTransportHeader(Buffer.alloc(0));
    for (const cut of [...cutsOf(input, 6), input.length]) {
      const scan = scanTransportHeader(input.subarray(0, cut));
      if (decided.kind !== 'more') assert.deepEqual(scan, decided, `after ${cut} bytes`);
      decided = scan;
    }
    if (decided.kind !== 'header') return;
    const again = scanTransportHeader(
      Buffer.concat([encodeTransportHeader(decided.header), bytesOf('behind')]),
    );
    assert.ok(again.kind === 'header');
    assert.deepEqual(again.header, decided.header);
  },
};

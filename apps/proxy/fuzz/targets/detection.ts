import assert from 'node:assert/strict';
import { sniffTls } from '../../src/detect/client-hello.ts';
import { sniffHttp } from '../../src/detect/sniff-http.ts';
import { bytesOf, cutsOf } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { HTTP_WORDS, REQUESTS } from './http1-words.ts';

/** HTTP told from other protocols: more bytes never change what was decided. */
export const protocolDetection: FuzzTarget = {
  name: 'protocol-detection',
  words: ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'SSH-2.0-x\r\n', 'EHLO a\r\n', ...HTTP_WORDS],
  seeds: [...REQUESTS, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'EHLO a\r\n', 'GET '].map(bytesOf),
  check(input) {
    let decided = 'more';
    for (const cut of [...cutsOf(input, 8), input.length]) {
      const verdict = sniffHttp(input.subarray(0, cut));
      if (decided !== 'more') assert.equal(verdict, decided, `after ${cut} bytes`);
      decided = verdict;
    }
  },
};

function hello(serverName: string): Buffer {
  const name = bytesOf(serverName);
  const entry = Buffer.concat([Buffer.from([0, 0, name.length]), name]);
  const list = Buffer.concat([Buffer.from([0, entry.length]), entry]);
  const extension = Buffer.concat([Buffer.from([0, 0, 0, list.length]), list]);
  const other = Buffer.from([0, 16, 0, 2, 0, 0]);
  const extensions = Buffer.concat([other, extension]);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    Buffer.from([0, 0, 2, 0x13, 1, 1, 0, 0, extensions.length]),
    extensions,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([22, 3, 1, 0, handshake.length]), handshake]);
}

/** A TLS hello and its server name: nothing throws, and more bytes never change what was decided. */
export const clientHello: FuzzTarget = {
  name: 'client-hello',
  words: ['\u0016\u0003\u0001', '\0\0', '\u0001\0\0', 'a.b.svc', '\u00ff\u00ff'],
  seeds: [hello('web.emojivoto.svc'), hello(''), hello('a').subarray(0, 30)],
  check(input) {
    let decided = sniffTls(Buffer.alloc(0));
    for (const cut of [...cutsOf(input, 8), input.length]) {
      const verdict = sniffTls(input.subarray(0, cut));
      if (decided.kind !== 'more') assert.deepEqual(verdict, decided, `after ${cut} bytes`);
      decided = verdict;
    }
  },
};

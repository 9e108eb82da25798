import { strict as assert } from 'node:assert';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { array, assert as holds, boolean, constantFrom, property, uint8Array } from 'fast-check';
import { sniffTls } from './client-hello.ts';
import { sniffHttp } from './sniff-http.ts';

/** The ClientHello that Node's TLS client really sends. */
async function clientHello(servername: string): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connectTls({ port, host: '127.0.0.1', servername });
  client.on('error', () => {});
  const [accepted]: Socket[] = await once(server, 'connection');
  assert.ok(accepted !== undefined);
  const [hello] = await once(accepted, 'data');
  client.destroy();
  accepted.destroy();
  server.close();
  return hello;
}

describe('TLS detection', () => {
  it('reads the server name however the hello is cut, and not before it is whole', async () => {
    const hello = await clientHello('web.emojivoto.svc');
    for (let length = 0; length < hello.length; length += 1) {
      assert.equal(sniffTls(hello.subarray(0, length)).kind, 'more', `${length} bytes`);
    }
    assert.deepEqual(sniffTls(hello), { kind: 'tls', serverName: 'web.emojivoto.svc' });
  });

  it('reads a hello in several records', async () => {
    const hello = await clientHello('a.b');
    const payload = hello.subarray(5);
    const records = [payload.subarray(0, 7), payload.subarray(7, 100), payload.subarray(100)];
    const cut = records.flatMap((part) => {
      const header = Buffer.from([22, 3, 1, 0, 0]);
      header.writeUInt16BE(part.length, 3);
      return [header, part];
    });
    assert.deepEqual(sniffTls(Buffer.concat(cut)), { kind: 'tls', serverName: 'a.b' });
  });

  it('never throws, whatever the bytes', () => {
    holds(
      property(uint8Array({ maxLength: 300 }), boolean(), (bytes, isHandshake) => {
        const prefix = isHandshake ? [22, 3, 1, 1, 0, 1, 0, 0, 200] : [];
        sniffTls(Buffer.from([...prefix, ...bytes]));
        sniffHttp(Buffer.from(bytes));
      }),
    );
  });
});

describe('HTTP detection', () => {
  const cases: [string, ReturnType<typeof sniffHttp>][] = [
    ['GET / HTTP/1.1\r\n', 'http1'],
    ['GET / HTTP/1.1\n', 'http1'],
    ['PURGE http://a/b HTTP/1.0\r\nHost: x', 'http1'],
    ['GET  / HTTP/1.1\r\n', 'http1'],
    ['GET / HT', 'more'],
    ['GE', 'more'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
    ['PRI * HT', 'more'],
    ['\r\nGET / HTTP/1.1\r\n', 'http1'],
    ['\n\nGET / HTTP/1.1\r\n', 'http1'],
    ['\r\n', 'more'],
    ['\r\nHELO example.com\r\n', 'opaque'],
    ['GET foo\r\n', 'opaque'],
    ['HELO example.com\r\n', 'opaque'],
    ['SSH-2.0-x\r\n', 'opaque'],
    ['*1\r\n$4\r\nPING\r\n', 'opaque'],
    ['\u0016\u0003\u0001', 'opaque'],
    ['A'.repeat(40), 'opaque'],
    [`GET /${'a'.repeat(9000)}`, 'http1'],
  ];
  for (const [text, expected] of cases) {
    it(`takes ${JSON.stringify(text.slice(0, 30))} for ${expected}`, () => {
      assert.equal(sniffHttp(Buffer.from(text, 'latin1')), expected);
    });
  }
});

describe('what was decided', () => {
  it('does not depend on what the client sends after its hello in the same segment', async () => {
    // An empty record behind the hello made it "not TLS" once: the records were joined to their end.
    const hello = await clientHello('a.b');
    const behind = Buffer.concat([hello, Buffer.from([22, 3, 3, 0, 0])]);
    assert.deepEqual(sniffTls(behind), { kind: 'tls', serverName: 'a.b' });
  });

  it('does not depend on how a request line with a control character was cut', () => {
    // Cut before its end, such a request went on as opaque bytes, past the policy of its route.
    const line = Buffer.from('GET /admin\u0001 HTTP/1.1\r\n', 'latin1');
    for (let length = 1; length < line.length; length += 1) {
      assert.equal(sniffHttp(line.subarray(0, length)), 'more', `${length} bytes`);
    }
    assert.equal(sniffHttp(line), 'http1');
  });

  it('stays, whatever comes after it', () => {
    const words = [
      'GET',
      ' ',
      '/',
      ' HTTP/1.1',
      '\r\n',
      '\n',
      '\0',
      'PRI * ',
      'HTTP/2.0',
      '\u00ff',
    ];
    const parts = constantFrom(...words, 'a'.repeat(40), 'b'.repeat(8192), '\r\n\r\nSM');
    holds(
      property(array(parts, { maxLength: 10 }), (chosen) => {
        const bytes = Buffer.from(chosen.join(''), 'latin1');
        let decided = 'more';
        for (const end of [1, 3, 8, 16, 33, 100, 8191, 8192, bytes.length]) {
          if (end > bytes.length) continue;
          const verdict = sniffHttp(bytes.subarray(0, end));
          if (decided !== 'more') assert.equal(verdict, decided);
          decided = verdict;
        }
      }),
    );
  });
});

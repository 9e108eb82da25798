/** RFC 9113's strict cases, from raw frames: what a careless implementation misses. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { ErrorCode } from './error-code.ts';
import { Flag, FrameType, PREFACE } from './frame.ts';
import { listen, startBackend, startProxy } from '../testing/http2-harness.ts';
import {
  GET_BLOCK,
  POST_BLOCK,
  block,
  connectRaw,
  frame,
  uint32,
  type RawPeer,
} from '../testing/raw-http2.ts';

const {
  data,
  headers,
  priority,
  rstStream,
  settings,
  pushPromise,
  ping,
  goaway,
  windowUpdate,
  continuation,
} = FrameType;
const { endStream, endHeaders, padded, ack } = Flag;
const HEAD = endHeaders;
const HEAD_END = endHeaders | endStream;
const PING = frame(ping, 0, 0, Buffer.from('testping'));

/** A proxy whose backend answers `/` at once and keeps POSTs open. */
async function open(t: TestContext): Promise<RawPeer> {
  const backend = await startBackend(t, (stream, head) => {
    if (head[':method'] !== 'GET') return;
    stream.respond({ ':status': 200 });
    stream.end('hello');
  });
  const proxy = await startProxy(t, backend.port);
  return connectRaw(t, proxy.port);
}

/** GET on a stream, answered and closed. */
async function finished(peer: RawPeer, id: number): Promise<void> {
  peer.send(frame(headers, HEAD_END, id, GET_BLOCK));
  await peer.next((seen) => seen.streamId === id && (seen.flags & endStream) !== 0);
}

type Expected = { readonly connection: number } | { readonly stream: number };
interface Case {
  readonly name: string;
  readonly expect: Expected;
  readonly send: (peer: RawPeer) => void | Promise<void>;
}

const connection = (code: number): Expected => ({ connection: code });
const stream = (code: number): Expected => ({ stream: code });

const CASES: readonly Case[] = [
  // 3.4 and 4
  {
    name: 'a frame larger than agreed',
    expect: connection(ErrorCode.frameSizeError),
    send: (p) => p.send(frame(headers, HEAD, 1, Buffer.alloc(16_385))),
  },
  {
    name: 'a damaged header block',
    expect: connection(ErrorCode.compressionError),
    send: (p) => p.send(frame(headers, HEAD_END, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))),
  },
  {
    name: 'another frame inside a header block',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(headers, endStream, 1, GET_BLOCK), PING),
  },
  {
    name: 'a header block of two streams',
    expect: connection(ErrorCode.protocolError),
    send: (p) =>
      p.send(
        frame(headers, endStream, 1, GET_BLOCK),
        frame(continuation, endHeaders, 3, GET_BLOCK),
      ),
  },
  {
    name: 'an unknown frame inside a header block',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(headers, endStream, 1, GET_BLOCK), frame(0x16, 0, 0)),
  },
  // 5.1 idle
  {
    name: 'DATA on an idle stream',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(data, endStream, 1, Buffer.from('x'))),
  },
  {
    name: 'RST_STREAM on an idle stream',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(rstStream, 0, 1, uint32(8))),
  },
  {
    name: 'WINDOW_UPDATE on an idle stream',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(windowUpdate, 0, 1, uint32(100))),
  },
  {
    name: 'CONTINUATION without HEADERS',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(continuation, endHeaders, 1, GET_BLOCK)),
  },
  // 5.1 half-closed (remote)
  {
    name: 'DATA behind END_STREAM',
    expect: stream(ErrorCode.streamClosed),
    send: (p) =>
      p.send(frame(headers, HEAD_END, 1, POST_BLOCK), frame(data, endStream, 1, Buffer.from('x'))),
  },
  {
    name: 'HEADERS behind END_STREAM',
    expect: stream(ErrorCode.streamClosed),
    send: (p) =>
      p.send(frame(headers, HEAD_END, 1, POST_BLOCK), frame(headers, HEAD_END, 1, GET_BLOCK)),
  },
  // 5.1 closed
  {
    name: 'DATA behind the client’s RST_STREAM',
    expect: connection(ErrorCode.streamClosed),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, POST_BLOCK),
        frame(rstStream, 0, 1, uint32(8)),
        frame(data, endStream, 1, Buffer.from('x')),
      ),
  },
  {
    name: 'HEADERS behind the client’s RST_STREAM',
    expect: connection(ErrorCode.streamClosed),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, POST_BLOCK),
        frame(rstStream, 0, 1, uint32(8)),
        frame(headers, HEAD_END, 1, GET_BLOCK),
      ),
  },
  {
    name: 'DATA on a closed stream',
    expect: connection(ErrorCode.streamClosed),
    send: async (p) => {
      await finished(p, 1);
      p.send(frame(data, endStream, 1, Buffer.from('x')));
    },
  },
  {
    name: 'HEADERS on a closed stream',
    expect: connection(ErrorCode.streamClosed),
    send: async (p) => {
      await finished(p, 1);
      p.send(frame(headers, HEAD_END, 1, GET_BLOCK));
    },
  },
  // 5.1.1
  {
    name: 'an even stream id',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(headers, HEAD_END, 2, GET_BLOCK)),
  },
  {
    name: 'a decreasing stream id',
    expect: connection(ErrorCode.protocolError),
    send: (p) =>
      p.send(frame(headers, HEAD_END, 5, GET_BLOCK), frame(headers, HEAD_END, 3, GET_BLOCK)),
  },
  // 5.3
  {
    name: 'a stream that depends on itself',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(priority, 0, 1, Buffer.concat([uint32(1), Buffer.from([1])]))),
  },
  // 6.1
  {
    name: 'DATA on stream 0',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(data, 0, 0, Buffer.from('x'))),
  },
  {
    name: 'DATA with padding longer than itself',
    expect: connection(ErrorCode.protocolError),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, POST_BLOCK),
        frame(data, endStream | padded, 1, Buffer.from([6, 1, 2])),
      ),
  },
  // 6.2
  {
    name: 'HEADERS on stream 0',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(headers, HEAD_END, 0, GET_BLOCK)),
  },
  {
    name: 'HEADERS with padding longer than itself',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(headers, HEAD_END | padded, 1, Buffer.from([200, 0x82]))),
  },
  // 6.3, 6.4
  {
    name: 'PRIORITY on stream 0',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(priority, 0, 0, Buffer.alloc(5))),
  },
  {
    name: 'PRIORITY of a wrong length',
    expect: stream(ErrorCode.frameSizeError),
    send: (p) =>
      p.send(frame(headers, HEAD, 1, POST_BLOCK), frame(priority, 0, 1, Buffer.alloc(4))),
  },
  {
    name: 'RST_STREAM on stream 0',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(rstStream, 0, 0, uint32(8))),
  },
  {
    name: 'RST_STREAM of a wrong length',
    expect: connection(ErrorCode.frameSizeError),
    send: (p) =>
      p.send(frame(headers, HEAD, 1, POST_BLOCK), frame(rstStream, 0, 1, Buffer.alloc(3))),
  },
  // 6.5
  {
    name: 'SETTINGS with ACK and a payload',
    expect: connection(ErrorCode.frameSizeError),
    send: (p) => p.send(frame(settings, ack, 0, Buffer.alloc(6))),
  },
  {
    name: 'SETTINGS on a stream',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(settings, 0, 1)),
  },
  {
    name: 'SETTINGS of a wrong length',
    expect: connection(ErrorCode.frameSizeError),
    send: (p) => p.send(frame(settings, 0, 0, Buffer.alloc(3))),
  },
  {
    name: 'ENABLE_PUSH of 2',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(settings, 0, 0, Buffer.from('000200000002', 'hex'))),
  },
  {
    name: 'INITIAL_WINDOW_SIZE of 2^31',
    expect: connection(ErrorCode.flowControlError),
    send: (p) => p.send(frame(settings, 0, 0, Buffer.from('000480000000', 'hex'))),
  },
  {
    name: 'MAX_FRAME_SIZE too small',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(settings, 0, 0, Buffer.from('000500003fff', 'hex'))),
  },
  {
    name: 'MAX_FRAME_SIZE too large',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(settings, 0, 0, Buffer.from('000501000000', 'hex'))),
  },
  // 6.6 to 6.8
  {
    name: 'PUSH_PROMISE by a client',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(pushPromise, endHeaders, 1, Buffer.concat([uint32(2), GET_BLOCK]))),
  },
  {
    name: 'PING on a stream',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(ping, 0, 1, Buffer.alloc(8))),
  },
  {
    name: 'PING of a wrong length',
    expect: connection(ErrorCode.frameSizeError),
    send: (p) => p.send(frame(ping, 0, 0, Buffer.alloc(6))),
  },
  {
    name: 'GOAWAY on a stream',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(goaway, 0, 1, Buffer.alloc(8))),
  },
  // 6.9
  {
    name: 'WINDOW_UPDATE of 0 on the connection',
    expect: connection(ErrorCode.protocolError),
    send: (p) => p.send(frame(windowUpdate, 0, 0, uint32(0))),
  },
  {
    name: 'WINDOW_UPDATE of 0 on a stream',
    expect: stream(ErrorCode.protocolError),
    send: (p) => p.send(frame(headers, HEAD, 1, POST_BLOCK), frame(windowUpdate, 0, 1, uint32(0))),
  },
  {
    name: 'WINDOW_UPDATE of a wrong length',
    expect: connection(ErrorCode.frameSizeError),
    send: (p) => p.send(frame(windowUpdate, 0, 0, Buffer.alloc(3))),
  },
  {
    name: 'a connection window past 2^31-1',
    expect: connection(ErrorCode.flowControlError),
    send: (p) =>
      p.send(
        frame(windowUpdate, 0, 0, uint32(0x7fffffff)),
        frame(windowUpdate, 0, 0, uint32(0x7fffffff)),
      ),
  },
  {
    name: 'a stream window past 2^31-1',
    expect: stream(ErrorCode.flowControlError),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, POST_BLOCK),
        frame(windowUpdate, 0, 1, uint32(0x7fffffff)),
        frame(windowUpdate, 0, 1, uint32(0x7fffffff)),
      ),
  },
  {
    name: 'SETTINGS that overflow a stream window',
    expect: connection(ErrorCode.flowControlError),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, POST_BLOCK),
        frame(windowUpdate, 0, 1, uint32(0x7fff0000)),
        frame(settings, 0, 0, Buffer.from('00047fffffff', 'hex')),
      ),
  },
  {
    name: 'DATA beyond the stream window',
    expect: stream(ErrorCode.flowControlError),
    send: (p) => {
      p.send(frame(headers, HEAD, 1, POST_BLOCK));
      // In one read, before anything was passed on.
      p.send(
        Buffer.concat(Array.from({ length: 5 }, () => frame(data, 0, 1, Buffer.alloc(16_384)))),
      );
    },
  },
  // 8.1
  {
    name: 'a second HEADERS without END_STREAM',
    expect: stream(ErrorCode.protocolError),
    send: (p) =>
      p.send(frame(headers, HEAD, 1, POST_BLOCK), frame(headers, HEAD, 1, block(['x-a', 'b']))),
  },
  {
    name: 'pseudo-headers in trailers',
    expect: stream(ErrorCode.protocolError),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, POST_BLOCK),
        frame(headers, HEAD_END, 1, block([':method', 'GET'])),
      ),
  },
  {
    name: 'DATA shorter than content-length',
    expect: stream(ErrorCode.protocolError),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, Buffer.concat([POST_BLOCK, block(['content-length', '5'])])),
        frame(data, endStream, 1, Buffer.from('abc')),
      ),
  },
  {
    name: 'DATA longer than content-length',
    expect: stream(ErrorCode.protocolError),
    send: (p) =>
      p.send(
        frame(headers, HEAD, 1, Buffer.concat([POST_BLOCK, block(['content-length', '2'])])),
        frame(data, 0, 1, Buffer.from('abc')),
      ),
  },
  {
    name: 'no DATA for a content-length',
    expect: stream(ErrorCode.protocolError),
    send: (p) =>
      p.send(
        frame(headers, HEAD_END, 1, Buffer.concat([POST_BLOCK, block(['content-length', '2'])])),
      ),
  },
];

const MALFORMED: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'an upper-case name',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      ['X-A', 'b'],
    ],
  ],
  [
    'a name that is no token',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      ['x a', 'b'],
    ],
  ],
  [
    'a line break in a value',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      ['x-a', 'b\r\nc: d'],
    ],
  ],
  [
    'white space around a value',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      ['x-a', ' b'],
    ],
  ],
  [
    'an unknown pseudo-header',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':test', 'b'],
    ],
  ],
  [
    ':status in a request',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':status', '200'],
    ],
  ],
  [
    'a pseudo-header behind others',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      ['x-a', 'b'],
      [':path', '/'],
    ],
  ],
  [
    'connection',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      ['connection', 'close'],
    ],
  ],
  [
    'transfer-encoding',
    [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/'],
      ['transfer-encoding', 'chunked'],
    ],
  ],
  [
    'te other than trailers',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      ['te', 'gzip'],
    ],
  ],
  [
    'an empty :path',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', ''],
    ],
  ],
  [
    'no :method',
    [
      [':scheme', 'http'],
      [':path', '/'],
    ],
  ],
  [
    'no :scheme',
    [
      [':method', 'GET'],
      [':path', '/'],
    ],
  ],
  [
    'no :path',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
    ],
  ],
  [
    ':method twice',
    [
      [':method', 'GET'],
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
    ],
  ],
  [
    ':scheme twice',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':scheme', 'http'],
      [':path', '/'],
    ],
  ],
  [
    ':path twice',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':path', '/'],
    ],
  ],
  [
    ':path with white space',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/ HTTP/1.1'],
    ],
  ],
  [
    'a relative :path',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', 'a'],
    ],
  ],
  [
    ':authority and host that differ',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'a'],
      ['host', 'b'],
    ],
  ],
  [
    'two hosts',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      ['host', 'a'],
      ['host', 'b'],
    ],
  ],
  [
    'user information in :authority',
    [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'u@a'],
    ],
  ],
  [
    'two lengths',
    [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/'],
      ['content-length', '1'],
      ['content-length', '2'],
    ],
  ],
  [
    'a length with a sign',
    [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/'],
      ['content-length', '+1'],
    ],
  ],
];

async function check(peer: RawPeer, expected: Expected): Promise<void> {
  if ('connection' in expected) {
    await peer.untilClosed();
    assert.equal(peer.goawayCode, expected.connection);
    return;
  }
  const reset = await peer.next((seen) => seen.type === rstStream);
  assert.equal(reset?.payload.readUInt32BE(0), expected.stream);
  // The connection goes on.
  peer.send(PING);
  const pong = await peer.next((seen) => seen.type === ping && (seen.flags & ack) !== 0);
  assert.equal(String(pong?.payload), 'testping');
}

describe('mistakes are answered as RFC 9113 says:', () => {
  for (const { name, expect, send } of CASES) {
    test(name, async (t) => {
      const peer = await open(t);
      await send(peer);
      await check(peer, expect);
    });
  }
  for (const [name, pairs] of MALFORMED) {
    test(`${name} is malformed`, async (t) => {
      const peer = await open(t);
      peer.send(frame(headers, HEAD_END, 1, block(...pairs)));
      await check(peer, stream(ErrorCode.protocolError));
    });
  }
});

describe('what is allowed stays allowed:', () => {
  const alive = async (peer: RawPeer) => {
    peer.send(PING);
    const pong = await peer.next((seen) => seen.type === ping && (seen.flags & ack) !== 0);
    assert.equal(String(pong?.payload), 'testping');
  };

  test('unknown frames, flags and settings, PRIORITY on idle streams, PING with ACK, window updates on closed streams', async (t) => {
    const peer = await open(t);
    peer.send(
      frame(0x16, 0xff, 0, Buffer.alloc(8)),
      frame(settings, 0, 0, Buffer.from('00ff00000001', 'hex')),
    );
    peer.send(frame(ping, ack, 0, Buffer.alloc(8)), frame(priority, 0, 7, Buffer.alloc(5)));
    await finished(peer, 9);
    peer.send(
      frame(windowUpdate, 0, 9, uint32(1)),
      frame(rstStream, 0, 9, uint32(8)),
      frame(priority, 0, 9, Buffer.alloc(5)),
    );
    await alive(peer);
    const pongs = peer.frames.filter((seen) => seen.type === ping);
    assert.equal(pongs.length, 1);
  });

  test('HEADERS with padding and priority, cut into CONTINUATION frames', async (t) => {
    const peer = await open(t);
    const half = GET_BLOCK.length >> 1;
    const first = Buffer.concat([
      Buffer.from([3]),
      uint32(0),
      Buffer.from([15]),
      GET_BLOCK.subarray(0, half),
      Buffer.alloc(3),
    ]);
    peer.send(frame(headers, endStream | padded | Flag.priority, 1, first));
    peer.send(
      frame(continuation, 0, 1),
      frame(continuation, endHeaders, 1, GET_BLOCK.subarray(half)),
    );
    const answer = await peer.next((seen) => seen.type === data && seen.streamId === 1);
    assert.equal(String(answer?.payload), 'hello');
  });

  test('DATA on a stream we have reset is ignored, and its bytes return to the connection window', async (t) => {
    const peer = await open(t);
    peer.send(frame(headers, HEAD_END, 1, POST_BLOCK), frame(data, 0, 1, Buffer.alloc(16_384)));
    for (let i = 0; i < 99; i += 1) peer.send(frame(data, 0, 1, Buffer.alloc(16_384)));
    await alive(peer);
    const updates = peer.frames.filter((seen) => seen.type === windowUpdate && seen.streamId === 0);
    const returned = updates.reduce((sum, seen) => sum + seen.payload.readUInt32BE(0), 0);
    assert.ok(returned > 1_500_000, String(returned));
  });

  test('padded DATA counts with its padding and loses it', async (t) => {
    const backend = await startBackend(t, (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const peer = await connectRaw(t, (await startProxy(t, backend.port)).port);
    peer.send(frame(headers, HEAD, 1, POST_BLOCK));
    const padding = Buffer.concat([Buffer.from([250]), Buffer.from('abc'), Buffer.alloc(250)]);
    for (let i = 0; i < 1000; i += 1) peer.send(frame(data, padded, 1, padding));
    peer.send(frame(data, endStream | padded, 1, Buffer.from([0])));
    await peer.next((seen) => seen.streamId === 1 && (seen.flags & endStream) !== 0);
    const body = peer.frames
      .filter((seen) => seen.type === data)
      .map((seen) => String(seen.payload));
    assert.equal(body.join(''), 'abc'.repeat(1000));
  });

  test('a window of SETTINGS that shrinks below zero is waited out', async (t) => {
    const peer = await open(t);
    peer.send(
      frame(settings, 0, 0, Buffer.from('000400000003', 'hex')),
      frame(headers, HEAD_END, 1, GET_BLOCK),
    );
    const first = await peer.next((seen) => seen.type === data);
    assert.equal(String(first?.payload), 'hel');
    peer.send(
      frame(settings, 0, 0, Buffer.from('000400000000', 'hex')),
      frame(windowUpdate, 0, 1, uint32(4)),
    );
    const second = await peer.next((seen) => seen.type === data && seen !== first);
    assert.equal(String(second?.payload), 'l');
    peer.send(frame(settings, 0, 0, Buffer.from('000400000064', 'hex')));
    const third = await peer.next(
      (seen) => seen.type === data && seen !== first && seen !== second,
    );
    assert.equal(String(third?.payload), 'o');
  });

  test('a preface in pieces, byte by byte', async (t) => {
    const backend = await startBackend(t, () => {});
    const { port } = await startProxy(t, backend.port);
    const peer = await connectRaw(t, port, Buffer.alloc(0));
    for (const byte of Buffer.concat([PREFACE, frame(settings, 0, 0)])) {
      peer.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await alive(peer);
  });
});

describe('connections', () => {
  test('something else than the preface ends with PROTOCOL_ERROR', async (t) => {
    const backend = await startBackend(t, () => {});
    const { port } = await startProxy(t, backend.port);
    const peer = await connectRaw(t, port, Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'));
    await check(peer, connection(ErrorCode.protocolError));
  });

  test('a first frame other than SETTINGS ends with PROTOCOL_ERROR', async (t) => {
    const backend = await startBackend(t, () => {});
    const { port } = await startProxy(t, backend.port);
    const peer = await connectRaw(t, port, Buffer.concat([PREFACE, PING]));
    await check(peer, connection(ErrorCode.protocolError));
  });

  test('CONNECT gets 400', async (t) => {
    const peer = await open(t);
    peer.send(frame(headers, HEAD_END, 1, block([':method', 'CONNECT'], [':authority', 'a:1'])));
    const head = await peer.next((seen) => seen.type === headers);
    // Index 12 of the static table: ":status: 400".
    assert.equal(head?.payload[0], 0x8c);
  });

  for (const [what, bytes] of [
    ['a preface', PREFACE.subarray(0, 10)],
    [
      'a frame',
      Buffer.concat([
        PREFACE,
        frame(settings, 0, 0),
        frame(data, 0, 1, Buffer.alloc(99)).subarray(0, 40),
      ]),
    ],
    [
      'a header block',
      Buffer.concat([PREFACE, frame(settings, 0, 0), frame(headers, endStream, 1, GET_BLOCK)]),
    ],
  ] as const) {
    test(`${what} that stands still is cut off`, async (t) => {
      const backend = await startBackend(t, () => {});
      const { port } = await startProxy(t, backend.port, { limits: { headTimeoutMs: 500 } });
      const peer = await connectRaw(t, port, bytes);
      await peer.untilClosed();
    });
  }

  test('a client that never reads is cut off', async (t) => {
    const backend = await startBackend(t, (stream) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(8_000_000));
    });
    const { port, served } = await startProxy(t, backend.port, { limits: { headTimeoutMs: 500 } });
    const peer = await connectRaw(t, port);
    peer.socket.pause();
    peer.send(
      frame(settings, 0, 0, Buffer.from('00047fffffff', 'hex')),
      frame(windowUpdate, 0, 0, uint32(0x7fff0000 - 1)),
    );
    peer.send(frame(headers, HEAD_END, 1, GET_BLOCK));
    while (served.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await served[0]?.closed;
  });
});

test('a peer that answers nonsense is reset, and the client gets 502', async (t) => {
  const { createServer } = await import('node:net');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(
      Buffer.concat([frame(settings, 0, 0), frame(headers, HEAD, 1, block([':status', '2000']))]),
    );
    socket.resume();
  });
  const proxy = await startProxy(t, await listen(t, server));
  const peer = await connectRaw(t, proxy.port);
  // The answer comes before its request: the stream is idle, the connection ends, the attempt is broken.
  peer.send(frame(headers, HEAD_END, 1, GET_BLOCK));
  const head = await peer.next((seen) => seen.type === headers);
  assert.ok(head !== undefined);
  assert.equal(proxy.service.exchanges[0]?.failures[0]?.failure.kind, 'broken');
});

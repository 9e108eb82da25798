import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ConnectionFault, ErrorCode } from './error-code.ts';
import { FloodGuard } from './flood-guard.ts';
import { ReceiveWindow, SendWindow } from './flow-window.ts';
import { FrameReader } from './frame-reader.ts';
import { encodeGrpcMessage, grpcStatusOf, refusalFields } from './grpc-status.ts';
import { frame } from '../testing/raw-http2.ts';

const frameArbitrary = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  flags: fc.integer({ min: 0, max: 255 }),
  streamId: fc.integer({ min: 0, max: 0x7fffffff }),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 0, max: 16_384 }).map((length) => new Uint8Array(length).fill(7)),
  ),
});

/** Cuts bytes at random places. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

test('frames come out as they were written, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(frameArbitrary, { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 10 }),
      (frames, sizes) => {
        const seen: unknown[] = [];
        const reader = new FrameReader({
          frame: (type, flags, streamId, buffer, start, end) => {
            seen.push({
              type,
              flags,
              streamId,
              payload: new Uint8Array(buffer.subarray(start, end)),
            });
          },
        });
        const bytes = Buffer.concat(
          frames.map(({ type, flags, streamId, payload }) =>
            frame(type, flags, streamId, Buffer.from(payload)),
          ),
        );
        for (const part of cut(bytes, sizes)) reader.read(part);
        assert.deepEqual(
          seen,
          frames.map((one) => ({ ...one })),
        );
        assert.equal(reader.isPartial, false);
      },
    ),
    { numRuns: 80 },
  );
});

test('an oversized frame is a fault before its payload has come', () => {
  const reader = new FrameReader({ frame: () => assert.fail('handed on') });
  assert.throws(
    () => reader.read(frame(0, 0, 1, Buffer.alloc(16_385)).subarray(0, 9)),
    (error) => error instanceof ConnectionFault && error.code === ErrorCode.frameSizeError,
  );
});

test('a stopped reader hands nothing on from the same read', () => {
  let seen = 0;
  const reader = new FrameReader({
    frame: () => {
      seen += 1;
      reader.stop();
    },
  });
  reader.read(Buffer.concat([frame(6, 0, 0), frame(6, 0, 0)]));
  assert.equal(seen, 1);
});

test('a receive window is given back in halves and refuses what is beyond', () => {
  const window = new ReceiveWindow(100);
  assert.ok(window.take(100));
  assert.equal(window.take(1), false);
  assert.equal(window.giveBack(49), 0);
  assert.equal(window.giveBack(1), 50);
  assert.ok(window.take(50));
  assert.equal(window.take(1), false);
});

test('a send window never passes 2^31-1', () => {
  const window = new SendWindow(65_535);
  assert.ok(window.grow(0x7fffffff - 65_535));
  assert.equal(window.grow(1), false);
});

test('a flood guard earns points with time, and no more than its budget', () => {
  let nowMs = 5;
  const guard = new FloodGuard(() => nowMs);
  for (let i = 0; i < 500; i += 1) assert.ok(guard.spend(1));
  assert.equal(guard.spend(1), false);
  nowMs += 1_000_000;
  for (let i = 0; i < 499; i += 1) assert.ok(guard.spend(1), String(i));
});

test('refusals speak HTTP or gRPC', () => {
  const refusal = {
    kind: 'refusal',
    status: 503,
    proxyError: 'no endpoint\r\nis – ready',
    tellClient: true,
  } as const;
  const pairs = (isGrpc: boolean) =>
    refusalFields(refusal, isGrpc).map((f) => `${f.name.text}: ${f.value}`);
  assert.deepEqual(pairs(false), [
    ':status: 503',
    'content-length: 0',
    'l5d-proxy-error: no endpoint is ready',
  ]);
  assert.deepEqual(pairs(true), [
    ':status: 200',
    'content-type: application/grpc',
    'grpc-status: 14',
    'grpc-message: no endpoint%0D%0Ais %E2%80%93 ready',
    'l5d-proxy-error: no endpoint is ready',
  ]);
  assert.deepEqual(refusalFields({ ...refusal, tellClient: false }, false).length, 2);
  assert.equal(encodeGrpcMessage('100%'), '100%25');
  const map = [504, 503, 502, 403, 404, 429, 500, 508, 418].map((status) => grpcStatusOf(status));
  assert.deepEqual(map, [4, 14, 14, 7, 5, 8, 13, 10, 2]);
});

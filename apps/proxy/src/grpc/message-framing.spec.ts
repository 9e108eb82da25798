import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { GrpcCode, GrpcError } from './grpc-error.ts';
import { frameMessage, MessageReader } from './message-framing.ts';

const MAX = 1000;

test('messages come out as they went in, wherever the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }),
      fc.array(fc.nat(400), { maxLength: 10 }),
      (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((each) => frameMessage(Buffer.from(each))));
        const read: string[] = [];
        const reader = new MessageReader(MAX, (message) => read.push(message.toString('hex')));
        let at = 0;
        for (const cut of cuts) {
          // A copy that is spoilt afterwards, as a lent buffer is.
          const chunk = Buffer.from(bytes.subarray(at, at + cut));
          reader.read(chunk);
          chunk.fill(0xff);
          at += cut;
        }
        reader.read(bytes.subarray(at));
        assert.deepEqual(
          read,
          messages.map((each) => Buffer.from(each).toString('hex')),
        );
        assert.equal(reader.isMidway, false);
      },
    ),
  );
});

test('what is compressed or too large ends the call', () => {
  const reader = (): MessageReader => new MessageReader(MAX, () => {});
  const hasCode = (code: number) => (error: unknown) =>
    error instanceof GrpcError && error.code === code;
  assert.throws(() => reader().read(Buffer.from([1, 0, 0, 0, 0])), hasCode(GrpcCode.unimplemented));
  assert.throws(
    () => reader().read(Buffer.from([0, 0, 0, 4, 0])),
    hasCode(GrpcCode.resourceExhausted),
  );
});

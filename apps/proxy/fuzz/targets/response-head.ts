import assert from 'node:assert/strict';
import { FAULTY, INCOMPLETE } from '../../src/http1/field-table.ts';
import { ANSWER_EDIT, forwardHead } from '../../src/http1/head-forwarding.ts';
import { Http1ResponseHead } from '../../src/http1/response-head.ts';
import { bytesOf, cutsOf } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { HTTP_WORDS, RESPONSES } from './http1-words.ts';

function scan(bytes: Buffer, end = bytes.length): { head: Http1ResponseHead; end: number } {
  const head = new Http1ResponseHead(1024, 20);
  return { head, end: head.scan(bytes, 0, end) };
}

function meaning(head: Http1ResponseHead): unknown[] {
  const { status, contentLength, isHttp10 } = head;
  return [status, contentLength, isHttp10, head.bodyKind('GET'), head.bodyKind('HEAD')];
}

/** A response head: judged alike however its bytes arrive, and what goes on means what came. */
export const responseHead: FuzzTarget = {
  name: 'response-head',
  words: HTTP_WORDS,
  seeds: RESPONSES.map(bytesOf),
  check(input) {
    const whole = scan(input);
    for (const cut of cutsOf(input, 4)) {
      const { end } = scan(input, cut);
      if (end === INCOMPLETE) continue;
      assert.equal(end, whole.end, `after ${cut} bytes`);
    }
    if (whole.end < 0) return;
    const { head } = whole;
    const before = meaning(head);
    const bytes = forwardHead(head, ANSWER_EDIT, false, Buffer.alloc(0), head.end);
    const again = scan(bytes);
    if (again.end === FAULTY && again.head.fault.status === 431) return;
    assert.equal(again.end, bytes.length, 'what goes on is one whole head');
    assert.deepEqual(meaning(again.head), before);
    assert.deepEqual(again.head.connection.named, []);
    assert.equal(again.head.header('l5d-proxy-error'), undefined);
  },
};

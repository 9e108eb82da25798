import assert from 'node:assert/strict';
import { FAULTY, INCOMPLETE } from '../../src/http1/field-table.ts';
import { EditCompiler, forwardHead } from '../../src/http1/head-forwarding.ts';
import { Http1RequestHead } from '../../src/http1/request-head.ts';
import { bytesOf, cutsOf } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';
import { HTTP_WORDS, REQUESTS } from './http1-words.ts';

const LIMIT = 1024;
const FIELDS = 20;
const EDIT = { strip: ['l5d-client-id', 'x-cut'], set: [['l5d-client-id', 'us']] } as const;

function scan(bytes: Buffer, end = bytes.length): { head: Http1RequestHead; end: number } {
  const head = new Http1RequestHead(LIMIT, FIELDS);
  return { head, end: head.scan(bytes, 0, end) };
}

/** What the services are told and the body's framing. */
function meaning(head: Http1RequestHead): unknown[] {
  const { method, path, authority, scheme, contentLength, isUpgrade, isHttp10 } = head;
  return [method, path, authority, scheme, contentLength, isUpgrade, isHttp10];
}

/** A request head: judged alike however its bytes arrive, and what goes on means what came. */
export const requestHead: FuzzTarget = {
  name: 'request-head',
  words: HTTP_WORDS,
  seeds: REQUESTS.map(bytesOf),
  check(input) {
    const whole = scan(input);
    for (const cut of cutsOf(input, 4)) {
      const { end, head } = scan(input, cut);
      if (end === INCOMPLETE) continue;
      if (end === FAULTY) {
        assert.equal(whole.end, FAULTY, `refused after ${cut} bytes, taken as a whole`);
        if (head.fault.status < 410) assert.equal(head.fault, whole.head.fault);
      } else assert.equal(end, whole.end, `whole after ${cut} bytes`);
    }
    if (whole.end >= 0) checkForwarded(whole.head);
  },
};

function checkForwarded(head: Http1RequestHead): void {
  const before = meaning(head);
  const edit = new EditCompiler().compile(EDIT);
  const extra = head.isUpgrade ? bytesOf('connection: upgrade\r\n') : Buffer.alloc(0);
  const bytes = forwardHead(head, edit, head.isUpgrade, extra, head.end);
  const again = scan(bytes);
  // What is added may make a head too large for us; the next hop judges that by its own limits.
  if (again.end === FAULTY && again.head.fault.status === 431) return;
  assert.equal(again.end, bytes.length, 'what goes on is one whole head');
  assert.deepEqual(meaning(again.head), before);
  assert.deepEqual(again.head.connection.named, []);
  assert.equal(again.head.header('x-cut'), undefined);
  assert.equal(again.head.header('l5d-client-id'), 'us');
  const hops = ['keep-alive', 'proxy-connection', 'http2-settings'];
  for (const name of hops) assert.equal(again.head.header(name), undefined, name);
}

/**
 * `node http2-origin.ts PORT`: answers every HTTP/2 request with 200 and 100 bytes, without reading its head, in one
 * write per read.
 */
import { createServer, type Socket } from 'node:net';
import {
  FRAME_HEADER_BYTES,
  Flag,
  FrameType,
  PREFACE,
  SETTINGS,
  SETTINGS_ACK,
  WIDE_WINDOW,
  frame,
  readFrames,
} from './http2-wire.ts';

/** `:status: 200`, `content-type: text/plain`, `content-length: 100`. */
const HEAD = Buffer.concat([
  Buffer.from([0x88, 0x0f, 0x10, 10]),
  Buffer.from('text/plain'),
  Buffer.from([0x0f, 0x0d, 3]),
  Buffer.from('100'),
]);
const ANSWER = Buffer.concat([
  frame(FrameType.headers, Flag.endHeaders, 0, HEAD),
  frame(FrameType.data, Flag.endStream, 0, Buffer.alloc(100, 'x')),
]);
const DATA_AT = FRAME_HEADER_BYTES + HEAD.length;

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  let prefaceBytes = 0;
  socket.on('error', () => socket.destroy());
  socket.write(Buffer.concat([SETTINGS, WIDE_WINDOW]));
  socket.on('data', (chunk: Buffer) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (prefaceBytes === 0) {
      if (bytes.length < PREFACE.length) {
        rest = bytes;
        return;
      }
      prefaceBytes = PREFACE.length;
      bytes = bytes.subarray(prefaceBytes);
    }
    const ended: number[] = [];
    const control: Buffer[] = [];
    rest = readFrames(bytes, (type, flags, id, buffer, start) => {
      const isMessage = type === FrameType.headers || type === FrameType.data;
      if (isMessage && (flags & Flag.endStream) !== 0) ended.push(id);
      else if (type === FrameType.settings && (flags & Flag.ack) === 0) control.push(SETTINGS_ACK);
      else if (type === FrameType.ping && (flags & Flag.ack) === 0) {
        const payload = buffer.subarray(start, start + 8);
        control.push(frame(FrameType.ping, Flag.ack, 0, payload));
      }
    });
    const answers = Buffer.allocUnsafeSlow(ended.length * ANSWER.length);
    ended.forEach((id, i) => {
      const at = i * ANSWER.length;
      ANSWER.copy(answers, at);
      answers.writeUInt32BE(id, at + 5);
      answers.writeUInt32BE(id, at + DATA_AT + 5);
    });
    const out = control.length === 0 ? answers : Buffer.concat([...control, answers]);
    if (out.length > 0) socket.write(out);
  });
}

process.once('SIGTERM', () => process.exit(0));
createServer({ noDelay: true }, serve).listen(Number(process.argv[2]), '127.0.0.1');

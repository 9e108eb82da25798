/**
 * `node flooder.ts PORT KIND`, forked: floods with one connection at a time, as fast as it is read; closed for it, it opens
 * the next. Told to stop, it sends how many connections it had.
 */
import { connect, type Socket } from 'node:net';
import { FLOODS } from '../src/testing/http2-floods.ts';
import { PREFACE, SETTINGS, SETTINGS_ACK } from './http2-wire.ts';

/** Bytes written between two looks at whether the socket still takes them. */
const BATCH_FRAMES = 100;

const [, , port = '0', kind = ''] = process.argv;
const flood = FLOODS.find(({ name }) => name === kind);
if (flood === undefined) throw new Error(`There is no flood called ${kind}.`);
const { bad, opening } = flood;
let connections = 0;
let current: Socket | null = null;

function open(): void {
  connections += 1;
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  let i = 0;
  current = socket;
  const pour = (): void => {
    for (;;) {
      const frames = Array.from({ length: BATCH_FRAMES }, () => bad((i += 1)));
      if (socket.destroyed || !socket.write(Buffer.concat(frames))) return;
    }
  };
  socket.on('connect', () => {
    socket.write(Buffer.concat([PREFACE, SETTINGS, SETTINGS_ACK, opening ?? Buffer.alloc(0)]));
    pour();
  });
  socket.on('drain', pour);
  socket.on('data', () => {});
  socket.on('error', () => {});
  socket.on('close', () => {
    if (current === socket) open();
  });
}

process.once('message', () => {
  const last = current;
  current = null;
  last?.destroy();
  process.send?.(connections, () => process.disconnect?.());
});
open();

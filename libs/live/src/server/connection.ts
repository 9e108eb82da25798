import { TulleError } from '@tulle/model';
import type { WebSocket } from 'ws';
import { MAX_SUBSCRIPTIONS } from '../protocol.ts';
import type { ClientMessage, Resume, ServerMessage } from '../protocol.ts';
import type { Channel, Subscriber } from './channel.ts';
import { parseClientMessage } from './client-message.ts';

/** Above this many bytes not yet taken by the viewer, it gets no more data until it has caught up. */
const CONGESTED_BYTES = 1024 * 1024;
/** A viewer that lets this much pile up (answers to its own messages) is cut off. */
const HOPELESS_BYTES = 8 * 1024 * 1024;

type SubscribeMessage = Extract<ClientMessage, { type: 'subscribe' }>;

interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly epoch: string;
  readonly version: string;
  readonly now: () => number;
  /** Finds or opens the channel. @throws TulleError. */
  readonly openChannel: (message: SubscribeMessage) => Channel;
  /** Called after a subscriber left the channel. */
  readonly leftChannel: (channel: Channel) => void;
}

/** One viewer: reads its messages, holds its subscriptions. Ends with its socket. */
export interface Connection {
  readonly subscriptions: number;
  /** Pings it; a viewer that did not answer the last ping is cut off. */
  checkAlive(): void;
  close(code: number, reason: string): void;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { socket } = options;
  const subscriptions = new Map<number, { channel: Channel; subscriber: Subscriber }>();
  let alive = true;

  socket.on('message', (data, isBinary) => handle(isBinary ? null : textOf(data)));
  socket.on('pong', () => (alive = true));
  socket.on('close', leaveAll);
  // ws closes the socket itself after an error (a frame too long, not UTF-8); 'close' follows.
  socket.on('error', () => undefined);
  sendMessage({
    type: 'hello',
    epoch: options.epoch,
    serverTimeMs: options.now(),
    version: options.version,
  });

  function handle(text: string | null): void {
    alive = true;
    let id: number | undefined;
    try {
      if (text === null) throw new TulleError('invalid_argument', 'Messages are text, not binary.');
      const message = parseClientMessage(text);
      if (message.type !== 'ping') id = message.id;
      obey(message);
    } catch (error) {
      const body = TulleError.from(error).toBody();
      sendMessage(
        id === undefined ? { type: 'error', error: body } : { type: 'error', id, error: body },
      );
    }
  }

  function obey(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        subscribe(message);
        return;
      case 'unsubscribe':
        unsubscribe(message.id);
        return;
      case 'ping':
        sendMessage({ type: 'pong', sentAtMs: message.sentAtMs, serverTimeMs: options.now() });
    }
  }

  function subscribe(message: SubscribeMessage): void {
    const { id } = message;
    if (subscriptions.has(id)) {
      throw new TulleError('invalid_argument', `Subscription ${id} exists already.`);
    }
    if (subscriptions.size >= MAX_SUBSCRIPTIONS) {
      throw new TulleError(
        'resource_exhausted',
        `This connection holds ${MAX_SUBSCRIPTIONS} subscriptions already; end one first.`,
      );
    }
    const channel = options.openChannel(message);
    const subscriber: Subscriber = {
      send: (members) => sendText(`{"id":${id},${members}}`),
      congested: () => socket.bufferedAmount > CONGESTED_BYTES,
      fail(error) {
        subscriptions.delete(id);
        sendMessage({ type: 'error', id, error: error.toBody() });
      },
    };
    subscriptions.set(id, { channel, subscriber });
    channel.add(subscriber, resumeOf(message));
  }

  function resumeOf(message: SubscribeMessage): Resume | null {
    return message.resume?.epoch === options.epoch ? message.resume : null;
  }

  function unsubscribe(id: number): void {
    const held = subscriptions.get(id);
    if (held === undefined) return;
    subscriptions.delete(id);
    held.channel.remove(held.subscriber);
    options.leftChannel(held.channel);
  }

  function leaveAll(): void {
    for (const id of subscriptions.keys()) unsubscribe(id);
  }

  function sendMessage(message: ServerMessage): void {
    sendText(JSON.stringify(message));
  }

  function sendText(text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > HOPELESS_BYTES) {
      socket.terminate();
      return;
    }
    socket.send(text);
  }

  return {
    get subscriptions(): number {
      return subscriptions.size;
    },
    checkAlive(): void {
      if (!alive) {
        socket.terminate();
        return;
      }
      alive = false;
      socket.ping();
    },
    close(code: number, reason: string): void {
      socket.close(code, reason);
    },
  };
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Array.isArray(data)
    ? Buffer.concat(data).toString('utf8')
    : Buffer.from(data).toString('utf8');
}

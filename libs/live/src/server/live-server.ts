import { TulleError } from '@tulle/model';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { LIVE_SUBPROTOCOL, MAX_CLIENT_MESSAGE_BYTES } from '../protocol.ts';
import type { ClientMessage, StateTopic, StreamTopic } from '../protocol.ts';
import type { Channel, ChannelCounts } from './channel.ts';
import { createConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { createStateChannel } from './state-channel.ts';
import { createStreamChannel } from './stream-channel.ts';
import type {
  LiveTopics,
  LiveViewer,
  StateTopicHandler,
  StreamTopicHandler,
} from './topic-source.ts';

/** Rows are sent in batches, at most ten a second. */
const FLUSH_MS = 100;
const HEARTBEAT_MS = 15_000;
/** A channel nobody watches is kept open this long, so that a viewer that lost its connection can resume. */
const LINGER_MS = 5000;
const MAX_CONNECTIONS = 256;
/** Channels open at once, over all viewers: each holds a view, or a tap. */
const MAX_CHANNELS = 512;
/** Each channel numbers its changes in a range of its own: a `seq` of a closed channel is never valid in another. */
const SEQ_RANGE = 1e9;

export interface LiveServerOptions {
  readonly topics: LiveTopics;
  /** Said in `hello`. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly lingerMs?: number;
  readonly heartbeatMs?: number;
}

/** Counters since the start, and what is held now. */
export interface LiveStats extends Readonly<ChannelCounts> {
  readonly connections: number;
  readonly subscriptions: number;
  readonly channels: number;
  readonly refused: number;
}

export interface LiveServer {
  /**
   * Takes over an HTTP upgrade of {@link LIVE_PATH}. Host and Origin must have been checked. Beyond the limit of
   * connections it answers 503.
   * @param viewer whoever it is where absent
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, viewer?: LiveViewer): void;
  stats(): LiveStats;
  /** Says goodbye to every viewer (1001), closes every source. Resolves when all sockets are closed, within a second. */
  close(): Promise<void>;
}

const ANYBODY: LiveViewer = { key: '' };

interface OpenChannel {
  readonly key: string;
  readonly channel: Channel;
  lingering: NodeJS.Timeout | null;
}

export function createLiveServer(options: LiveServerOptions): LiveServer {
  const { topics, now = Date.now, lingerMs = LINGER_MS } = options;
  const epoch = randomUUID();
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(LIVE_SUBPROTOCOL) ? LIVE_SUBPROTOCOL : false),
  });
  const connections = new Set<Connection>();
  const channels = new Map<string, OpenChannel>();
  const byChannel = new Map<Channel, OpenChannel>();
  const counts: ChannelCounts = {
    patches: 0,
    patchesSkipped: 0,
    snapshots: 0,
    rows: 0,
    rowsDropped: 0,
  };
  let channelsOpened = 0;
  let refused = 0;
  const flushTimer = setInterval(flushAll, FLUSH_MS);
  const heartbeatTimer = setInterval(checkAll, options.heartbeatMs ?? HEARTBEAT_MS);

  function flushAll(): void {
    for (const { channel } of channels.values()) channel.flush();
  }

  function checkAll(): void {
    for (const connection of connections) connection.checkAlive();
  }

  function openChannel(
    message: Extract<ClientMessage, { type: 'subscribe' }>,
    viewer: LiveViewer,
  ): Channel {
    const handler = topics[message.topic] as AnyHandler;
    const params = handler.parse(message.params);
    const whose = 'isPersonal' in handler && handler.isPersonal ? ` ${viewer.key}` : '';
    const key = `${message.topic} ${canonicalJson(params)}${whose}`;
    const open = channels.get(key);
    if (open !== undefined) {
      if (open.lingering !== null) clearTimeout(open.lingering);
      open.lingering = null;
      return open.channel;
    }
    if (channels.size >= MAX_CHANNELS) dropOneLingering();
    const channel = createChannel(handler, params, key, viewer);
    const entry: OpenChannel = { key, channel, lingering: null };
    channels.set(key, entry);
    byChannel.set(channel, entry);
    return channel;
  }

  function createChannel(
    handler: AnyHandler,
    params: never,
    key: string,
    viewer: LiveViewer,
  ): Channel {
    channelsOpened += 1;
    const baseSeq = channelsOpened * SEQ_RANGE;
    const onFailed = (): void => closeChannel(channels.get(key));
    const source = handler.open(params, viewer);
    if ('current' in source) return createStateChannel({ source, baseSeq, counts, onFailed });
    const keepRows = 'keepRows' in handler ? handler.keepRows : 0;
    return createStreamChannel({ source, keepRows, baseSeq, counts, onFailed });
  }

  function dropOneLingering(): void {
    for (const entry of channels.values()) {
      if (entry.lingering === null) continue;
      closeChannel(entry);
      return;
    }
    throw new TulleError(
      'resource_exhausted',
      `${MAX_CHANNELS} different things are being watched already; close a page and try again.`,
    );
  }

  function leftChannel(channel: Channel): void {
    const entry = byChannel.get(channel);
    if (entry === undefined || channel.subscribers > 0) return;
    if (entry.lingering !== null) clearTimeout(entry.lingering);
    entry.lingering = setTimeout(() => closeChannel(entry), lingerMs);
  }

  function closeChannel(entry: OpenChannel | undefined): void {
    if (entry === undefined || !byChannel.delete(entry.channel)) return;
    if (entry.lingering !== null) clearTimeout(entry.lingering);
    channels.delete(entry.key);
    entry.channel.close();
  }

  function handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    viewer: LiveViewer = ANYBODY,
  ): void {
    if (connections.size >= MAX_CONNECTIONS) {
      refused += 1;
      socket.end(
        'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    wss.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = createConnection({
        socket: webSocket,
        epoch,
        version: options.version,
        now,
        openChannel: (message) => openChannel(message, viewer),
        leftChannel,
      });
      connections.add(connection);
      webSocket.on('close', () => connections.delete(connection));
    });
  }

  async function close(): Promise<void> {
    clearInterval(flushTimer);
    clearInterval(heartbeatTimer);
    for (const connection of connections) connection.close(1001, 'the controller stops');
    const cutOff = setTimeout(() => {
      for (const client of wss.clients) client.terminate();
    }, 1000);
    await new Promise<void>((resolve) => {
      wss.close(() => resolve());
    });
    clearTimeout(cutOff);
    for (const entry of channels.values()) closeChannel(entry);
  }

  return {
    handleUpgrade,
    close,
    stats(): LiveStats {
      let subscriptions = 0;
      for (const connection of connections) subscriptions += connection.subscriptions;
      const held = { connections: connections.size, subscriptions, channels: channels.size };
      return { ...counts, ...held, refused };
    },
  };
}

/** Params were checked by the same handler's `parse`, which the types of a looked-up handler cannot say. */
type AnyHandler = {
  parse(params: unknown): never;
} & (
  | {
      open(params: never, viewer: LiveViewer): ReturnType<StateTopicHandler<StateTopic>['open']>;
    }
  | {
      open(params: never, viewer: LiveViewer): ReturnType<StreamTopicHandler<StreamTopic>['open']>;
      readonly isPersonal?: boolean;
      readonly keepRows: number;
    }
);

/** The same text for the same params, whatever the order of their members. */
function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

export * from './connection-state.ts';
export { createLiveClient } from './live-client.ts';
export type { LiveClient, LiveClientOptions, LiveState, LiveStream } from './live-client.ts';
export type { StateSnapshot } from './state-feed.ts';
export type { StreamEvent } from './stream-feed.ts';
export { REAL_TIMING } from './timing.ts';
export type { Timing } from './timing.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';

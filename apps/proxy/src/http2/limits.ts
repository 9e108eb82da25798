/** Fixed sizes of our side of a connection. The windows are Linkerd's defaults. */
import { DEFAULT_WINDOW } from './flow-window.ts';

/** Per stream, the bytes that may wait in the proxy because the other side is slow. */
export const STREAM_WINDOW_BYTES = DEFAULT_WINDOW;
/** The same for all streams of a connection together: where strangers send to us, and where we asked for what comes. */
export const CONNECTION_WINDOW_BYTES = 1 << 20;
/**
 * As much as all streams' windows together: clients of different connections share this one, and those that do not read
 * must not hold up those that do.
 */
export const SESSION_WINDOW_BYTES = 256 * STREAM_WINDOW_BYTES;
/** Streams one client connection may have under way. */
export const MAX_CONCURRENT_STREAMS = 256;
/** Payload of the PING that ends the first step of a drain; answers to others do not. */
export const DRAIN_PING = Buffer.from('tulledrn', 'latin1');
/** Payload of the PING that asks a silent peer whether it is there. */
export const KEEPALIVE_PING = Buffer.from('tullelif', 'latin1');
/** Connections to one endpoint. */
export const MAX_SESSIONS_PER_ENDPOINT = 16;
/** Requests waiting for a stream to one endpoint. */
export const MAX_WAITERS_PER_ENDPOINT = 1024;

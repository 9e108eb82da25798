/** The HTTP/2 connections to one endpoint: one as a rule, more when the endpoint allows too few streams on it. */
import type { Socket } from 'node:net';
import { dialTimingOf } from '../connect/dial-timing.ts';
import { DialError, type CodecContext, type DialTiming } from '../stack/connection.ts';
import type { Endpoint, Pool } from '../stack/endpoint.ts';
import type { AttemptFailure } from '../stack/http-service.ts';
import { Http2Connection, type ConnectionUser } from './connection.ts';
import { MESHED_KEEPALIVE } from './keepalive.ts';
import { MAX_SESSIONS_PER_ENDPOINT, MAX_WAITERS_PER_ENDPOINT } from './limits.ts';

/** A request waiting for a connection with room. One of both is called, unless it was cancelled. */
export interface SessionWaiter {
  /** Open the stream within the call. @param dial how long opening it took; null where it was open already. */
  onSession(session: Http2Connection, dial: DialTiming | null): void;
  onNoSession(failure: AttemptFailure): void;
}

/** RFC 9113 section 6.5.2 asks peers not to allow fewer. */
const ASSUMED_STREAMS = 100;

export class SessionPool implements Pool {
  readonly #endpoint: Endpoint;
  readonly #context: CodecContext;
  readonly #waiters = new Set<SessionWaiter>();
  /** Connections that may have room; closing ones have left. */
  #sessions: Http2Connection[] = [];
  #dialing = 0;
  /** Streams a connection takes before its SETTINGS have come: what the last one said. */
  #assumedStreams = ASSUMED_STREAMS;
  #isClosed = false;

  constructor(endpoint: Endpoint, context: CodecContext) {
    this.#endpoint = endpoint;
    this.#context = context;
  }

  /** The endpoint's pool, made on first use. */
  static of(endpoint: Endpoint, context: CodecContext): SessionPool {
    const existing = endpoint.pools.http2;
    if (existing instanceof SessionPool) return existing;
    const pool = new SessionPool(endpoint, context);
    endpoint.pools.http2 = pool;
    return pool;
  }

  /** A connection with room for a stream now, or null: then {@link wait}. */
  ready(): Http2Connection | null {
    for (const session of this.#sessions) if (this.#hasRoom(session)) return session;
    return null;
  }

  #hasRoom(session: Http2Connection): boolean {
    if (session.room === 0) return false;
    return session.hasPeerSettings || session.streams.size < this.#assumedStreams;
  }

  /** Waits for room, opening connections as needed. */
  wait(waiter: SessionWaiter): void {
    if (this.#waiters.size >= MAX_WAITERS_PER_ENDPOINT) {
      waiter.onNoSession({
        kind: 'connect',
        error: new Error('too many requests wait for the endpoint'),
      });
      return;
    }
    this.#waiters.add(waiter);
    this.#dialIfNeeded();
  }

  cancel(waiter: SessionWaiter): void {
    this.#waiters.delete(waiter);
  }

  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions) session.drain();
    this.#sessions = [];
  }

  #dialIfNeeded(): void {
    const isFull = this.#sessions.length + this.#dialing >= MAX_SESSIONS_PER_ENDPOINT;
    if (isFull || this.#waiters.size <= this.#dialing * this.#assumedStreams) return;
    this.#dialing += 1;
    this.#context.dial(this.#endpoint, 'http2').then(
      (socket) => this.#onDialed(socket),
      (reason: unknown) => this.#onDialFailed(reason),
    );
  }

  #onDialed(socket: Socket): void {
    this.#dialing -= 1;
    const session = this.#open(socket);
    this.#serveWaiters(dialTimingOf(socket));
    // Retired while dialing: it serves those who waited and then goes.
    if (this.#isClosed) session.drain();
  }

  #onDialFailed(reason: unknown): void {
    this.#dialing -= 1;
    const hasHope = this.#dialing > 0 || this.#sessions.length > 0;
    if (hasHope) return;
    const error = reason instanceof Error ? reason : new Error(String(reason));
    const failure: AttemptFailure =
      error instanceof DialError ? error.failure : { kind: 'connect', error };
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.onNoSession(failure);
  }

  #open(socket: Socket): Http2Connection {
    const { limits, now } = this.#context;
    const user: ConnectionUser = {
      onRequest: () => {},
      // Its attempts hear that the connection is lost, and say so to their exchanges.
      onFault: () => {},
      onRoom: () => {
        if (session.hasPeerSettings) this.#learn(session);
        if (this.#waiters.size > 0) this.#serveWaiters();
      },
      onGoaway: () => this.#forget(session),
      onClosed: () => this.#forget(session),
    };
    const session = new Http2Connection(socket, user, {
      role: 'client',
      limits: { maxListBytes: limits.maxHeadBytes, maxFields: limits.maxHeaderFields },
      now,
      stallTimeoutMs: limits.headTimeoutMs,
      idleTimeoutMs: limits.poolIdleTimeoutMs,
      // Servers of others may take PINGs for abuse (grpc-go does, within five minutes), proxies do not.
      ...(this.#endpoint.tls.kind === 'mutual' ? { keepalive: MESHED_KEEPALIVE } : {}),
    });
    this.#sessions.push(session);
    session.start(null);
    return session;
  }

  #learn(session: Http2Connection): void {
    this.#assumedStreams = Math.min(ASSUMED_STREAMS, session.peerSettings.maxConcurrentStreams);
  }

  #forget(session: Http2Connection): void {
    const index = this.#sessions.indexOf(session);
    if (index !== -1) this.#sessions.splice(index, 1);
    if (this.#waiters.size > 0) this.#dialIfNeeded();
  }

  #serveWaiters(dial: DialTiming | null = null): void {
    for (const waiter of this.#waiters) {
      const session = this.ready();
      if (session === null) {
        this.#dialIfNeeded();
        return;
      }
      this.#waiters.delete(waiter);
      waiter.onSession(session, dial);
    }
  }
}

/** The part of the browser's WebSocket that the client uses; Node's and `ws`' have it too. */
export interface WebSocketLike {
  addEventListener(
    type: 'message' | 'close' | 'error',
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
  send(text: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols: string) => WebSocketLike;

/** The platform's own. @throws Error where there is none (Node before 22). */
export function platformWebSocket(): WebSocketConstructor {
  const found = (globalThis as { WebSocket?: unknown }).WebSocket;
  if (found === undefined) throw new Error('This platform has no WebSocket; pass one in.');
  return found as WebSocketConstructor;
}

import type { Backend } from './backend.ts';

/**
 * The backends of one target, by key: those that a new state asks for again keep their endpoints, connections and
 * history; those that it no longer asks for are closed.
 */
export class BackendPool {
  #current = new Map<string, Backend>();
  #next: Map<string, Backend> | null = null;

  /** Between {@link begin} and {@link commit}. */
  use(key: string, make: () => Backend): Backend {
    const next = this.#next;
    if (next === null) throw new Error('No change of backends is under way.');
    let backend = next.get(key) ?? this.#current.get(key);
    backend ??= make();
    next.set(key, backend);
    return backend;
  }

  begin(): void {
    this.#next = new Map();
  }

  /** To be called when the new state is in force: nothing may pick from a backend that closes. */
  commit(): void {
    const previous = this.#current;
    this.#current = this.#next ?? previous;
    this.#next = null;
    for (const [key, backend] of previous) if (!this.#current.has(key)) backend.close();
  }

  close(): void {
    this.begin();
    this.commit();
  }
}

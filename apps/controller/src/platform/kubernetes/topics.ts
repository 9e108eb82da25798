/** Listeners by what they want to hear about; a topic that nobody listens to costs one look into a map. */
export interface Topics {
  tell(topic: string): void;
  /** Gives the function that stops it. */
  listen(topic: string, listener: () => void): () => void;
  /** Hears of every topic. Gives the function that stops it. */
  listenToAll(listener: (topic: string) => void): () => void;
}

export function createTopics(): Topics {
  const listeners = new Map<string, Set<() => void>>();
  const all = new Set<(topic: string) => void>();
  return {
    tell(topic) {
      for (const listener of all) listener(topic);
      for (const listener of listeners.get(topic) ?? []) listener();
    },
    listenToAll(listener) {
      all.add(listener);
      return () => all.delete(listener);
    },
    listen(topic, listener) {
      const known = listeners.get(topic) ?? new Set();
      listeners.set(topic, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size === 0 && listeners.get(topic) === known) listeners.delete(topic);
      };
    },
  };
}

/** Listeners by what they want to hear about; a topic that nobody listens to costs one look into a map. */
export interface Topics {
  tell(topic: string): void;
  /** Gives the function that stops it. */
  listen(topic: string, listener: () => void): () => void;
}

export function createTopics(): Topics {
  const listeners = new Map<string, Set<() => void>>();
  return {
    tell(topic) {
      for (const listener of listeners.get(topic) ?? []) listener();
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

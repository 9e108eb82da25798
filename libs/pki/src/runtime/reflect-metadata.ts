/**
 * The three functions of the `reflect-metadata` package that @peculiar/x509's container (tsyringe) calls, kept in a
 * WeakMap. Imported before @peculiar/x509, for its effect only; a process that already has the real package keeps it.
 */
type Metadata = Map<string, unknown>;

interface ReflectWithMetadata {
  defineMetadata?: (key: string, value: unknown, target: object) => void;
  getOwnMetadata?: (key: string, target: object) => unknown;
  getMetadata?: (key: string, target: object) => unknown;
}

const reflect = Reflect as ReflectWithMetadata;

if (reflect.getMetadata === undefined) {
  const metadata = new WeakMap<object, Metadata>();
  const getOwn = (key: string, target: object): unknown => metadata.get(target)?.get(key);
  reflect.getOwnMetadata = getOwn;
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
      if (metadata.get(at)?.has(key) === true) return getOwn(key, at);
    }
    return undefined;
  };
  reflect.defineMetadata = (key, value, target) => {
    const own = metadata.get(target) ?? new Map<string, unknown>();
    metadata.set(target, own.set(key, value));
  };
}

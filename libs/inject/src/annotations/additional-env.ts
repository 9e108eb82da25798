import type { EnvVar } from '../kubernetes/pod.ts';

/** A name of an environment variable. */
const NAME = /^[A-Za-z_][\w.-]*$/;

/**
 * Reads variables written as `NAME=value,NAME=value`, or as a JSON list of Kubernetes' own form where a value holds a
 * comma. Gives what is wrong as a text.
 */
export function readAdditionalEnv(text: string): { name: string; value: string }[] | string {
  const entries = text.trim().startsWith('[') ? readJson(text) : readPairs(text);
  if (entries === null) {
    return `"${text}" is neither NAME=value,NAME=value nor a JSON list of {"name", "value"}`;
  }
  const wrong = entries.find(({ name }) => !NAME.test(name));
  return wrong === undefined ? entries : `"${wrong.name}" is not the name of a variable`;
}

function readPairs(text: string): { name: string; value: string }[] | null {
  const pairs = text.split(',').map((part) => /^\s*([^=]+)=(.*)$/s.exec(part));
  if (pairs.includes(null)) return null;
  return pairs.map((pair) => ({ name: pair?.[1] ?? '', value: pair?.[2] ?? '' }));
}

function readJson(text: string): { name: string; value: string }[] | null {
  try {
    const list = JSON.parse(text) as unknown;
    if (!Array.isArray(list)) return null;
    const entries = list as readonly Partial<EnvVar>[];
    const isText = entries.every(
      (entry) => typeof entry?.name === 'string' && typeof entry.value === 'string',
    );
    return isText ? entries.map(({ name = '', value = '' }) => ({ name, value })) : null;
  } catch {
    return null;
  }
}

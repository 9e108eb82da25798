import { TulleError } from '@tulle/model';
import { parse, YAMLParseError } from 'yaml';
import { injectConfigSchema, type InjectConfig } from './inject-config.ts';

/**
 * Reads `inject.yaml`.
 * @throws TulleError `invalid_argument` with every fault: a key that is not known, a value that cannot be.
 */
export function readInjectConfig(yaml: string): InjectConfig {
  const read = injectConfigSchema.safeParse(parseYaml(yaml));
  if (read.success) return read.data;
  throw new TulleError('invalid_argument', 'The injector’s configuration is not as it should be:', {
    issues: read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}

function parseYaml(yaml: string): unknown {
  try {
    return parse(yaml) ?? {};
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw new TulleError(
      'invalid_argument',
      `The injector’s configuration is not YAML: ${cause.message}`,
      { cause },
    );
  }
}

import { readFile } from 'node:fs/promises';
import { readInjectConfig, type InjectConfig } from '@tulle/inject';
import { TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';

/** What is injected now. */
export interface InjectionSettings {
  readonly config: InjectConfig;
  readonly trustAnchorsPem: string;
}

export interface SettingsFiles {
  /** `inject.yaml`. */
  readonly configFile: string;
  /** PEM bundle. */
  readonly trustAnchorsFile: string;
  readonly log: Logger;
}

/**
 * Gives a function that reads the settings as they stand on disk, so that a changed ConfigMap is in force for the next pod.
 * When the files have become wrong, the last right ones stay and the log says so.
 * @throws TulleError from this call when they are wrong at the start.
 */
export async function openSettings(
  files: SettingsFiles,
): Promise<() => Promise<InjectionSettings>> {
  let text = await readTexts(files);
  let settings = parse(text);
  return async () => {
    try {
      const now = await readTexts(files);
      if (now.config === text.config && now.anchors === text.anchors) return settings;
      text = now;
      settings = parse(now);
      files.log.info({ file: files.configFile }, 'changed settings of the injection are in force');
    } catch (reason) {
      const { message, issues } = TulleError.from(reason);
      files.log.error({ message, issues }, 'the changed settings cannot be used; the last stay');
    }
    return settings;
  };
}

interface Texts {
  readonly config: string;
  readonly anchors: string;
}

async function readTexts({ configFile, trustAnchorsFile }: SettingsFiles): Promise<Texts> {
  const [config, anchors] = await Promise.all([read(configFile), read(trustAnchorsFile)]);
  return { config, anchors };
}

function parse({ config, anchors }: Texts): InjectionSettings {
  if (!anchors.includes('-----BEGIN CERTIFICATE-----')) {
    throw new TulleError(
      'invalid_argument',
      'The trust anchors’ file holds no certificate in PEM.',
    );
  }
  return { config: readInjectConfig(config), trustAnchorsPem: anchors };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TulleError('invalid_argument', `${path} cannot be read.`, { cause });
  }
}

/** `tulle inject` and `tulle uninject` on manifests: YAML in, YAML out, the report beside it. */
import { readFile } from 'node:fs/promises';
import { readInjectConfig } from '@tulle/inject';
import { TulleError } from '@tulle/model';
import { CLI_VERSION } from '../cli-version.ts';
import { isSet, type Options, textOf } from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import {
  injectManifest,
  uninjectManifest,
  type ManualInjection,
} from '../manifests/inject-manifest.ts';
import type { ManifestObject } from '../manifests/manifest-object.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { printReports } from '../manifests/report-lines.ts';
import { transformManifests, type Transformation } from '../manifests/transform-manifests.ts';
import { annotationsOf } from './inject-options.ts';

/** Where an object has no namespace of its own and none was given. */
const DEFAULT_NAMESPACE = 'default';
/** What the webhook would say about a pod: only its decision and its notes are used. */
const PREVIEW = readInjectConfig('proxy: {image: {name: tulle-proxy, version: preview}}');

export async function injectManifests(
  context: Context,
  path: string,
  options: Options,
): Promise<void> {
  const settings = {
    annotations: annotationsOf(options),
    manual: isSet(options, 'manual') ? await loadManual(options) : null,
    namespace: textOf(options, 'namespace') ?? DEFAULT_NAMESPACE,
    createdBy: `tulle/cli ${CLI_VERSION}`,
  };
  await run(context, path, options, (object) => injectManifest(object, settings, PREVIEW));
}

export async function uninjectManifests(
  context: Context,
  path: string,
  options: Options,
): Promise<void> {
  await run(context, path, options, uninjectManifest);
}

async function run(
  context: Context,
  path: string,
  options: Options,
  transform: (object: ManifestObject) => Transformation,
): Promise<void> {
  const texts = await readManifests(path, context.readStdin);
  const format = textOf(options, 'output') === 'json' ? 'json' : 'yaml';
  const { text, reports } = transformManifests(texts, transform, format);
  if (text !== '') context.print.line(text.trimEnd());
  printReports(context.print, reports);
}

async function loadManual(options: Options): Promise<ManualInjection> {
  const file = textOf(options, 'injectConfig');
  const anchors = textOf(options, 'trustAnchors');
  if (file === undefined || anchors === undefined) {
    throw new TulleError('invalid_argument', '--manual needs --inject-config and --trust-anchors.');
  }
  return { config: readInjectConfig(await read(file)), trustAnchorsPem: await read(anchors) };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TulleError('not_found', `${path} cannot be read.`, { cause });
  }
}

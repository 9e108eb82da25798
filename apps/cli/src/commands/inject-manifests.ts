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
    manual: isSet(options, 'manual') ? await loadManual(context, options) : null,
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

/** What the webhook would inject: from files where they are named, otherwise from the cluster. */
async function loadManual(context: Context, options: Options): Promise<ManualInjection> {
  const file = textOf(options, 'injectConfig');
  const anchors = textOf(options, 'trustAnchors');
  if (file === undefined && anchors === undefined) {
    return {
      config: readInjectConfig(await readConfigMap(context, 'tulle-config', 'inject.yaml')),
      trustAnchorsPem: await readConfigMap(context, 'tulle-identity-trust-roots', 'ca-bundle.crt'),
    };
  }
  if (file === undefined || anchors === undefined) {
    throw new TulleError(
      'invalid_argument',
      '--inject-config and --trust-anchors are given together, or neither: then the cluster is asked.',
    );
  }
  return { config: readInjectConfig(await read(file)), trustAnchorsPem: await read(anchors) };
}

/** @throws TulleError `not_found` where Tulle is not installed, and what the API server refuses. */
async function readConfigMap(context: Context, name: string, key: string): Promise<string> {
  const { controlPlaneNamespace: namespace } = context;
  const cluster = await context.cluster();
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const { data } = await cluster.get<{ readonly data?: Readonly<Record<string, string>> }>(path);
  const text = data?.[key];
  if (text !== undefined) return text;
  throw new TulleError('not_found', `The ConfigMap ${namespace}/${name} has no ${key}.`);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TulleError('not_found', `${path} cannot be read.`, { cause });
  }
}

import { readFile } from 'node:fs/promises';
import {
  type Issue,
  parseResource,
  profileToYaml,
  type SaveProfileRequest,
  type ServiceProfileSpec,
  type StoredProfile,
  TulleError,
  validateServiceProfile,
} from '@tulle/model';
import { type CommandSpec, NAMESPACE, type Options, textOf } from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import { namespaceOf } from '../command/namespace.ts';

const SERVICE = { name: '<service>', about: 'its name, or svc/NAME' } as const;
const FILE = {
  flags: '-f, --filename <path>',
  about: 'a profile as JSON, as "profile get -o json" prints it; - for standard input',
} as const;

/** `tulle profile get`: the stored routes. */
export const PROFILE_GET: CommandSpec = {
  name: 'get',
  groups: ['profile'],
  summary: 'the routes stored for a service',
  args: [SERVICE],
  options: [
    NAMESPACE,
    {
      flags: '-o, --output <format>',
      about: 'how to print it',
      choices: ['yaml', 'json'],
      default: 'yaml',
    },
  ],
  examples: ['profile get web-svc -n emojivoto'],
  async run(context, args, options) {
    const stored = await readStored(context, args[0] ?? '', options);
    if (textOf(options, 'output') === 'json') {
      context.print.json({ version: stored.version, spec: stored.spec });
      return;
    }
    if (stored.version === 0) context.print.note(`No routes are stored for ${stored.service} yet.`);
    context.print.line(profileToYaml(stored, stored.spec).trimEnd());
  },
};

/** `tulle profile set`: saves routes. They are in force within a second. */
export const PROFILE_SET: CommandSpec = {
  name: 'set',
  groups: ['profile'],
  summary: 'save the routes of a service; they are in force within a second',
  args: [SERVICE],
  options: [NAMESPACE, FILE],
  examples: ['profile set web-svc -n emojivoto -f routes.json'],
  async run(context, args, options) {
    const file = await readProfile(context, options);
    refuseInvalid(file.spec);
    const { namespace, service, version } = await readStored(context, args[0] ?? '', options);
    // A file that says from which version it was made is not saved over a newer one.
    const body: SaveProfileRequest = {
      baseVersion: file.version ?? version,
      spec: file.spec as ServiceProfileSpec,
    };
    const saved = await context.api.put<StoredProfile>(`/profiles/${namespace}/${service}`, body);
    const routes = saved.spec.routes.length;
    context.print.line(
      `${service} has ${routes} ${routes === 1 ? 'route' : 'routes'} now (version ${saved.version}).`,
    );
  },
};

/** `tulle profile validate`: checks a file without a mesh. */
export const PROFILE_VALIDATE: CommandSpec = {
  name: 'validate',
  groups: ['profile'],
  summary: 'check a profile; needs no running mesh',
  args: [],
  options: [FILE],
  examples: ['profile validate -f routes.json'],
  async run(context, _args, options) {
    refuseInvalid((await readProfile(context, options)).spec);
    context.print.line('The profile is valid.');
  },
};

async function readStored(
  context: Context,
  service: string,
  options: Options,
): Promise<StoredProfile> {
  const namespace = await namespaceOf(context, options);
  const ref = parseResource(service.includes('/') ? service : `svc/${service}`, namespace);
  if (ref.kind !== 'service') {
    throw new TulleError('invalid_argument', `Profiles belong to services, not to a ${ref.kind}`);
  }
  return context.api.get<StoredProfile>(`/profiles/${namespace}/${ref.name}`);
}

interface ProfileFile {
  readonly version: number | null;
  readonly spec: unknown;
}

async function readProfile(context: Context, options: Options): Promise<ProfileFile> {
  const path = textOf(options, 'filename');
  if (path === undefined)
    throw new TulleError(
      'invalid_argument',
      'Say which file: -f routes.json, or -f - for standard input',
    );
  const text = path === '-' ? await context.readStdin() : await readText(path);
  const value = parseJson(text, path);
  const fields =
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const spec = 'spec' in fields ? fields['spec'] : value;
  return { version: typeof fields['version'] === 'number' ? fields['version'] : null, spec };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as { readonly code?: string }).code ?? '';
    throw new TulleError('invalid_argument', `${path} cannot be read (${code})`, { cause: error });
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TulleError('invalid_argument', `${path} is not JSON: ${reason}`, { cause: error });
  }
}

function refuseInvalid(spec: unknown): void {
  const issues: readonly Issue[] = validateServiceProfile(spec);
  if (issues.length > 0)
    throw new TulleError('invalid_argument', 'The profile is not valid', { issues });
}

import type { OverviewView } from '@tulle/model';
import { type Options, textOf } from './command-spec.ts';
import type { Context } from './context.ts';

/** The namespace a command is about: `-n`, TULLE_NAMESPACE, the mesh's only one, or `default`. */
export async function namespaceOf(context: Context, options: Options): Promise<string> {
  const given = textOf(options, 'namespace') ?? context.env['TULLE_NAMESPACE'];
  if (given !== undefined && given !== '') return given;
  const { workloads } = await context.api.get<OverviewView>('/overview');
  const names = new Set(Object.values(workloads).map(({ ref }) => ref.namespace));
  const [only] = names;
  return names.size === 1 && only !== undefined ? only : 'default';
}

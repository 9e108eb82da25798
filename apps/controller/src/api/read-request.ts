import {
  isWorkloadKind,
  parseKind,
  refOf,
  TulleError,
  type ResourceRef,
  type ServiceRef,
  type WorkloadRef,
} from '@tulle/model';
import type { z } from 'zod';
import { readValue } from '../schema/read-value.ts';
import type { ApiRequest } from './router.ts';

/** The workload that `:namespace/:kind/:name` name. @throws TulleError `invalid_argument` */
export function workloadIn({ params }: ApiRequest): WorkloadRef {
  const kind = parseKind(params['kind'] ?? '');
  if (kind === undefined || !isWorkloadKind(kind))
    throw new TulleError('invalid_argument', `"${params['kind']}" is not a kind of workload.`);
  return { kind, namespace: params['namespace'] ?? '', name: params['name'] ?? '' };
}

/** The service that `:namespace/:name` name. */
export function serviceIn({ params }: ApiRequest): ServiceRef {
  return { kind: 'service', namespace: params['namespace'] ?? '', name: params['name'] ?? '' };
}

/** The resource in the query as `resource=ns/kind/name`. @throws TulleError `invalid_argument` */
export function resourceIn({ query }: ApiRequest): ResourceRef {
  return refOf(query.get('resource') ?? '');
}

/**
 * A whole number in the query.
 * @throws TulleError `invalid_argument` naming the range when it is outside or no number
 */
export function numberIn(
  { query }: ApiRequest,
  name: string,
  range: { readonly min: number; readonly max: number; readonly otherwise: number },
): number {
  const text = query.get(name);
  if (text === null) return range.otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < range.min || value > range.max)
    throw new TulleError(
      'invalid_argument',
      `${name} is "${text.slice(0, 40)}"; it takes a whole number from ${range.min} to ${range.max}.`,
    );
  return value;
}

/** One of some words in the query. @throws TulleError `invalid_argument` naming them */
export function wordIn<W extends string>(
  { query }: ApiRequest,
  name: string,
  words: readonly [W, ...W[]],
): W {
  const text = query.get(name) ?? words[0];
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw new TulleError('invalid_argument', `${name} takes ${words.join(' or ')}.`);
  return found;
}

/** The body by a schema. @throws TulleError `invalid_argument` with an issue per fault */
export async function bodyIn<T>(request: ApiRequest, schema: z.ZodType<T>): Promise<T> {
  return readValue(schema, await request.body(), 'The body is not as it should be.');
}

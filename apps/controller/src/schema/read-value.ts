import { TulleError } from '@tulle/model';
import type { z } from 'zod';

/**
 * What a client sent, as its schema has it.
 * @param refusal sentence for a person when it is not, for example "The body is not as it should be."
 * @throws TulleError `invalid_argument` with an issue per fault
 */
export function readValue<T>(schema: z.ZodType<T>, value: unknown, refusal: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }));
  throw new TulleError('invalid_argument', refusal, { issues });
}

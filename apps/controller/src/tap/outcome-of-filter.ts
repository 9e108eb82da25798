import type { MessageInitShape } from '@bufbuild/protobuf';
import { isDecidedAtEnd } from '@tulle/model';
import type { FilterTerm, FilterValue, TapFilter } from '@tulle/model';
import type { ConditionSchema, RangeSchema, TestSchema } from '@tulle/proxy-api';

type Condition = MessageInitShape<typeof ConditionSchema>;
type Test = NonNullable<MessageInitShape<typeof TestSchema>['test']>;
type Range = MessageInitShape<typeof RangeSchema>;

/** What the proxies can decide of a filter when an exchange ends, as tulle_tap.proto's conditions. */
export function outcomeOfFilter(filter: TapFilter): Condition[] {
  return filter.terms.filter(isDecidedAtEnd).map((term) => ({
    negated: term.negated,
    any: term.values.map((value) => ({ test: testOf(term.key, value) })),
  }));
}

function testOf(key: FilterTerm['key'], value: FilterValue): Test {
  if (value.kind === 'flag') return flagOf(key, value.value);
  const range = rangeOf(value);
  switch (key) {
    case 'status':
      return { case: 'httpStatus', value: range };
    case 'grpc':
      return { case: 'grpcStatus', value: range };
    case 'latency':
      return { case: 'latencyMs', value: range };
    case 'ttfb':
      return { case: 'firstByteMs', value: range };
    case 'size':
      return { case: 'responseBytes', value: range };
    case 'reset':
      return { case: 'resetCode', value: range };
    default:
      throw new Error(`The outcome has no ${key}.`);
  }
}

function flagOf(key: FilterTerm['key'], wanted: boolean): Test {
  switch (key) {
    case 'failed':
      return { case: 'failed', value: wanted };
    case 'reset':
      return { case: 'reset', value: wanted };
    case 'retry':
      return { case: 'attempt', value: wanted ? { min: 2 } : { max: 1 } };
    default:
      throw new Error(`The outcome has no flag ${key}.`);
  }
}

function rangeOf(value: FilterValue): Range {
  if (value.kind === 'range') return { min: value.min, max: value.max };
  if (value.kind !== 'compare') throw new Error(`${value.text} is no number.`);
  const { op, number } = value;
  switch (op) {
    case '=':
      return { min: number, max: number };
    case '>':
      return { min: number, minExclusive: true };
    case '>=':
      return { min: number };
    case '<':
      return { max: number, maxExclusive: true };
    case '<=':
      return { max: number };
  }
}

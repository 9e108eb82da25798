import {
  formatFilter,
  formatTerm,
  type FilterTerm,
  parseFilter,
  parseResource,
  TulleError,
} from '@tulle/model';
import { type Options, textOf } from '../command/command-spec.ts';

/**
 * One filter text from `--filter` and Linkerd's options, all of which must hold.
 * @throws TulleError `invalid_argument` with a mark under the fault.
 */
export function tapFilterOf(options: Options, namespace: string): string {
  const given = textOf(options, 'filter') ?? '';
  const parsed = parseFilter(given);
  if (!parsed.ok) {
    const marked = parsed.issues.map(
      ({ message, from, to }) =>
        `  ${given}\n  ${' '.repeat(from)}${'^'.repeat(Math.max(1, to - from))} ${message}`,
    );
    throw new TulleError('invalid_argument', `The filter cannot be read:\n${marked.join('\n')}`);
  }
  return [formatFilter(parsed.filter.terms), ...optionTerms(options, namespace)]
    .filter((text) => text !== '')
    .join(' ');
}

function optionTerms(options: Options, namespace: string): readonly string[] {
  const terms: string[] = [];
  const method = textOf(options, 'method');
  if (method !== undefined) terms.push(termText('method', method));
  const path = textOf(options, 'path');
  // Linkerd's --path is a prefix.
  if (path !== undefined) terms.push(termText('path', path.endsWith('*') ? path : `${path}*`));
  const authority = textOf(options, 'authority');
  if (authority !== undefined) terms.push(termText('host', authority));
  const to = textOf(options, 'to');
  if (to !== undefined) {
    const ref = parseResource(to, textOf(options, 'toNamespace') ?? namespace);
    terms.push('direction:outbound', termText('dst', ref.name));
  }
  return terms;
}

function termText(key: FilterTerm['key'], text: string): string {
  const values = [{ kind: 'pattern', text }] as const;
  return formatTerm({ key, header: null, negated: false, values, from: 0, to: 0 });
}

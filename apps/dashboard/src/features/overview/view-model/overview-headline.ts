import type { OverviewView } from '@tulle/model';
import { countOf, countWords } from '@/lib/format/words.ts';

export interface Headline {
  readonly title: string;
  readonly note: string;
}

/** The page's first sentence: how many workloads need a person. One outside the mesh is a proposal, not a need. */
export function headlineOf({ workloads, attention }: OverviewView): Headline {
  const rows = Object.values(workloads);
  if (rows.length === 0) return { title: 'Nothing runs yet', note: '' };
  const namespaces = new Set(rows.map((row) => row.ref.namespace)).size;
  const where = `in ${countOf(namespaces, 'namespace')}`;
  const needy = attention.filter((item) => item.kind !== 'outside').length;
  if (needy === 0) {
    return { title: 'Everything is well', note: `${countOf(rows.length, 'workload')} ${where}` };
  }
  const verb = needy === 1 ? 'needs' : 'need';
  return {
    title: `${countWords(needy, 'workload')} ${verb} you`,
    note: `of ${rows.length}, ${where}`,
  };
}

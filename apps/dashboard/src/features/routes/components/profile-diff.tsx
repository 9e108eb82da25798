import { useMemo } from 'react';
import { diffLines, specToYamlLines } from '@tulle/model';
import type { DiffLine, ServiceProfileSpec, ServiceRef, StoredProfile } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import classes from './routes.module.css';

/** Unchanged lines shown around a change. */
const CONTEXT = 4;

interface ProfileDiffProps {
  service: ServiceRef;
  stored: StoredProfile;
  spec: ServiceProfileSpec;
}

/** What saving changes, line by line against the stored version. */
export function ProfileDiff({ service, stored, spec }: ProfileDiffProps) {
  const hunks = useMemo(
    () => withContext(diffLines(specToYamlLines(stored.spec), specToYamlLines(spec))),
    [stored, spec],
  );
  const version = stored.version === 0 ? 'nothing stored yet' : `version ${stored.version}`;
  return (
    <Card title="What will change" note={`${service.name}, ${version}`} padded={false}>
      <pre className={classes['diff']} aria-label="Lines that change">
        {hunks.map(({ key, kind, text }) => (
          <span key={key} className={classes['line']} data-kind={kind}>
            {`${SIGNS[kind]} ${text}\n`}
          </span>
        ))}
      </pre>
    </Card>
  );
}

const SIGNS = { same: ' ', added: '+', removed: '-', gap: ' ' } as const;

interface ShownLine {
  readonly key: string;
  readonly kind: DiffLine['kind'] | 'gap';
  readonly text: string;
}

/** Long stretches without a change become one line. */
function withContext(lines: readonly DiffLine[]): readonly ShownLine[] {
  const near = lines.map((_, index) =>
    lines
      .slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1)
      .some(({ kind }) => kind !== 'same'),
  );
  return lines.flatMap((line, index): readonly ShownLine[] => {
    const key = String(index);
    if (near[index] === true) return [{ key, ...line }];
    return near[index - 1] === true || index === 0 ? [{ key, kind: 'gap', text: '⋯' }] : [];
  });
}

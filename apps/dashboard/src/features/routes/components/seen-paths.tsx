'use client';
import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { compileRoutes } from '@tulle/model';
import type { SeenPath, ServiceProfileSpec } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { groupThousands } from '@/lib/format/quantity.ts';
import { proposedPattern } from '../view-model/seen-pattern.ts';
import classes from './routes.module.css';

interface SeenPathsProps {
  /** The draft's routes: what they take disappears from the list at once. */
  spec: ServiceProfileSpec;
  seen: readonly SeenPath[];
  onAdd: (seen: { readonly method: string; readonly path: string }) => void;
}

/** Requests seen that no route takes, each one click from being a route. */
export function SeenPaths({ spec, seen, onAdd }: SeenPathsProps) {
  const open = useMemo(() => {
    const match = compileRoutes(spec);
    return seen.filter(({ method, path }) => match(method, path.split('?')[0] ?? '') === null);
  }, [spec, seen]);
  if (open.length === 0) return null;
  return (
    <Card title="Seen, and taken by no route" note="the last 10 minutes" padded={false}>
      <ul className={classes['seen']}>
        {open.map(({ method, path, count }) => (
          <li key={`${method} ${path}`} className={classes['seenRow']}>
            <code className={classes['seenPath']}>
              <span>{method}</span> {path}
            </code>
            <span className={classes['seenCount']}>{groupThousands(count)}</span>
            <Button
              size="xs"
              aria-label={`Add a route for ${method} ${path}`}
              onClick={() => onAdd({ method, path: proposedPattern({ path }) })}
            >
              Add
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

import { Button } from '@mantine/core';
import type { StoredProfile } from '@tulle/model';
import { Card } from '@/components/ui/card/card.tsx';
import { clock } from '@/lib/format/time.ts';
import classes from './routes.module.css';

interface ConflictCardProps {
  stored: StoredProfile;
  draftVersion: number;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** Somebody saved in between: both versions stand below each other until the person decides. */
export function ConflictCard({
  stored,
  draftVersion,
  onKeepMine,
  onTakeTheirs,
}: ConflictCardProps) {
  const { service, version, savedAtMs, savedBy } = stored;
  return (
    <Card title={`${service} was changed meanwhile`}>
      <p className={classes['words']} role="alert">
        {`Version ${version} was saved by ${savedBy} at ${clock(savedAtMs)}; your draft was made from version ${draftVersion}. It is kept, and “What will change” compares it with version ${version}.`}
      </p>
      <div className={classes['choices']}>
        <Button variant="filled" onClick={onKeepMine}>
          {`Go on with my draft over version ${version}`}
        </Button>
        <Button onClick={onTakeTheirs}>{`Discard it and take version ${version}`}</Button>
      </div>
    </Card>
  );
}

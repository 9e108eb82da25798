'use client';
import { Spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useRouter } from 'next/navigation';
import type { OverviewView } from '@tulle/model';
import { jumpsOf } from '../view-model/palette-actions.ts';
import classes from './palette.module.css';

export interface PaletteProps {
  overview: OverviewView | undefined;
}

/** Ctrl-K or ⌘K: jump to anything that has an address. */
export function Palette({ overview }: PaletteProps) {
  const router = useRouter();
  const actions = jumpsOf(overview).map(({ group, jumps }) => ({
    group,
    actions: jumps.map(({ id, label, description, href }) => ({
      id,
      label,
      description,
      onClick: () => router.push(href),
    })),
  }));
  return (
    <Spotlight
      actions={actions}
      shortcut={['mod + K']}
      nothingFound="Nothing has that name"
      highlightQuery
      scrollable
      maxHeight={420}
      limit={24}
      classNames={{ action: classes['action'] ?? '', actionsGroup: classes['group'] ?? '' }}
      searchProps={{
        leftSection: <IconSearch size={17} stroke={1.8} />,
        placeholder: 'Search or jump to',
        'aria-label': 'Search or jump to',
      }}
    />
  );
}

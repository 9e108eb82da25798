'use client';
import { Spotlight } from '@mantine/spotlight';
import type { SpotlightActionData, SpotlightFilterFunction } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useRouter } from 'next/navigation';
import type { OverviewView } from '@tulle/model';
import { jumpsOf } from '../view-model/palette-actions.ts';
import classes from './palette.module.css';

export interface PaletteProps {
  overview: OverviewView | undefined;
}

/** An action, or a group of them. */
type PaletteEntry = Parameters<SpotlightFilterFunction>[1][number];

/** Keeps what every word of the query is in, one of them in its own name: "vot" is not every workload of emojivoto. */
const matching: SpotlightFilterFunction = (query, actions) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ label = '', description = '' }: SpotlightActionData) => {
    const name = label.toLowerCase();
    const all = `${name} ${description.toLowerCase()}`;
    return words.every((word) => all.includes(word)) && words.some((word) => name.includes(word));
  };
  if (words.length === 0) return actions;
  return actions.flatMap((entry): PaletteEntry[] => {
    if (!('actions' in entry)) return fits(entry) ? [entry] : [];
    const kept = entry.actions.filter(fits);
    return kept.length === 0 ? [] : [{ ...entry, actions: kept }];
  });
};

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
      filter={matching}
      overlayProps={{ backgroundOpacity: 0, blur: 0, className: classes['veil'] ?? '' }}
      attributes={{ content: { 'aria-label': 'Search or jump to' } }}
      scrollable
      maxHeight={420}
      limit={24}
      classNames={{
        action: classes['action'] ?? '',
        actionDescription: classes['description'] ?? '',
        actionsGroup: classes['group'] ?? '',
      }}
      searchProps={{
        leftSection: <IconSearch size={17} stroke={1.8} />,
        placeholder: 'Search or jump to',
        'aria-label': 'Search or jump to',
      }}
    />
  );
}

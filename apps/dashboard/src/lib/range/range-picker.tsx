'use client';
import { Button, Menu } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useQueryStates } from 'nuqs';
import { RANGE_SPECS, RANGES, rangeParser, stretchParsers } from './range.ts';

/** Chooses how far back the page's charts go. Kept in the address; a stretch chosen by dragging is let go. */
export function RangePicker() {
  const [{ range }, setRange] = useQueryStates({ range: rangeParser, ...stretchParsers });
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <Button aria-label={`Range of the charts: last ${RANGE_SPECS[range].words}`}>
          Last {RANGE_SPECS[range].words}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {RANGES.map((choice) => (
          <Menu.Item
            key={choice}
            rightSection={choice === range ? <IconCheck size={14} aria-label="chosen" /> : null}
            onClick={() => {
              void setRange({ range: choice, from: null, to: null });
            }}
          >
            Last {RANGE_SPECS[choice].words}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

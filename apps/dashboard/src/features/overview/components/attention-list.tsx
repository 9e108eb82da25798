'use client';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { keyOf } from '@tulle/model';
import type { OverviewView, WorkloadRef } from '@tulle/model';
import { AttentionCard } from './attention-card.tsx';
import classes from './attention-list.module.css';

/** Cards shown before a person asks for the rest; the most urgent come first. */
const SHOWN = 6;

export interface AttentionListProps {
  overview: OverviewView;
  onInject: (workload: WorkloadRef) => void;
}

/** The cards, most urgent first. Nothing at all where nothing needs a person. */
export function AttentionList({ overview, onInject }: AttentionListProps) {
  const [all, setAll] = useState(false);
  const { attention, workloads, provenance } = overview;
  if (attention.length === 0) return null;
  const shown = all ? attention : attention.slice(0, SHOWN);
  return (
    <>
      <div className={classes['grid']}>
        {shown.map((item) => (
          <AttentionCard
            key={`${keyOf(item.workload)} ${item.kind}`}
            item={item}
            row={workloads[keyOf(item.workload)]}
            provenance={provenance}
            onInject={() => onInject(item.workload)}
          />
        ))}
      </div>
      {attention.length > shown.length ? (
        <Button className={classes['more'] ?? ''} onClick={() => setAll(true)}>
          Show all {attention.length}
        </Button>
      ) : null}
    </>
  );
}

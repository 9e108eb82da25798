'use client';
import { Button } from '@mantine/core';
import { Card } from '@/components/ui/card/card.tsx';
import { EmptyState } from '@/components/ui/state/states.tsx';

export interface OutsideNoteProps {
  name: string;
  onInject: () => void;
}

/** In place of the charts of a workload without a proxy: why there are none, and what would bring them. */
export function OutsideNote({ name, onInject }: OutsideNoteProps) {
  return (
    <Card padded={false}>
      <EmptyState
        title={`Nobody counts the traffic of ${name}`}
        action={<Button onClick={onInject}>See what injecting changes</Button>}
      >
        It has no proxy beside it. Injecting it restarts its instances with one: its calls become
        mutual TLS, and its success rate, requests and latency appear here.
      </EmptyState>
    </Card>
  );
}

'use client';
import { Button } from '@mantine/core';
import { PageProblem } from '@/features/shell/components/page-problem.tsx';

interface ErrorPageProps {
  error: Error;
  reset: () => void;
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <PageProblem title="This page broke" action={<Button onClick={reset}>Draw it again</Button>}>
      {error.message} The mesh and the other pages are not touched by it.
    </PageProblem>
  );
}

'use client';
import { Button } from '@mantine/core';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Card } from '@/components/ui/card/card.tsx';
import { PageHead } from '@/components/ui/page-head/page-head.tsx';
import { OVERVIEW } from '@/lib/navigation/addresses.ts';
import classes from './page-problem.module.css';

export interface PageProblemProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** Said in place of a page that does not exist or broke, with the way back. */
export function PageProblem({ title, children, action }: PageProblemProps) {
  return (
    <>
      <PageHead title={title} />
      <Card>
        <p className={classes['words']}>{children}</p>
        <div className={classes['actions']}>
          {action}
          <Button component={Link} href={OVERVIEW}>
            Go to the overview
          </Button>
        </div>
      </Card>
    </>
  );
}

'use client';
import { spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { Fragment, Suspense } from 'react';
import { Kbd } from '@/components/ui/kbd/kbd.tsx';
import { LiveBadge } from '@/components/ui/live-badge/live-badge.tsx';
import { useConnection, useLiveClient } from '@/lib/live/live-provider.tsx';
import { RangePicker } from '@/lib/range/range-picker.tsx';
import { hasRange } from '@/lib/range/range.ts';
import { crumbsOf } from '../view-model/crumbs.ts';
import classes from './header.module.css';

/** Where the page stands, the search, the range of time where the page has one, and whether it is live. */
export function Header() {
  const pathname = usePathname();
  const connection = useConnection();
  const client = useLiveClient();
  return (
    <section className={classes['header']} aria-label="Place and tools">
      <Crumbs pathname={pathname} />
      <button
        type="button"
        className={classes['search']}
        aria-keyshortcuts="Control+K Meta+K"
        onClick={spotlight.open}
      >
        <IconSearch size={15} stroke={1.8} aria-hidden />
        <span className={classes['searchWords']}>Search or jump to</span>
        <span className={classes['searchKey']}>
          <Kbd>Ctrl K</Kbd>
        </span>
      </button>
      {hasRange(pathname) ? (
        <Suspense>
          <RangePicker />
        </Suspense>
      ) : null}
      <LiveBadge connection={connection} onRetry={() => client?.retryNow()} />
    </section>
  );
}

function Crumbs({ pathname }: { pathname: string }) {
  const crumbs = crumbsOf(pathname);
  return (
    <nav aria-label="Where you are" className={classes['crumbs']}>
      {crumbs.map(({ words, href }, index) => (
        <Fragment key={words}>
          {index === 0 ? null : <span aria-hidden>/</span>}
          {href === null ? (
            <b aria-current={index === crumbs.length - 1 ? 'page' : undefined}>{words}</b>
          ) : (
            <Link href={href}>{words}</Link>
          )}
        </Fragment>
      ))}
    </nav>
  );
}

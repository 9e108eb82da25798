'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { keyOf } from '@tulle/model';
import type { OverviewView } from '@tulle/model';
import { HEALTH_WORDS, HealthMark } from '@/components/ui/health-mark/health-mark.tsx';
import { namespaceAddress, workloadAddress } from '@/lib/navigation/addresses.ts';
import { meshTree } from '../view-model/mesh-tree.ts';
import { PLACES } from '../view-model/places.ts';
import { Brand } from './brand.tsx';
import { SchemeSwitch } from './scheme-switch.tsx';
import classes from './sidebar.module.css';

export interface SidebarProps {
  /** Undefined until the first answer. */
  overview: OverviewView | undefined;
}

/** Where to go: the pages, then every workload with its mark. */
export function Sidebar({ overview }: SidebarProps) {
  const pathname = usePathname();
  return (
    <nav className={classes['sidebar']} aria-label="Main">
      <Brand />
      <PlaceLinks pathname={pathname} />
      <div className={classes['tree']}>
        <MeshLinks overview={overview} pathname={pathname} />
      </div>
      <div className={classes['foot']}>
        {overview === undefined ? null : (
          <span>
            {overview.instances.meshed} of {overview.instances.total} instances meshed
          </span>
        )}
        <SchemeSwitch />
      </div>
    </nav>
  );
}

interface PlaceLinksProps {
  pathname: string;
  /** Only those in the bottom bar, or only the others; all where absent. */
  inBar?: boolean;
}

/** The pages as links. */
export function PlaceLinks({ pathname, inBar }: PlaceLinksProps) {
  return PLACES.filter((place) => inBar === undefined || place.inBar === inBar).map(
    ({ words, href, holds }) => (
      <SidebarLink key={href} href={href} on={holds(pathname)}>
        {words}
      </SidebarLink>
    ),
  );
}

interface MeshLinksProps {
  overview: OverviewView | undefined;
  pathname: string;
}

/** Namespaces and their workloads as links. */
export function MeshLinks({ overview, pathname }: MeshLinksProps) {
  return meshTree(overview?.workloads ?? {}).map(({ namespace, rows }) => (
    <section key={namespace} aria-label={`Namespace ${namespace}`} className={classes['group']}>
      <h2 className={classes['heading']}>
        <Link href={namespaceAddress(namespace)}>Namespace · {namespace}</Link>
      </h2>
      {rows.map(({ ref, health }) => (
        <SidebarLink
          key={keyOf(ref)}
          href={workloadAddress(ref)}
          on={pathname.endsWith(`/${keyOf(ref)}`)}
        >
          <HealthMark health={health} silent />
          <span className={classes['name']}>{ref.name}</span>
          <span className={classes['spoken']}>, {HEALTH_WORDS[health]}</span>
        </SidebarLink>
      ))}
    </section>
  ));
}

interface SidebarLinkProps {
  href: string;
  on: boolean;
  children: ReactNode;
}

function SidebarLink({ href, on, children }: SidebarLinkProps) {
  return (
    <Link href={href} className={classes['link']} aria-current={on ? 'page' : undefined}>
      {children}
    </Link>
  );
}

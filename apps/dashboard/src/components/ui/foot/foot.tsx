import type { ReactNode } from 'react';
import type { Provenance } from '@tulle/model';
import { provenanceText } from '@/lib/format/queries.ts';
import { Command } from '../command/command.tsx';
import classes from './foot.module.css';

export interface FootProps {
  /** The command that gives the same on a terminal. */
  command: string;
  /** Where the page's numbers come from; left out while there are none. */
  provenance?: Provenance | undefined;
  children?: ReactNode;
}

/** The last line of a page: how to ask the same in a terminal, and where the numbers come from. */
export function Foot({ command, provenance, children }: FootProps) {
  return (
    <footer className={classes['foot']}>
      <Command text={command} />
      {provenance === undefined ? null : (
        <span className={classes['from']} data-partial={isPartial(provenance)}>
          {provenanceText(provenance)}
        </span>
      )}
      {children}
    </footer>
  );
}

function isPartial(provenance: Provenance): boolean {
  return provenance.proxiesAnswered < provenance.proxiesExpected;
}

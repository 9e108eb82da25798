'use client';
import { Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { useRouter } from 'next/navigation';
import { Kbd } from '@/components/ui/kbd/kbd.tsx';
import { focusFilter, focusRow, useShortcuts } from '@/lib/keyboard/use-shortcuts.ts';
import { PLACES } from '../view-model/places.ts';
import classes from './keyboard-layer.module.css';

const SHEET: readonly { readonly keys: readonly string[]; readonly words: string }[] = [
  { keys: ['Ctrl', 'K'], words: 'Search or jump to anything (⌘ K on a Mac)' },
  { keys: ['/'], words: 'Filter, where the page has a filter; search elsewhere' },
  ...PLACES.map(({ key, words }) => ({ keys: ['g', key], words: `Go to ${words}` })),
  { keys: ['j'], words: 'Next row' },
  { keys: ['k'], words: 'Row before' },
  { keys: ['Enter'], words: 'Open the row' },
  { keys: ['p'], words: 'Pause the tap' },
  { keys: ['?'], words: 'This sheet' },
];

/** The page's keyboard, and the sheet that lists it. */
export function KeyboardLayer() {
  const router = useRouter();
  const [opened, sheet] = useDisclosure(false);
  useShortcuts({
    ...Object.fromEntries(PLACES.map(({ key, href }) => [`g ${key}`, () => router.push(href)])),
    '/': () => {
      if (!focusFilter()) spotlight.open();
    },
    j: () => focusRow(1),
    k: () => focusRow(-1),
    '?': sheet.open,
  });
  return (
    <Modal opened={opened} onClose={sheet.close} title="Keyboard" centered>
      <dl className={classes['sheet']}>
        {SHEET.map(({ keys, words }) => (
          <div key={words} className={classes['row']}>
            <dt className={classes['keys']}>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

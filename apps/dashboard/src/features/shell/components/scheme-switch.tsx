'use client';
import { useMantineColorScheme } from '@mantine/core';
import type { MantineColorScheme } from '@mantine/core';
import { useMounted } from '@mantine/hooks';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import classes from './scheme-switch.module.css';

const SCHEMES = [
  { scheme: 'light', words: 'Light', Icon: IconSun },
  { scheme: 'dark', words: 'Dark', Icon: IconMoon },
  { scheme: 'auto', words: 'As the system', Icon: IconDeviceDesktop },
] as const satisfies readonly { scheme: MantineColorScheme; words: string; Icon: typeof IconSun }[];

/** Light, dark or as the system. The choice is kept in this browser. */
export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  // The server cannot know what this browser keeps, so nothing is chosen until the page is there.
  const chosen = useMounted() ? colorScheme : null;
  return (
    <div className={classes['switch']} role="radiogroup" aria-label="Colours">
      {SCHEMES.map(({ scheme, words, Icon }) => (
        <label key={scheme} className={classes['option']} data-hint={words}>
          <input
            type="radio"
            name="scheme"
            className={classes['input']}
            aria-label={words}
            checked={chosen === scheme}
            onChange={() => {
              setColorScheme(scheme);
            }}
          />
          <Icon size={14} stroke={1.8} aria-hidden />
        </label>
      ))}
    </div>
  );
}

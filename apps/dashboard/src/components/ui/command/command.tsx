'use client';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import classes from './command.module.css';

export interface CommandProps {
  /** The whole command line, ready to paste. */
  text: string;
}

/** What a person could type instead; a click copies it. */
export function Command({ text }: CommandProps) {
  const clipboard = useClipboard({ timeout: 1500 });
  const Icon = clipboard.copied ? IconCheck : IconCopy;
  return (
    <button
      type="button"
      className={classes['command']}
      aria-label={clipboard.copied ? 'Copied' : `Copy the command ${text}`}
      onClick={() => {
        clipboard.copy(text);
      }}
    >
      <code className={classes['text']}>{text}</code>
      <Icon className={classes['icon']} data-copied={clipboard.copied} size={13} aria-hidden />
    </button>
  );
}

'use client';
import { Button } from '@mantine/core';
import type { TapBody, TapExchange } from '@tulle/model';
import { bodyNote } from '../view-model/body-note.ts';
import classes from './tap-detail.module.css';

interface TapBodiesProps {
  exchange: TapExchange;
  /** Bodies are captured of what comes. */
  capturing: boolean;
  /** Begins or ends that. */
  onCapture: () => void;
}

/** Both bodies where they were captured, and the button to have them captured. */
export function TapBodies({ exchange, capturing, onCapture }: TapBodiesProps) {
  const { requestBody = null, responseBody = null } = exchange;
  const missing = requestBody === null && responseBody === null;
  return (
    <section className={classes['section']}>
      <h3 className={classes['heading']}>Bodies</h3>
      {missing ? (
        <p className={classes['note']}>
          {capturing
            ? 'Not captured. Exchanges that come now have theirs.'
            : 'Not captured. They are only on request: text, up to 64 KB, secrets redacted.'}
        </p>
      ) : null}
      {requestBody === null ? null : <Body title="Sent" body={requestBody} />}
      {responseBody === null ? null : <Body title="Answered" body={responseBody} />}
      <Button size="xs" aria-pressed={capturing} onClick={onCapture}>
        {capturing ? 'Stop capturing bodies' : 'Capture bodies'}
      </Button>
    </section>
  );
}

function Body({ title, body }: { title: string; body: TapBody }) {
  return (
    <div className={classes['body']}>
      <p className={classes['note']}>{`${title}: ${bodyNote(body)}`}</p>
      {body.text === null || body.text === '' ? null : (
        // Focusable, so that a long body can be scrolled with the keys.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls
        <pre className={classes['text']} tabIndex={0}>
          {body.text}
        </pre>
      )}
    </div>
  );
}

'use client';
import { useElementSize } from '@mantine/hooks';
import { useMemo } from 'react';
import type { TapExchange } from '@tulle/model';
import { groupThousands, milliseconds, plain } from '@/lib/format/quantity.ts';
import { stripModel } from '../view-model/strip.ts';
import classes from './tap-strip.module.css';

const HEIGHT = 56;

interface TapStripProps {
  rows: readonly TapExchange[];
  nowMs: number;
}

/** Each exchange of the last minute as a point: time to the right, latency upwards, failures as diamonds. */
export function TapStrip({ rows, nowMs }: TapStripProps) {
  const { ref, width } = useElementSize();
  const model = useMemo(
    () => stripModel(rows, nowMs, { width: Math.max(width, 200), height: HEIGHT }),
    [rows, nowMs, width],
  );
  const words = `${groupThousands(model.succeeded)} succeeded and ${groupThousands(model.failed)} failed in the last 60 s`;
  return (
    <section className={classes['strip']} aria-label="The last 60 seconds">
      <header className={classes['head']}>
        <span>
          {`Each exchange of the last 60 s, by latency from ${plain(milliseconds(model.bottomMs))} to ${plain(milliseconds(model.topMs))}`}
        </span>
        <span className={classes['legend']}>
          <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden>
            <path className={classes['failed']} d="M4 .4 7.6 4 4 7.6.4 4z" />
          </svg>
          failed <b>{groupThousands(model.failed)}</b>
          <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden>
            <circle className={classes['dot']} cx="4" cy="4" r="3" />
          </svg>
          succeeded <b>{groupThousands(model.succeeded)}</b>
        </span>
      </header>
      <div ref={ref} className={classes['plot']}>
        {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an svg that is one picture has no tag for it */}
        <svg width="100%" height={HEIGHT} role="img" aria-label={words}>
          <path className={classes['succeeded']} d={model.succeededPath} />
          <path className={classes['failed']} d={model.failedPath} />
        </svg>
      </div>
      <div className={classes['axis']} aria-hidden>
        <span>60 s ago</span>
        <span>now</span>
      </div>
    </section>
  );
}

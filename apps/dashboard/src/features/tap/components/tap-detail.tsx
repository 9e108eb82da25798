'use client';
import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import Link from 'next/link';
import type { Header, TapExchange } from '@tulle/model';
import { Tag } from '@/components/ui/tag/tag.tsx';
import { workloadAddress } from '@/lib/navigation/addresses.ts';
import { asCurl } from '../view-model/as-curl.ts';
import { timingFacts } from '../view-model/timing-facts.ts';
import type { Fact } from '../view-model/timing-facts.ts';
import { instanceName, securityText, similarFilter, statusOf } from '../view-model/tap-row.ts';
import { TapBodies } from './tap-bodies.tsx';
import classes from './tap-detail.module.css';

interface TapDetailProps {
  exchange: TapExchange;
  /** Adds a filter for requests like this one. */
  onOnlyThese: (filter: string) => void;
  /** Bodies are captured of what comes. */
  bodies: boolean;
  /** Begins or ends that. */
  onBodies: () => void;
}

/** One exchange in full: what was asked, what was answered, how long it took, who the two were. */
export function TapDetail({ exchange, onOnlyThese, bodies, onBodies }: TapDetailProps) {
  const status = statusOf(exchange);
  const { workload } = exchange.destination;
  return (
    <div className={classes['detail']}>
      <div className={classes['title']}>
        <h2 className={classes['request']}>{`${exchange.method} ${exchange.path}`}</h2>
        <Tag tone={status.tone === 'bad' ? 'bad' : 'quiet'} mono>
          {status.text}
        </Tag>
      </div>
      <p className={classes['who']}>
        {`${instanceName(exchange.source)} → ${instanceName(exchange.destination)}, ${securityText(exchange)}`}
      </p>
      <div className={classes['buttons']}>
        <CopyCurl exchange={exchange} />
        <Button size="xs" onClick={() => onOnlyThese(similarFilter(exchange))}>
          Only these
        </Button>
        {workload === null ? null : (
          <Button size="xs" component={Link} href={workloadAddress(workload)}>
            {`See ${workload.name}`}
          </Button>
        )}
      </div>
      <Facts title="Timing" facts={timingFacts(exchange)} />
      <Facts title="Connection" facts={connectionOf(exchange)} />
      <Fields title="Request" fields={exchange.requestHeaders} />
      <Fields title="Response" fields={exchange.responseHeaders} />
      <Fields title="Trailers" fields={exchange.trailers} />
      <TapBodies exchange={exchange} capturing={bodies} onCapture={onBodies} />
    </div>
  );
}

function CopyCurl({ exchange }: { exchange: TapExchange }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Button size="xs" onClick={() => clipboard.copy(asCurl(exchange))}>
      {clipboard.copied ? 'Copied' : 'Copy as cURL'}
    </Button>
  );
}

function connectionOf(exchange: TapExchange): Fact[] {
  const { security, direction, source, destination, authority, reporter, outcome, route } =
    exchange;
  const facts: Fact[] = [
    ['From', source.address],
    ['To', destination.address],
    ['Authority', authority === '' ? 'none' : authority],
    ['Seen by', `proxy of ${reporter.name}, ${direction}`],
    ['Route', route ?? 'none matched'],
  ];
  if (exchange.attempt != null && exchange.attempt > 1) {
    facts.push(['Attempt', `${exchange.attempt}, after a failed one`]);
  }
  if (security.kind === 'mutual-tls') {
    facts.push([
      direction === 'inbound' ? 'Caller proved to be' : 'Callee proved to be',
      security.identity,
    ]);
  }
  if (outcome.kind === 'reset') facts.push(['Reset with code', String(outcome.errorCode)]);
  return facts;
}

function Facts({ title, facts }: { title: string; facts: readonly Fact[] }) {
  return (
    <section className={classes['section']}>
      <h3 className={classes['heading']}>{title}</h3>
      <dl className={classes['facts']}>
        {facts.map(([name, value]) => (
          <div key={name} className={classes['fact']}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Fields({ title, fields }: { title: string; fields: readonly Header[] }) {
  if (fields.length === 0) return null;
  const facts = fields.map(([name, value], index) => ({ key: `${index} ${name}`, name, value }));
  return (
    <section className={classes['section']}>
      <h3 className={classes['heading']}>{title}</h3>
      <dl className={classes['facts']}>
        {facts.map(({ key, name, value }) => (
          <div key={key} className={classes['fact']} data-redacted={value === 'redacted'}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

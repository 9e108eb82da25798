import type { StreamEvent } from '@tulle/live/client';
import { keyOf, parseResource, type TapExchange, TulleError } from '@tulle/model';
import { type CommandSpec, NAMESPACE, type Options, textOf } from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import { namespaceOf } from '../command/namespace.ts';
import { unreachable } from '../connect/api-client.ts';
import { tapLines } from '../output/tap-lines.ts';
import { tapFilterOf } from './tap-filter.ts';

/** Requests whose first line is out and whose end is awaited; the oldest are forgotten. */
const MAX_PENDING = 10_000;
const CONNECT_TIMEOUT_MS = 5000;

/** `tulle tap`: requests as they happen. */
export const TAP: CommandSpec = {
  name: 'tap',
  groups: ['', 'viz'],
  summary: 'requests as they happen, until Ctrl-C',
  args: [
    { name: '<resource>', about: 'kind/name: deploy/web, pod/web-1, ns/emojivoto' },
    { name: '[name]', about: 'the name, when it is not written after the kind' },
  ],
  options: [
    NAMESPACE,
    {
      flags: '--filter <text>',
      about: "the dashboard's filter: 'status:5xx latency:>200ms -path:/healthz'",
    },
    { flags: '--method <method>', about: 'only this HTTP method' },
    { flags: '--path <prefix>', about: 'only paths that begin so' },
    { flags: '--authority <name>', about: 'only this authority' },
    { flags: '--to <resource>', about: 'only requests it sends to kind/name' },
    { flags: '--to-namespace <name>', about: 'namespace of --to' },
    { flags: '--max-rps <number>', about: 'exchanges a second at most, 1 to 1000', default: '100' },
    {
      flags: '-o, --output <format>',
      about: 'lines as Linkerd prints them, or one JSON object per exchange and line',
      choices: ['lines', 'json'],
      default: 'lines',
    },
  ],
  examples: [
    'tap deploy/web -n emojivoto',
    "viz tap deploy/voting --filter 'grpc:Unknown' -o json",
  ],
  run: runTap,
};

async function runTap(context: Context, args: readonly string[], options: Options): Promise<void> {
  const maxPerSecond = Number(textOf(options, 'maxRps'));
  if (!(maxPerSecond >= 1 && maxPerSecond <= 1000)) {
    throw new TulleError('invalid_argument', '--max-rps is 1 to 1000');
  }
  const namespace = await namespaceOf(context, options);
  const ref = parseResource(args.join('/'), namespace);
  const filter = tapFilterOf(options, namespace);
  const asJson = textOf(options, 'output') === 'json';
  const stream = context.live().stream('tap', { resource: keyOf(ref), filter, maxPerSecond });
  await followTap(context, stream, createExchangePrinter(context, asJson));
}

interface TapStream {
  subscribe(listener: (event: StreamEvent<TapExchange>) => void): () => void;
}

/** Ends when told to; fails when the tap is refused or nobody answers. */
async function followTap(
  context: Context,
  stream: TapStream,
  show: (exchange: TapExchange) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const patience = setTimeout(
    () => reject(unreachable(context.api.url, undefined)),
    CONNECT_TIMEOUT_MS,
  );
  const stop = stream.subscribe((event) => {
    clearTimeout(patience);
    switch (event.kind) {
      // Rows from before this command began are other people's.
      case 'snapshot':
        return;
      case 'rows':
        if (event.dropped > 0)
          context.print.note(`${event.dropped} exchanges were too many and are not shown.`);
        event.rows.forEach(show);
        return;
      case 'notice':
        if (event.notice.message !== null) context.print.note(event.notice.message);
        return;
      case 'lost':
        context.print.note('The connection to the dashboard is lost; waiting for it.');
        return;
      case 'error':
        reject(new TulleError(event.error.code, event.error.message));
        return;
    }
  });
  context.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(patience);
    stop();
  }
}

/** A pending exchange comes again with its end; its first line is then already out. */
function createExchangePrinter(context: Context, asJson: boolean): (exchange: TapExchange) => void {
  const begun = new Set<string>();
  return (exchange) => {
    if (asJson) {
      context.print.line(JSON.stringify(exchange));
      return;
    }
    const lines = tapLines(exchange, begun.delete(exchange.id));
    if (exchange.outcome.kind === 'pending') begun.add(exchange.id);
    if (begun.size > MAX_PENDING) begun.delete(begun.values().next().value ?? '');
    for (const line of lines) context.print.line(line);
  };
}

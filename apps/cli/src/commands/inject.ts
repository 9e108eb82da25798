import type { StateSnapshot } from '@tulle/live/client';
import {
  formatResource,
  type InjectPlan,
  type InjectRequest,
  isWorkloadKind,
  keyOf,
  parseResource,
  type RolloutState,
  type RolloutView,
  TulleError,
  type WorkloadRef,
} from '@tulle/model';
import {
  type CommandSpec,
  type Counterpart,
  isSet,
  NAMESPACE,
  type Options,
} from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import { namespaceOf } from '../command/namespace.ts';
import { isManifestPath } from '../manifests/read-manifests.ts';
import { INJECT_OPTIONS, OUTPUT_OPTION } from './inject-options.ts';
import { injectManifests, uninjectManifests } from './inject-manifests.ts';

/** How long a command follows a rollout; the rollout itself goes on without it. */
const FOLLOW_MS = 60_000;
/** A quiet workload may send nothing for long; then the command ends without waiting for its first request. */
const FIRST_REQUEST_MS = 10_000;

const WORKLOAD_OPTIONS = [
  NAMESPACE,
  { flags: '--plan', about: 'say what would happen, change nothing' },
  { flags: '--no-wait', about: 'do not follow the restart' },
] as const;
const ARGS = [
  {
    name: '<resource>',
    about: 'kind/name of a running workload (deploy/vote-bot), or manifests: a file, a folder, -',
  },
  { name: '[name]', about: 'the name, when it is not written after the kind' },
] as const;

/** Manifests are changed without the dashboard. */
async function counterpartOf([first = '']: readonly string[]): Promise<Counterpart> {
  return (await isManifestPath(first)) ? 'cluster' : 'dashboard';
}

/** `tulle inject`: brings a workload into the mesh, running or written down. */
export const INJECT: CommandSpec = {
  name: 'inject',
  groups: [''],
  summary:
    'bring a workload into the mesh: its instances restart with a proxy beside them; or print manifests that do',
  args: ARGS,
  options: [...WORKLOAD_OPTIONS, OUTPUT_OPTION, ...INJECT_OPTIONS],
  talksTo: counterpartOf,
  examples: [
    'inject deploy/vote-bot -n emojivoto',
    'inject deploy/vote-bot --plan',
    'inject app.yml | kubectl apply -f -',
    'inject --manual --skip-outbound-ports 3306 app/ | kubectl apply -f -',
  ],
  async run(context, args, options) {
    const [first = ''] = args;
    if (await isManifestPath(first)) return injectManifests(context, first, options);
    return runInject(context, args, options, 'enabled');
  },
};

/** `tulle uninject`: takes it out again. */
export const UNINJECT: CommandSpec = {
  name: 'uninject',
  groups: [''],
  summary:
    'take a workload out of the mesh: its instances restart without a proxy; or print manifests without it',
  args: ARGS,
  options: [...WORKLOAD_OPTIONS, OUTPUT_OPTION],
  talksTo: counterpartOf,
  examples: ['uninject deploy/vote-bot -n emojivoto', 'uninject app.yml | kubectl apply -f -'],
  async run(context, args, options) {
    const [first = ''] = args;
    if (await isManifestPath(first)) return uninjectManifests(context, first, options);
    return runInject(context, args, options, 'disabled');
  },
};

async function runInject(
  context: Context,
  args: readonly string[],
  options: Options,
  inject: InjectRequest['inject'],
): Promise<void> {
  const workload = readWorkload(args, await namespaceOf(context, options));
  const path = `/workloads/${workload.namespace}/${workload.kind}/${workload.name}`;
  if (isSet(options, 'plan')) {
    printPlan(context, await context.api.get<InjectPlan>(`${path}/inject-plan?to=${inject}`));
    return;
  }
  const body: InjectRequest = { inject };
  const { rollout } = await context.api.put<RolloutView>(`${path}/inject`, body);
  const done = inject === 'enabled' ? 'in the mesh' : 'outside the mesh';
  if (rollout === null) {
    context.print.line(`${formatResource(workload)} is already ${done}.`);
    return;
  }
  if (options['wait'] === false) {
    context.print.line(`${formatResource(workload)} restarts; then it is ${done}.`);
    return;
  }
  await followRollout(context, workload, rollout.id, done);
}

function readWorkload(args: readonly string[], namespace: string): WorkloadRef {
  const { kind, name } = parseResource(args.join('/'), namespace);
  if (isWorkloadKind(kind)) return { kind, namespace, name };
  throw new TulleError(
    'invalid_argument',
    `A ${kind} cannot be injected; name a workload, for example deploy/web`,
  );
}

function printPlan({ print }: Context, plan: InjectPlan): void {
  const marks = {
    ok: print.paint('ok', '√'),
    warning: print.paint('warn', '‼'),
    blocked: print.paint('bad', '×'),
  };
  for (const { kind, title, detail, figure } of plan.findings) {
    print.line(`${marks[kind]} ${title}${figure === null ? '' : `  ${figure}`}`);
    print.line(print.paint('quiet', `    ${detail}`));
  }
  for (const line of plan.written) print.line(`  ${line}`);
}

/** Prints each step once; ends with the first request through the new proxy, or says that none came yet. */
async function followRollout(
  context: Context,
  workload: WorkloadRef,
  id: string,
  done: string,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const name = formatResource(workload);
  let said = '';
  let quiet: NodeJS.Timeout | null = null;
  const patience = setTimeout(
    () =>
      resolve(
        `${name} is still restarting after ${FOLLOW_MS / 1000} s; it goes on without this command.`,
      ),
    FOLLOW_MS,
  );
  const listener = (snapshot: StateSnapshot<RolloutView>): void => {
    if (snapshot.kind !== 'data' || snapshot.data.rollout?.id !== id) return;
    const { rollout, firstRequestAtMs } = snapshot.data;
    const step = stepText(rollout);
    if (step !== said && context.print.toTerminal) context.print.note(`${name}: ${step}`);
    said = step;
    if (rollout.step === 'failed') {
      reject(
        new TulleError(
          'unavailable',
          `${name} could not be changed. ${rollout.message ?? ''}`.trim(),
        ),
      );
    }
    if (rollout.step !== 'done') return;
    if (rollout.cause !== 'inject') resolve(`${name} is ${done}.`);
    if (firstRequestAtMs !== null)
      resolve(`${name} is ${done}; its first request has gone through the proxy.`);
    quiet ??= setTimeout(
      () => resolve(`${name} is ${done}; no request has come through yet.`),
      FIRST_REQUEST_MS,
    );
  };
  const stop = context
    .live()
    .state('rollout', { workload: keyOf(workload) })
    .subscribe(listener);
  context.signal.addEventListener('abort', () => resolve(`${name} goes on restarting.`), {
    once: true,
  });
  try {
    context.print.line(await promise);
  } finally {
    clearTimeout(patience);
    if (quiet !== null) clearTimeout(quiet);
    stop();
  }
}

function stepText({ step, replaced, total }: RolloutState): string {
  switch (step) {
    case 'starting':
      return 'starting the new instance';
    case 'waiting-ready':
      return `waiting until it is ready (${replaced} of ${total} replaced)`;
    case 'draining-old':
      return `letting the old one finish (${replaced} of ${total} replaced)`;
    case 'done':
      return `${replaced} of ${total} replaced`;
    case 'failed':
      return 'failed';
  }
}

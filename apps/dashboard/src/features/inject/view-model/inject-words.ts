import { formatResource } from '@tulle/model';
import type { InjectPlan, InjectRequest, WorkloadRef } from '@tulle/model';

type To = InjectRequest['inject'];

/** "Bring vote-bot into the mesh" */
export function drawerTitle({ name }: WorkloadRef, to: To): string {
  return to === 'enabled' ? `Bring ${name} into the mesh` : `Take ${name} out of the mesh`;
}

/** "Inject vote-bot": the button that does it. */
export function actionLabel({ name }: WorkloadRef, to: To): string {
  return to === 'enabled' ? `Inject ${name}` : `Take ${name} out`;
}

/** "Its one instance restarts with a proxy beside it. About 2 seconds, as earlier injections took." */
export function planSentence({ instances, to, expectedSeconds }: InjectPlan): string {
  const how = to === 'enabled' ? 'with a proxy beside it' : 'without its proxy';
  const who =
    instances === 1
      ? `Its one instance restarts ${how}.`
      : `Its ${instances} instances restart one after the other, each ${how}.`;
  if (expectedSeconds === null) return who;
  const seconds = Math.max(1, Math.round(expectedSeconds));
  return `${who} About ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, as earlier ones took.`;
}

/** The command that does the same. */
export function injectCommand(workload: WorkloadRef, to: To): string {
  const verb = to === 'enabled' ? 'inject' : 'uninject';
  return `tulle ${verb} ${formatResource(workload)} -n ${workload.namespace}`;
}

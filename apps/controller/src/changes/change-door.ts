import {
  formatResource,
  type ChangeVerb,
  type InjectRequest,
  type ResourceRef,
  type RolloutState,
  type ServiceProfileSpec,
  type ServiceRef,
  type StoredProfile,
  type WorkloadRef,
} from '@tulle/model';
import type { Platform } from '../platform/platform.ts';
import type { ProfileStore } from '../profiles/profile-store.ts';
import { onBehalfOf, type Person } from '../web/person.ts';
import type { ChangeLog } from './change-log.ts';

/** As refusals say it: "which is not enough to change the mesh". */
const CHANGE = 'change the mesh';

/**
 * The one door for changes, whoever knocks (page, CLI): authorize, apply, audit. On a laptop whoever reached the public
 * server with the right Host and Origin may do everything; in a cluster the change is made with the person's own rights,
 * so that its RBAC decides.
 */
export interface ChangeDoor {
  /** @throws TulleError `not_found`, `conflict` while it is being replaced, `permission_denied`, `unavailable` */
  setInject(
    workload: WorkloadRef,
    inject: InjectRequest['inject'],
    person: Person,
  ): Promise<RolloutState>;
  /** @throws TulleError as {@link ChangeDoor.setInject} */
  restart(workload: WorkloadRef, person: Person): Promise<RolloutState>;
  /** @throws TulleError `not_found` for an unknown service, `invalid_argument` with issues, `conflict` */
  saveProfile(
    service: ServiceRef,
    spec: ServiceProfileSpec,
    baseVersion: number,
    person: Person,
  ): Promise<StoredProfile>;
  /** @throws TulleError `not_found`, `conflict` */
  removeProfile(service: ServiceRef, baseVersion: number, person: Person): Promise<void>;
}

export interface ChangeDoorDeps {
  readonly platform: Platform;
  readonly profiles: ProfileStore;
  readonly changes: ChangeLog;
}

export function createChangeDoor({ platform, profiles, changes }: ChangeDoorDeps): ChangeDoor {
  function audit(verb: ChangeVerb, subject: ResourceRef, message: string, person: Person): void {
    changes.record({ verb, subject, message, actor: person.name });
  }

  return {
    async setInject(workload, inject, person) {
      const as = onBehalfOf(person, CHANGE);
      const rollout = await platform.setInject(workload, inject, as);
      const [verb, what] =
        inject === 'enabled'
          ? (['injected', 'is being brought into the mesh'] as const)
          : (['uninjected', 'is being taken out of the mesh'] as const);
      audit(verb, workload, `${workload.name} ${what}`, person);
      return rollout;
    },
    async restart(workload, person) {
      const as = onBehalfOf(person, CHANGE);
      const rollout = await platform.restart(workload, as);
      audit('rolled', workload, `${workload.name} is being restarted`, person);
      return rollout;
    },
    async saveProfile(service, spec, baseVersion, person) {
      const as = onBehalfOf(person, CHANGE);
      const before = profiles.get(service)?.spec ?? { routes: [] };
      const stored = await profiles.save(service, spec, baseVersion, person.name, as);
      audit('profile-saved', service, describeSave(service, before, spec), person);
      return stored;
    },
    async removeProfile(service, baseVersion, person) {
      const as = onBehalfOf(person, CHANGE);
      await profiles.remove(service, baseVersion, person.name, as);
      audit('profile-deleted', service, `${service.name} lost its routes`, person);
    },
  };
}

/** "web-svc: route GET /api/vote added", or how many changed when it is more than one thing. */
function describeSave(
  service: ServiceRef,
  before: ServiceProfileSpec,
  after: ServiceProfileSpec,
): string {
  const old = new Map(before.routes.map((route) => [route.name, JSON.stringify(route)]));
  const added = after.routes.filter(({ name }) => !old.has(name)).map(({ name }) => name);
  const changed = after.routes
    .filter((route) => old.has(route.name) && old.get(route.name) !== JSON.stringify(route))
    .map(({ name }) => name);
  const kept = new Set(after.routes.map(({ name }) => name));
  const removed = before.routes.filter(({ name }) => !kept.has(name)).map(({ name }) => name);
  const parts = [
    phrase(added, 'added'),
    phrase(changed, 'changed'),
    phrase(removed, 'removed'),
  ].filter((part) => part !== '');
  return `${formatResource(service)}: ${parts.length === 0 ? 'routes saved unchanged' : parts.join(', ')}`;
}

function phrase(names: readonly string[], verb: string): string {
  if (names.length === 0) return '';
  return names.length === 1 ? `route ${names[0]} ${verb}` : `${names.length} routes ${verb}`;
}

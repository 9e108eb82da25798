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
import type { ChangeLog } from './change-log.ts';

/**
 * The one door for changes, whoever knocks (page, CLI): authorize, apply, audit. Who may come this far on a laptop is
 * whoever reached the public server with the right Host and Origin; `actor` says who that was.
 */
export interface ChangeDoor {
  /** @throws TulleError `not_found`, `conflict` while it is being replaced, `unavailable` */
  setInject(
    workload: WorkloadRef,
    inject: InjectRequest['inject'],
    actor: string,
  ): Promise<RolloutState>;
  /** @throws TulleError as {@link ChangeDoor.setInject} */
  restart(workload: WorkloadRef, actor: string): Promise<RolloutState>;
  /** @throws TulleError `not_found` for an unknown service, `invalid_argument` with issues, `conflict` */
  saveProfile(
    service: ServiceRef,
    spec: ServiceProfileSpec,
    baseVersion: number,
    actor: string,
  ): Promise<StoredProfile>;
  /** @throws TulleError `not_found`, `conflict` */
  removeProfile(service: ServiceRef, baseVersion: number, actor: string): Promise<void>;
}

export interface ChangeDoorDeps {
  readonly platform: Platform;
  readonly profiles: ProfileStore;
  readonly changes: ChangeLog;
}

export function createChangeDoor({ platform, profiles, changes }: ChangeDoorDeps): ChangeDoor {
  function audit(verb: ChangeVerb, subject: ResourceRef, message: string, actor: string): void {
    changes.record({ verb, subject, message, actor });
  }

  return {
    async setInject(workload, inject, actor) {
      const rollout = await platform.setInject(workload, inject);
      const [verb, what] =
        inject === 'enabled'
          ? (['injected', 'is being brought into the mesh'] as const)
          : (['uninjected', 'is being taken out of the mesh'] as const);
      audit(verb, workload, `${workload.name} ${what}`, actor);
      return rollout;
    },
    async restart(workload, actor) {
      const rollout = await platform.restart(workload);
      audit('rolled', workload, `${workload.name} is being restarted`, actor);
      return rollout;
    },
    async saveProfile(service, spec, baseVersion, actor) {
      const before = profiles.get(service)?.spec ?? { routes: [] };
      const stored = await profiles.save(service, spec, baseVersion, actor);
      audit('profile-saved', service, describeSave(service, before, spec), actor);
      return stored;
    },
    async removeProfile(service, baseVersion, actor) {
      await profiles.remove(service, baseVersion, actor);
      audit('profile-deleted', service, `${service.name} lost its routes`, actor);
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

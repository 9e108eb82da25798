import {
  formatResource,
  type RolloutState,
  type RolloutStep,
  TulleError,
  type WorkloadState,
} from '@tulle/model';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../instances/instance.ts';
import type { Inject, WorkloadSpec } from '../mesh-file/mesh-spec.ts';

export interface RolloutTimes {
  /** A new instance that is not ready by then fails the rollout. */
  readonly readyMs: number;
  /** How long callers get to hear that an old instance goes, before it is told to. */
  readonly drainMs: number;
  /** How long an old instance may finish what is under way. */
  readonly graceMs: number;
}

export const ROLLOUT_TIMES: RolloutTimes = { readyMs: 30_000, drainMs: 700, graceMs: 5000 };

export interface WorkloadRunnerOptions {
  readonly spec: WorkloadSpec;
  /** The setting in force at start: a person's, otherwise that of the file. */
  readonly inject: Inject;
  readonly times: RolloutTimes;
  /** Makes an instance, not yet started, with everything it needs. */
  readonly makeInstance: (podName: string, meshed: boolean) => Promise<Instance>;
  readonly onChange: () => void;
  /** Keeps a person's choice for the next start. */
  readonly saveInject: (inject: Inject) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Keeps a workload's instances running, and replaces them one at a time when something about them changes. */
export class WorkloadRunner {
  readonly spec: WorkloadSpec;
  readonly #options: WorkloadRunnerOptions;
  readonly #createdAtMs: number;
  #instances: Instance[] = [];
  #inject: Inject;
  #rollout: RolloutState | null = null;
  #nextPod = 1;
  #stopped = false;

  constructor(options: WorkloadRunnerOptions) {
    this.spec = options.spec;
    this.#options = options;
    this.#inject = options.inject;
    this.#createdAtMs = options.now();
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** The newest replacement of instances, under way or ended; null when there was none. */
  get rollout(): RolloutState | null {
    return this.#rollout;
  }

  /** Starts the replicas; does not wait until they are ready. */
  async start(): Promise<void> {
    for (let replica = 0; replica < this.spec.replicas; replica += 1) {
      const instance = await this.#makeInstance(this.#inject);
      this.#instances.push(instance);
      instance.start();
    }
    this.#options.onChange();
  }

  /**
   * Puts the workload into the mesh, or takes it out. Answers at once; the rollout goes on.
   * @throws TulleError `conflict` while another rollout of it is under way
   */
  setInject(inject: Inject): RolloutState {
    this.#refuseWhileRolling();
    const cause = inject === 'enabled' ? 'inject' : 'uninject';
    if (inject === this.#inject) return this.#begin(cause, 0, 'done');
    return this.#roll(cause, inject);
  }

  /** Replaces every instance by a new one like it. @throws TulleError as {@link setInject} */
  restart(): RolloutState {
    this.#refuseWhileRolling();
    return this.#roll('restart', this.#inject);
  }

  /** Ends all instances, each process within `graceMs`; a rollout under way ends where it stands. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#instances.map((instance) => instance.stop(graceMs)));
  }

  state(): WorkloadState {
    const { ref, replicas, serviceAccount, ports } = this.spec;
    return {
      ref,
      replicas,
      serviceAccount,
      inject: this.#inject,
      ports: [...ports],
      createdAtMs: this.#createdAtMs,
    };
  }

  #roll(cause: RolloutState['cause'], inject: Inject): RolloutState {
    const before = this.#inject;
    this.#inject = inject;
    const begun = this.#begin(cause, this.#instances.length, 'starting');
    void this.#finish(inject, before);
    return begun;
  }

  async #finish(inject: Inject, before: Inject): Promise<void> {
    try {
      await this.#replaceAll(inject);
      this.#options.saveInject(inject);
      this.#step('done');
    } catch (reason) {
      this.#failed(TulleError.from(reason), before);
    }
  }

  async #replaceAll(inject: Inject): Promise<void> {
    const replaced = [...this.#instances];
    for (const old of replaced) {
      this.#step('starting');
      const fresh = await this.#makeInstance(inject);
      this.#instances.push(fresh);
      if (this.#stopped) {
        await fresh.stop(0);
        throw new TulleError('unavailable', 'Tulle was stopped meanwhile.');
      }
      fresh.start();
      this.#step('waiting-ready');
      await this.#untilReady(fresh);
      this.#step('draining-old');
      await this.#retire(old);
      this.#update({ replaced: (this.#rollout?.replaced ?? 0) + 1 });
    }
  }

  /** @throws TulleError `deadline_exceeded`, with the reason the instance gives; it is stopped and gone by then */
  async #untilReady(fresh: Instance): Promise<void> {
    const { readyMs, graceMs } = this.#options.times;
    const givenUp = new AbortController();
    const inTime = await Promise.race([
      fresh.ready.then(() => true),
      delay(readyMs, false, { signal: givenUp.signal }).catch(() => false),
    ]);
    givenUp.abort();
    if (inTime) return;
    const reason = fresh.state().reason ?? 'It said nothing.';
    await fresh.stop(graceMs);
    this.#remove(fresh);
    throw new TulleError(
      'deadline_exceeded',
      `${fresh.plan.ref.name} was not ready within ${readyMs / 1000} s. ${reason}`,
    );
  }

  async #retire(old: Instance): Promise<void> {
    const { drainMs, graceMs } = this.#options.times;
    old.drain();
    if (this.spec.ports.length > 0) await delay(drainMs);
    await old.stop(graceMs);
    this.#remove(old);
  }

  #failed(error: TulleError, before: Inject): void {
    const { replaced, total } = this.#rollout ?? { replaced: 0, total: 0 };
    if (replaced === 0) this.#inject = before;
    const kept =
      replaced === 0
        ? `${formatResource(this.spec.ref)} keeps running as it was.`
        : `${replaced} of ${total} instances were replaced; the others keep running as they were.`;
    this.#update({ step: 'failed', message: `${error.message} ${kept}` });
  }

  #refuseWhileRolling(): void {
    if (this.#rollout === null || this.#rollout.endedAtMs !== null) return;
    throw new TulleError(
      'conflict',
      `${formatResource(this.spec.ref)} is being rolled already (${this.#rollout.replaced} of ${this.#rollout.total} replaced); try again when that is done.`,
    );
  }

  #begin(cause: RolloutState['cause'], total: number, step: RolloutStep): RolloutState {
    const startedAtMs = this.#options.now();
    const rollout: RolloutState = {
      id: `${this.spec.ref.name}-${startedAtMs.toString(36)}`,
      workload: this.spec.ref,
      cause,
      step,
      replaced: 0,
      total,
      startedAtMs,
      endedAtMs: step === 'done' ? startedAtMs : null,
      message: null,
    };
    this.#rollout = rollout;
    this.#options.onChange();
    return rollout;
  }

  #step(step: RolloutStep): void {
    this.#update({ step });
  }

  #update(change: Partial<RolloutState>): void {
    if (this.#rollout === null) return;
    const rollout = { ...this.#rollout, ...change };
    const ended = rollout.step === 'done' || rollout.step === 'failed';
    this.#rollout = { ...rollout, endedAtMs: ended ? this.#options.now() : null };
    this.#options.onChange();
  }

  #remove(instance: Instance): void {
    this.#instances = this.#instances.filter((candidate) => candidate !== instance);
    this.#options.onChange();
  }

  #makeInstance(inject: Inject): Promise<Instance> {
    const name = `${this.spec.ref.name}-${this.#nextPod}`;
    this.#nextPod += 1;
    return this.#options.makeInstance(name, inject === 'enabled');
  }
}

import type { InstancePhase, InstanceState } from '@tulle/model';
import { acceptsConnection, answersOk, pollUntil } from '../net/poll-until.ts';
import type {
  ProcessEvents,
  ProcessSpec,
  SupervisedProcess,
} from '../supervise/supervised-process.ts';
import type { InstancePlan } from './instance-plan.ts';

/** Programs of an instance. The proxy's is null outside the mesh. */
export interface InstancePrograms {
  readonly app: ProcessSpec;
  readonly proxy: ProcessSpec | null;
}

export interface InstanceOptions {
  readonly plan: InstancePlan;
  readonly programs: InstancePrograms;
  /** Mesh identity, for its state. */
  readonly identity: string;
  readonly proxyVersion: string;
  readonly supervise: (spec: ProcessSpec, events: ProcessEvents) => SupervisedProcess;
  /** Called after each change of {@link Instance.state}. */
  readonly onChange: () => void;
  /** Called once it has stopped for good: gives back what the plan took. */
  readonly release: () => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What is known of one of its two processes. */
interface Part {
  ready: boolean;
  /** Why it is not running; null while it runs or was not started yet. */
  failure: string | null;
  /** Ends the polling of its present run. */
  polling: AbortController | null;
}

/**
 * One instance of a workload: the application and, when meshed, the proxy beside it, as in a pod whose proxy is a
 * native sidecar. The proxy starts first, the application when the proxy is ready; each is restarted alone.
 */
export class Instance {
  readonly plan: InstancePlan;
  readonly #options: InstanceOptions;
  readonly #app: SupervisedProcess;
  readonly #proxy: SupervisedProcess | null;
  readonly #appPart: Part = { ready: false, failure: null, polling: null };
  readonly #proxyPart: Part = { ready: false, failure: null, polling: null };
  readonly #startedAtMs: number;
  #appStarted = false;
  #stopping = false;
  #firstReady = Promise.withResolvers<void>();

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.plan = options.plan;
    this.#startedAtMs = options.now();
    const { app, proxy } = options.programs;
    this.#app = options.supervise(
      app,
      this.#eventsOf(this.#appPart, () => this.#probeApp()),
    );
    this.#proxy =
      proxy === null
        ? null
        : options.supervise(
            proxy,
            this.#eventsOf(this.#proxyPart, () => this.#probeProxy()),
          );
  }

  start(): void {
    if (this.#proxy === null) this.#startApp();
    else this.#proxy.start();
  }

  get phase(): InstancePhase {
    if (this.#stopping) return 'stopping';
    if (this.#appPart.failure !== null || this.#proxyPart.failure !== null) return 'failed';
    return this.#isReady() ? 'ready' : 'starting';
  }

  /** Resolves when it is ready for the first time. Never rejects; race it against a timeout. */
  get ready(): Promise<void> {
    return this.#firstReady.promise;
  }

  /** From now on it is `stopping`, so that callers go elsewhere; its processes still run until {@link stop}. */
  drain(): void {
    this.#stopping = true;
    this.#options.onChange();
  }

  /** Ends the application, then the proxy, each within `graceMs`. Resolves when both have ended. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#appPart.polling?.abort();
    this.#proxyPart.polling?.abort();
    this.#options.onChange();
    await this.#app.stop(graceMs);
    await this.#proxy?.stop(graceMs);
    await this.#options.release();
  }

  /** Newest lines of what the application or the proxy wrote. */
  log(container: 'app' | 'proxy', lines: number): string {
    return (container === 'app' ? this.#app : this.#proxy)?.log.tail(lines) ?? '';
  }

  state(): InstanceState {
    const { plan, identity, proxyVersion } = this.#options;
    const phase = this.phase;
    return {
      ref: plan.ref,
      workload: plan.workload.ref,
      serviceAccount: plan.workload.serviceAccount,
      phase,
      restarts: this.#app.restarts + (this.#proxy?.restarts ?? 0),
      reason: this.#reason(phase),
      proxy:
        plan.proxy === null
          ? null
          : {
              identity,
              adminAddress: plan.proxy.adminAddress,
              tapAddress: plan.proxy.tapAddress,
              version: proxyVersion,
              ready: this.#proxyPart.ready,
            },
      endpoints: plan.ports.map(({ spec, address, appAddress }) => ({
        port: spec.port,
        address,
        appAddress,
      })),
      startedAtMs: this.#startedAtMs,
    };
  }

  #reason(phase: InstancePhase): string | null {
    const { name } = this.#options.plan.ref;
    switch (phase) {
      case 'ready':
        return null;
      case 'stopping':
        return `${name} was told to stop and finishes what is under way.`;
      case 'failed':
        return this.#proxyPart.failure ?? this.#appPart.failure;
      case 'starting':
        if (this.#proxy !== null && !this.#proxyPart.ready) {
          return `${name} waits for its proxy, which waits for its certificate.`;
        }
        break;
    }
    return `${name} does not take connections yet.`;
  }

  #isReady(): boolean {
    return this.#appPart.ready && (this.#proxy === null || this.#proxyPart.ready);
  }

  #startApp(): void {
    if (this.#appStarted || this.#stopping) return;
    this.#appStarted = true;
    this.#app.start();
  }

  #eventsOf(part: Part, probe: () => Promise<boolean>): ProcessEvents {
    return {
      started: () => {
        part.failure = null;
        const polling = new AbortController();
        part.polling = polling;
        this.#options.onChange();
        void this.#poll(part, probe, polling.signal);
      },
      ended: (how, restartInMs) => {
        part.polling?.abort();
        part.ready = false;
        const who = part === this.#proxyPart ? 'Its proxy' : this.#options.plan.ref.name;
        part.failure = `${who} ${how} and starts again in ${(restartInMs / 1000).toFixed(1)} s.`;
        this.#options.onChange();
      },
    };
  }

  async #poll(part: Part, probe: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const ready = await pollUntil(probe, signal);
    if (!ready) return;
    part.ready = true;
    if (part === this.#proxyPart) this.#startApp();
    if (this.#isReady()) this.#firstReady.resolve();
    this.#options.onChange();
  }

  #probeProxy(): Promise<boolean> {
    const { proxy } = this.plan;
    return proxy === null ? Promise.resolve(true) : answersOk(proxy.adminAddress, '/ready');
  }

  #probeApp(): Promise<boolean> {
    const { readiness } = this.plan.workload;
    if (readiness.kind === 'started') return Promise.resolve(true);
    const port = this.plan.ports.find(({ spec }) => spec.name === readiness.port);
    if (port === undefined) return Promise.resolve(true);
    return readiness.kind === 'tcp'
      ? acceptsConnection(port.appAddress)
      : answersOk(port.appAddress, readiness.path);
  }
}

import { createTargets, type OwnedTargets } from '../discover/create-targets.ts';
import type { Identity } from '../identity/identity.ts';
import { createProxyMetrics, type ProxyMetrics } from '../observe/proxy-metrics.ts';
import { TapRegistry } from '../observe/tap/tap-registry.ts';
import { checkExposition } from './exposition.ts';
import { ScriptedController } from './scripted-controller.ts';
import { silentLog } from './silent-log.ts';
import { testConfig } from './test-config.ts';

export interface TestTargets {
  readonly controller: ScriptedController;
  readonly targets: OwnedTargets;
  readonly metrics: ProxyMetrics;
  readonly taps: TapRegistry;
  /** Moved by hand where a test wants it; starts at 0. */
  readonly clock: { ms: number };
  /** Inbound policies that came into force so far. */
  readonly changes: () => number;
  readonly samples: () => ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Targets against a scripted controller over real gRPC. The caller closes it. */
export async function startTargets(
  variables: Readonly<Record<string, string>> = {},
  random: () => number = () => 0,
  writeAccess: (line: string) => void = () => {},
): Promise<TestTargets> {
  const controller = await new ScriptedController().start();
  const clock = { ms: 0 };
  const metrics = createProxyMetrics({ retainIdleMs: 1e9, now: () => clock.ms, version: 'test' });
  let changes = 0;
  const taps = new TapRegistry();
  const targets = createTargets({
    config: testConfig(controller.port, variables),
    identity: NO_IDENTITY,
    metrics,
    taps,
    log: silentLog,
    onPolicyChange: () => changes++,
    writeAccess,
    now: () => clock.ms,
    random,
  });
  return {
    controller,
    targets,
    metrics,
    taps,
    clock,
    changes: () => changes,
    samples: () => checkExposition(metrics.registry.expose()),
    close: async () => {
      targets.close();
      await controller.kill();
    },
  };
}

/** The control plane of these tests is on loopback: nobody asks for a certificate. */
const NO_IDENTITY: Identity = {
  localName: 'test',
  isReady: true,
  ready: Promise.resolve(),
  get certificate(): never {
    throw new Error('no certificate is needed on loopback');
  },
  onRenewed: () => () => {},
  close: () => {},
};

import { equals, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import type { ConnectRouter } from '@connectrpc/connect';
import { TulleError } from '@tulle/model';
import { formatHostPort, fromTcpAddress, inbound, outbound, parseHostPort } from '@tulle/proxy-api';
import { createChangeWaiter, type Subscribe } from '../destination/change-signal.ts';
import { toConnectError } from '../grpc/to-connect-error.ts';
import type { OutboundTarget, PolicySource, PolicyWorkload } from './policy-source.ts';

/**
 * Linkerd's policy API without answers, for a laptop: every call gets UNIMPLEMENTED, on which a proxy keeps its default
 * policy (inbound) and forwards by its ServiceProfile (outbound). Linkerd's proxy does not start without this address.
 */
export function noPolicyRoutes(router: ConnectRouter): void {
  router.service(inbound.InboundServerPolicies, {});
  router.service(outbound.OutboundPolicies, {});
}

/** Linkerd's policy API: the policy in force, then each that differs from the one before. */
export function policyRoutes(source: PolicySource): (router: ConnectRouter) => void {
  return (router) => {
    router.service(inbound.InboundServerPolicies, {
      getPort: (spec) => once(() => serverOf(source, workloadOf(spec.workload), spec.port)),
      async *watchPort(spec, { signal }) {
        const workload = workloadOf(spec.workload);
        yield* follow({
          source,
          schema: inbound.ServerSchema,
          changes: source.onInbound(workload),
          look: () => serverOf(source, workload, spec.port),
          signal,
        });
      },
    });
    router.service(outbound.OutboundPolicies, {
      get: (spec) => once(() => policyOf(source, targetOf(spec))),
      async *watch(spec, { signal }) {
        const target = targetOf(spec);
        yield* follow({
          source,
          schema: outbound.OutboundPolicySchema,
          changes: source.onOutbound(target),
          look: () => policyOf(source, target),
          signal,
        });
      },
    });
  };
}

interface Followed<Desc extends DescMessage> {
  readonly source: PolicySource;
  readonly schema: Desc;
  readonly changes: Subscribe;
  /** @throws TulleError `not_found`, which ends the stream. */
  readonly look: () => MessageShape<Desc>;
  readonly signal: AbortSignal;
}

async function* follow<Desc extends DescMessage>({
  source,
  schema,
  changes,
  look,
  signal,
}: Followed<Desc>): AsyncGenerator<MessageShape<Desc>> {
  const waiter = createChangeWaiter([source.onReady, changes], signal);
  let told: MessageShape<Desc> | null = null;
  try {
    do {
      if (!source.isReady()) continue;
      const now = look();
      if (told !== null && equals(schema, told, now)) continue;
      told = now;
      yield now;
    } while (await waiter.next());
  } catch (reason) {
    throw toConnectError(reason);
  } finally {
    waiter.stop();
  }
}

function once<T>(look: () => T): T {
  try {
    return look();
  } catch (reason) {
    throw toConnectError(reason);
  }
}

function serverOf(source: PolicySource, workload: PolicyWorkload, port: number): inbound.Server {
  if (port < 1 || port > 65_535) {
    throw new TulleError('invalid_argument', `${port} is not a port`);
  }
  const server = source.inbound(workload, port);
  if (server !== null) return server;
  throw new TulleError('not_found', `no pod ${workload.pod} in namespace ${workload.namespace}`);
}

function policyOf(source: PolicySource, target: OutboundTarget): outbound.OutboundPolicy {
  const policy = source.outbound(target);
  if (policy !== null) return policy;
  const where = formatHostPort(target.host, target.port);
  throw new TulleError('not_found', `${where} is no service of this cluster`);
}

/** `{"ns":"…","pod":"…"}`, or the old `ns:pod`. @throws TulleError `invalid_argument`. */
function workloadOf(text: string): PolicyWorkload {
  const [, oldNamespace, oldPod] = /^([^:{}]+):([^:{}]+)$/.exec(text.trim()) ?? [];
  if (oldNamespace !== undefined && oldPod !== undefined) {
    return { namespace: oldNamespace, pod: oldPod };
  }
  const { ns, pod } = readWorkload(text);
  if (ns !== '' && pod !== '') return { namespace: ns, pod };
  throw toConnectError(
    new TulleError('invalid_argument', 'the workload is not {"ns":"…","pod":"…"} of a pod'),
  );
}

function targetOf({ sourceWorkload, target }: outbound.TrafficSpec): OutboundTarget {
  const clientNamespace = readWorkload(sourceWorkload).ns;
  const address =
    target.case === 'addr'
      ? fromTcpAddress(target.value)
      : target.case === 'authority'
        ? parseHostPort(target.value)
        : null;
  if (address !== null) return { ...address, clientNamespace };
  throw toConnectError(
    new TulleError('invalid_argument', 'the target is neither an address nor host:port'),
  );
}

/** What can be read of a workload; empty for the rest. */
function readWorkload(text: string): { readonly ns: string; readonly pod: string } {
  try {
    const parsed = JSON.parse(text) as { readonly ns?: unknown; readonly pod?: unknown } | null;
    const { ns, pod } = parsed ?? {};
    return { ns: typeof ns === 'string' ? ns : '', pod: typeof pod === 'string' ? pod : '' };
  } catch {
    return { ns: /^([^:{}]+):/.exec(text)?.[1] ?? '', pod: '' };
  }
}

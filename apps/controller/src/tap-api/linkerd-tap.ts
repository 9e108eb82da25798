import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { keyOf, TulleError, type PlatformState } from '@tulle/model';
import { TapEventSchema, vizTap } from '@tulle/proxy-api';
import type { TapEvent } from '@tulle/proxy-api';
import type { ConnectObserve } from '../tap/index.ts';
import { tapProxy, type ProxyTap } from '../tap/proxy-tap.ts';
import { scopeOf } from '../tap/tap-scope.ts';
import { completeEvent } from './event-labels.ts';
import { toProxyMatch, withoutSelectors } from './linkerd-match.ts';
import { tapPathOf, type TapTarget } from './tap-path.ts';

/** As Linkerd's client asks where nobody says. */
const DEFAULT_PER_SECOND = 100;
const MAX_PER_SECOND = 1000;
const WINDOW_SECONDS = 1;
const CONGESTED_BYTES = 1024 * 1024;
const LENGTH_BYTES = 4;

export interface LinkerdTapDeps {
  readonly state: () => PlatformState;
  readonly onStateChange: (listener: () => void) => () => void;
  readonly connect: ConnectObserve;
}

/**
 * Answers Linkerd's clients: each event is a protobuf message after its length, four bytes, least significant first.
 * Proxies that come and go are taken up and dropped. Ends when the client goes.
 * @throws TulleError before the first byte only: `invalid_argument`, `not_found`
 */
export function streamEvents(
  deps: LinkerdTapDeps,
  target: TapTarget,
  body: Buffer,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
): void {
  const asked = readRequest(body, target);
  const { response, request } = exchange;
  const match = toProxyMatch(asked.match);
  const perSecond = Math.min(asked.maxRps > 0 ? asked.maxRps : DEFAULT_PER_SECOND, MAX_PER_SECOND);
  const tapped = new Map<string, { readonly address: string; readonly tap: ProxyTap }>();
  let scope = scopeOf(deps.state(), target.ref);

  function follow(): void {
    try {
      scope = scopeOf(deps.state(), target.ref);
    } catch {
      scope = { ...scope, instances: [] };
    }
    const present = new Map(scope.instances.map((instance) => [keyOf(instance.ref), instance]));
    for (const [pod, { address, tap }] of tapped) {
      if (present.get(pod)?.proxy?.tapAddress === address) continue;
      tap.close();
      tapped.delete(pod);
    }
    for (const [pod, instance] of present) {
      if (tapped.has(pod) || instance.proxy === null) continue;
      const tap = tapProxy({
        instance,
        connect: deps.connect,
        match,
        outcome: [],
        headers: asked.extract?.extract.value?.extract.case === 'headers',
        bodyBytes: 0,
        openAfterMs: 0,
        windowSeconds: WINDOW_SECONDS,
        observeOnly: true,
        perSecond: () => Math.max(1, perSecond / Math.max(1, tapped.size)),
        onEvent: (event) => send(completeEvent(event, instance)),
        onWatch: () => undefined,
        onReply: () => undefined,
        onStatus: () => undefined,
      });
      tapped.set(pod, { address: instance.proxy.tapAddress, tap });
    }
  }

  function send(event: TapEvent): void {
    if (response.writableLength > CONGESTED_BYTES) return;
    response.write(frame(toBinary(TapEventSchema, event)));
  }

  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  response.flushHeaders();
  const stopListening = deps.onStateChange(follow);
  follow();
  request.on('error', () => response.destroy());
  response.on('close', () => {
    stopListening();
    for (const { tap } of tapped.values()) tap.close();
    tapped.clear();
  });
}

function readRequest(body: Buffer, target: TapTarget): vizTap.TapByResourceRequest {
  let asked: vizTap.TapByResourceRequest;
  try {
    asked = fromBinary(vizTap.TapByResourceRequestSchema, body);
  } catch (cause) {
    throw new TulleError('invalid_argument', 'The body is no TapByResourceRequest.', { cause });
  }
  if ((asked.target?.labelSelector ?? '') !== '') throw withoutSelectors();
  checkTarget(asked.target?.resource, target);
  return asked;
}

/** Who may tap was decided by the URL: the body may not ask for something else. */
function checkTarget(resource: vizTap.Resource | undefined, { ref }: TapTarget): void {
  if (resource === undefined) return;
  const namespace = resource.type === 'namespace' ? resource.name : resource.namespace;
  const isSame =
    resource.type === ref.kind && resource.name === ref.name && namespace === ref.namespace;
  if (isSame) return;
  throw new TulleError(
    'invalid_argument',
    `The body asks for ${resource.type}/${resource.name} in ${namespace}, the URL for ${tapPathOf(ref)}.`,
  );
}

/** A message after its length. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  framed.writeUInt32LE(message.length, 0);
  framed.set(message, LENGTH_BYTES);
  return framed;
}

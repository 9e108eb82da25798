/** A real gRPC control plane whose answers the test writes: each question stays open and is told what is set for its path. */
import { createServer, type ServerHttp2Session } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import {
  Destination,
  DestinationProfileSchema,
  Identity,
  UpdateSchema,
  type CertifyRequest,
  type CertifyResponseSchema,
  fromTcpAddress,
  formatHostPort,
  inbound,
  outbound,
} from '@tulle/proxy-api';

type ProfileInit = MessageInitShape<typeof DestinationProfileSchema>;
type UpdateInit = MessageInitShape<typeof UpdateSchema>;
type ServerInit = MessageInitShape<typeof inbound.ServerSchema>;
type PolicyInit = MessageInitShape<typeof outbound.OutboundPolicySchema>;
type Certify = (request: CertifyRequest) => Promise<MessageInitShape<typeof CertifyResponseSchema>>;

export interface Script {
  /** By path; an error is thrown to the client. */
  readonly profiles: Map<string, ProfileInit | ConnectError>;
  readonly endpoints: Map<string, UpdateInit | ConnectError>;
  /** By port, and by `ip:port`; a policy that is not there is Unimplemented. */
  readonly servers: Map<string, ServerInit | ConnectError>;
  readonly policies: Map<string, PolicyInit | ConnectError>;
  certify: Certify | null;
}

export class ScriptedController {
  readonly script: Script = {
    profiles: new Map(),
    endpoints: new Map(),
    servers: new Map(),
    policies: new Map(),
    certify: null,
  };
  /** `server port` and `policy ip:port` in the order asked. */
  readonly askedPolicies: string[] = [];
  /** `profile path` and `endpoints path` in the order asked. */
  readonly asked: string[] = [];
  port = 0;
  #changed = Promise.withResolvers<void>();
  #stop: () => Promise<void> = () => Promise.resolve();

  /** Tells open questions about `path` a new answer. */
  setProfile(path: string, profile: ProfileInit | ConnectError): void {
    this.script.profiles.set(path, profile);
    this.#announce();
  }

  setEndpoints(path: string, update: UpdateInit | ConnectError): void {
    this.script.endpoints.set(path, update);
    this.#announce();
  }

  /** From then on the port has a policy: a `WatchPort` stays open. */
  setServer(port: number, server: ServerInit | ConnectError): void {
    this.script.servers.set(String(port), server);
    this.#announce();
  }

  /** @param address `ip:port`. */
  setPolicy(address: string, policy: PolicyInit | ConnectError): void {
    this.script.policies.set(address, policy);
    this.#announce();
  }

  /** Listens again on the port it had. */
  async start(): Promise<this> {
    const sessions = new Set<ServerHttp2Session>();
    const server = createServer(
      connectNodeAdapter({
        routes: (router) => {
          router.service(Identity, {
            certify: (request) => {
              if (this.script.certify === null) throw new ConnectError('no', Code.Unavailable);
              return this.script.certify(request);
            },
          });
          router.service(inbound.InboundServerPolicies, {
            watchPort: (request, context) =>
              this.#policy('server', String(request.port), this.script.servers, context, (init) =>
                create(inbound.ServerSchema, init),
              ),
          });
          router.service(outbound.OutboundPolicies, {
            watch: (request, context) => {
              const addr = request.target.case === 'addr' ? request.target.value : undefined;
              const at = fromTcpAddress(addr);
              const authority = request.target.case === 'authority' ? request.target.value : '';
              const path = at === null ? authority : formatHostPort(at.host, at.port);
              return this.#policy('policy', path, this.script.policies, context, (init) =>
                create(outbound.OutboundPolicySchema, init),
              );
            },
          });
          router.service(Destination, {
            get: (request, context) =>
              this.#answer('endpoints', request.path, this.script.endpoints, context, (init) =>
                create(UpdateSchema, init),
              ),
            getProfile: (request, context) =>
              this.#answer('profile', request.path, this.script.profiles, context, (init) =>
                create(DestinationProfileSchema, init),
              ),
          });
        },
      }),
    );
    server.on('session', (session) => {
      sessions.add(session);
      session.on('close', () => sessions.delete(session));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.#stop = async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
      this.#announce();
    };
    return this;
  }

  /** Dies like a killed process. */
  kill(): Promise<void> {
    return this.#stop();
  }

  async *#policy<Init, Message>(
    what: string,
    path: string,
    answers: ReadonlyMap<string, Init | ConnectError>,
    context: HandlerContext,
    make: (init: Init) => Message,
  ): AsyncGenerator<Message> {
    this.askedPolicies.push(`${what} ${path}`);
    if (!answers.has(path)) throw new ConnectError('no policies here', Code.Unimplemented);
    yield* this.#answers(path, answers, context, make);
  }

  async *#answer<Init, Message>(
    what: string,
    path: string,
    answers: ReadonlyMap<string, Init | ConnectError>,
    context: HandlerContext,
    make: (init: Init) => Message,
  ): AsyncGenerator<Message> {
    this.asked.push(`${what} ${path}`);
    yield* this.#answers(path, answers, context, make);
  }

  async *#answers<Init, Message>(
    path: string,
    answers: ReadonlyMap<string, Init | ConnectError>,
    context: HandlerContext,
    make: (init: Init) => Message,
  ): AsyncGenerator<Message> {
    const aborted = new Promise<void>((resolve) =>
      context.signal.addEventListener('abort', () => resolve()),
    );
    let told: Init | undefined;
    while (!context.signal.aborted) {
      const changed = this.#changed.promise;
      const answer = answers.get(path);
      if (answer instanceof ConnectError) throw answer;
      if (answer !== undefined && answer !== told) {
        told = answer;
        yield make(answer);
      }
      await Promise.race([changed, aborted]);
    }
  }

  #announce(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}

/** Waits until `condition` holds, looking every few milliseconds; fails after `timeoutMs`. */
export async function eventually(
  condition: () => boolean,
  what: string,
  timeoutMs = 5_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen in ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

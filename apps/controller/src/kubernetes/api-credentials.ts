import { readFile } from 'node:fs/promises';
import type https from 'node:https';
import type http from 'node:http';
import { TulleError } from '@tulle/model';

/** Where the API server is, and what to show it. */
export interface ApiCredentials {
  /** `https://10.96.0.1:443`, or with a path. */
  readonly server: string;
  /** TLS options and headers as they are now: tokens and CA files are renewed on disk. */
  options(): Promise<CredentialOptions>;
}

/** The part of a request's options that says who asks. `agent` is set where the way leads through an HTTP proxy. */
export type CredentialOptions = Pick<
  https.RequestOptions,
  'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername' | 'auth'
> & { headers?: http.OutgoingHttpHeaders; agent?: http.Agent };

const POD_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** As client-go: the kubelet renews a token when 80 % of its hour is over. */
const REREAD_AFTER_MS = 60_000;

/**
 * The pod's own service account. The client library is not needed for it, so it is neither loaded nor in the bundle: it
 * would cost each role about 80 MB, and 16 MB of program text alone.
 */
export function podCredentials(
  address: { readonly host: string; readonly port: string },
  now: () => number,
  folder: string = POD_FOLDER,
): ApiCredentials {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let known: CredentialOptions = {};
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    server: `https://${host}:${address.port}`,
    async options() {
      if (now() - readAtMs < REREAD_AFTER_MS) return known;
      const [ca, token] = await Promise.all([
        readCredential(`${folder}/ca.crt`),
        readCredential(`${folder}/token`),
      ]);
      known = { ca, headers: { authorization: `Bearer ${token.trim()}` } };
      readAtMs = now();
      return known;
    },
  };
}

/**
 * The kubeconfig of `KUBECONFIG`, or of the home folder, with everything that the client library understands: client
 * certificates, tokens, exec plug-ins, OpenID Connect, HTTP proxies.
 * @throws TulleError `invalid_argument` when there is none or it cannot be used.
 */
export async function kubeconfigCredentials(): Promise<ApiCredentials> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TulleError('invalid_argument', `The kubeconfig cannot be used: ${reason}.`, {
      cause,
    });
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new TulleError('invalid_argument', 'The kubeconfig names no cluster to use.');
  }
  return {
    server: cluster.server,
    async options() {
      const options: https.RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      const { agent, headers, ...rest } = options;
      return {
        ...rest,
        ...(headers === undefined ? {} : { headers: headers as http.OutgoingHttpHeaders }),
        ...(cluster.proxyUrl === undefined ? {} : { agent: agent as http.Agent }),
      };
    },
  };
}

async function readCredential(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TulleError('unavailable', `${path} of the service account cannot be read.`, {
      cause,
    });
  }
}

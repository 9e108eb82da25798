/** Tells the API server which authorities to trust when it calls us. */
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';

interface WebhookConfiguration {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle?: string };
  }[];
}

interface ApiService {
  readonly spec: { readonly caBundle?: string };
}

export type WebhookKind = 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations';

/**
 * For every webhook of a configuration. Writes nothing where all is as it should be.
 * @throws TulleError the API server's refusal.
 */
export function publishToWebhooks(
  api: Pick<KubernetesApi, 'request'>,
  kind: WebhookKind,
  name: string,
): (authoritiesPem: string) => Promise<void> {
  const path = `/apis/admissionregistration.k8s.io/v1/${kind}/${name}`;
  return async (authoritiesPem) => {
    const caBundle = Buffer.from(authoritiesPem).toString('base64');
    const { webhooks = [] } = await api.request<WebhookConfiguration>({ method: 'GET', path });
    const body = webhooks.flatMap((webhook, index) =>
      webhook.clientConfig.caBundle === caBundle
        ? []
        : [
            // The list may have changed since it was read.
            { op: 'test', path: `/webhooks/${index}/name`, value: webhook.name },
            { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle },
          ],
    );
    if (body.length === 0) return;
    await api.request({
      method: 'PATCH',
      path,
      body,
      contentType: 'application/json-patch+json',
    });
  };
}

/** The same for an aggregated API. */
export function publishToApiService(
  api: Pick<KubernetesApi, 'request'>,
  name: string,
): (authoritiesPem: string) => Promise<void> {
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/${name}`;
  return async (authoritiesPem) => {
    const caBundle = Buffer.from(authoritiesPem).toString('base64');
    const { spec } = await api.request<ApiService>({ method: 'GET', path });
    if (spec.caBundle === caBundle) return;
    await api.request({
      method: 'PATCH',
      path,
      body: { spec: { caBundle } },
      contentType: 'application/merge-patch+json',
    });
  };
}

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createAuthorityMaterial, type AuthorityMaterial } from '@tulle/pki';
import { runCli, type CliRun } from './testing/run-cli.ts';
import { startTestApiServer, type TestApiServer } from './testing/test-api-server.ts';

const NAMES = { controlPlaneNamespace: 'tulle', trustDomain: 'cluster.local' };
const DEPLOYMENTS = [
  'tulle-destination',
  'tulle-identity',
  'tulle-proxy-injector',
  'tulle-dashboard',
];
const KINDS = [
  'serviceprofiles.linkerd.io',
  'externalworkloads.workload.linkerd.io',
  ...[
    'servers',
    'serverauthorizations',
    'authorizationpolicies',
    'meshtlsauthentications',
    'networkauthentications',
    'httproutes',
    'httplocalratelimitpolicies',
    'egressnetworks',
  ].map((plural) => `${plural}.policy.linkerd.io`),
];
const OWN = '/api/v1/namespaces/tulle';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';

let api: TestApiServer;
let authority: AuthorityMaterial;

before(async () => {
  api = await startTestApiServer();
  authority = await createAuthorityMaterial(NAMES);
});

after(async () => {
  await api.close();
});

beforeEach(() => {
  api.answers.clear();
  for (const [path, answer] of Object.entries(healthy())) api.answers.set(path, answer);
});

test('a mesh that is well is checked with √ alone', async () => {
  const run = tulle('check', '--wait', '0s');
  assert.equal(await run.exited, 0, run.stdout() + run.stderr());
  const marks = run.stdout().match(/^[√‼×]/gm) ?? [];
  assert.ok(marks.length >= 15);
  assert.deepEqual([...new Set(marks)], ['√']);
  assert.match(run.stdout(), /Status check results are √\n$/);
});

test('a pod that cannot start is named with its own reason', async () => {
  api.answers.set(`${OWN}/pods`, { items: [pod('tulle-identity-1', 'ErrImageNeverPull')] });
  const run = tulle('check', '--wait', '0s');
  assert.equal(await run.exited, 1);
  assert.match(
    run.stdout(),
    /× control plane pods are ready\n.*tulle-identity-1.*ErrImageNeverPull/,
  );
  assert.match(run.stdout(), /docs\/checks\.md#control-plane-pods/);
});

test('an issuer that no anchor signed is a fault, in JSON too', async () => {
  const other = await createAuthorityMaterial(NAMES);
  api.answers.set(`${OWN}/configmaps/tulle-identity-trust-roots`, {
    data: { 'ca-bundle.crt': other.trustAnchorPem },
  });
  const run = tulle('check', '--wait', '0s', '-o', 'json');
  assert.equal(await run.exited, 1);
  const { success, categories } = JSON.parse(run.stdout()) as Report;
  assert.equal(success, false);
  const faults = categories
    .flatMap(({ checks }) => checks)
    .filter(({ result }) => result !== 'success');
  assert.deepEqual(
    faults.map(({ description }) => description),
    ['issuer cert is issued by the trust anchor'],
  );
});

test('a webhook whose authority signed something else is a fault', async () => {
  const other = await createAuthorityMaterial(NAMES);
  const path = `${ADMISSION}/mutatingwebhookconfigurations/tulle-proxy-injector`;
  api.answers.set(path, webhook(other.trustAnchorPem));
  const run = tulle('check', '--wait', '0s', '-o', 'short');
  assert.equal(await run.exited, 1);
  assert.match(run.stdout(), /^× proxy-injector webhook has valid cert/);
});

test('without a cluster that answers the check ends there', async () => {
  api.answers.clear();
  const run = tulle('check', '--wait', '0s');
  assert.equal(await run.exited, 1);
  assert.equal(run.stdout().match(/^[√‼×]/gm)?.length, 1);
});

test('uninstall lists what an install made, webhooks first, and refuses while pods have a proxy', async () => {
  api.answers.set('/api/v1/pods', { items: [pod('web-1', null)] });
  const refused = tulle('uninstall');
  assert.equal(await refused.exited, 1);
  assert.match(refused.stderr(), /1 pods still have a proxy, for example emojivoto\/web-1/);

  api.answers.set('/api/v1/pods', { items: [] });
  const run = tulle('uninstall');
  assert.equal(await run.exited, 0, run.stderr());
  const kinds = [...run.stdout().matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind);
  assert.equal(kinds[0], 'MutatingWebhookConfiguration');
  assert.ok(kinds.indexOf('Deployment') < kinds.indexOf('CustomResourceDefinition'));
});

test('a context that is not in the kubeconfig is refused by name', async () => {
  const run = tulle('check', '--context', 'elsewhere');
  assert.equal(await run.exited, 64);
  assert.match(run.stderr(), /no context "elsewhere"; it has test\./);
});

test('other commands look for the dashboard in the cluster, and say when there is none', async () => {
  api.answers.set(`${OWN}/pods`, { items: [] });
  const run = tulle('stat', 'deploy', '-n', 'emojivoto');
  assert.equal(await run.exited, 69);
  assert.match(run.stderr(), /No dashboard runs in the namespace tulle of this cluster/);
});

test('install says what to do without helm', async () => {
  const run = tulle('install', '--crds');
  assert.equal(await run.exited, 69);
  assert.match(run.stderr(), /rendered by helm, which is not on PATH/);
});

interface Report {
  readonly success: boolean;
  readonly categories: readonly {
    readonly checks: readonly { readonly description: string; readonly result: string }[];
  }[];
}

function tulle(...args: string[]): CliRun {
  const env = { KUBECONFIG: api.kubeconfig, PATH: '/nowhere' };
  return runCli([...args, '--kubeconfig', api.kubeconfig], { env });
}

function named(names: readonly string[]): unknown {
  return { items: names.map((name) => ({ metadata: { name } })) };
}

function pod(name: string, waiting: string | null): unknown {
  return {
    metadata: {
      name,
      namespace: 'emojivoto',
      labels: { 'app.kubernetes.io/version': '0.1.0' },
    },
    spec: { containers: [] },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'Ready', status: waiting === null ? 'True' : 'False' }],
      containerStatuses:
        waiting === null
          ? []
          : [
              {
                name: 'controller',
                ready: false,
                restartCount: 0,
                state: { waiting: { reason: waiting } },
              },
            ],
    },
  };
}

function webhook(authorityPem: string): unknown {
  const caBundle = Buffer.from(authorityPem).toString('base64');
  return { metadata: { name: 'webhook' }, webhooks: [{ clientConfig: { caBundle } }] };
}

/** Everything a check and an uninstall read. */
function healthy(): Record<string, unknown> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const tls = { data: { 'tls.crt': base64(authority.issuerPem) } };
  const deployments = DEPLOYMENTS.map((name) => ({
    metadata: { name, namespace: 'tulle' },
    spec: { replicas: 1 },
    status: { readyReplicas: 1 },
  }));
  const empty = { items: [] };
  const hook = webhook(authority.trustAnchorPem);
  const available = { type: 'Available', status: 'True' };
  return {
    '/version': { major: '1', minor: '34', gitVersion: 'v1.34.4' },
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions': named(KINDS),
    '/apis/apps/v1/namespaces/tulle/deployments': { items: deployments },
    [`${OWN}/configmaps/tulle-config`]: { data: {} },
    [`${OWN}/configmaps/tulle-identity-trust-roots`]: {
      data: { 'ca-bundle.crt': authority.trustAnchorPem },
    },
    [`${OWN}/secrets/tulle-identity-issuer`]: tls,
    [`${OWN}/secrets/tulle-proxy-injector-k8s-tls`]: tls,
    [`${OWN}/secrets/tulle-validator-k8s-tls`]: tls,
    [`${OWN}/pods`]: { items: [pod('tulle-destination-1', null)] },
    [`${OWN}/serviceaccounts`]: named(DEPLOYMENTS),
    [`${RBAC}/clusterroles`]: named(DEPLOYMENTS),
    [`${RBAC}/clusterrolebindings`]: named(DEPLOYMENTS),
    [`${ADMISSION}/mutatingwebhookconfigurations/tulle-proxy-injector`]: hook,
    [`${ADMISSION}/validatingwebhookconfigurations/tulle-validator`]: hook,
    '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.tap.linkerd.io': {
      status: { conditions: [available] },
    },
    [`${ADMISSION}/mutatingwebhookconfigurations`]: named(['tulle-proxy-injector']),
    [`${ADMISSION}/validatingwebhookconfigurations`]: named(['tulle-validator']),
    '/apis/apiregistration.k8s.io/v1/apiservices': named(['v1alpha1.tap.linkerd.io']),
    '/apis/networking.k8s.io/v1/namespaces/tulle/ingresses': empty,
    '/apis/batch/v1/namespaces/tulle/cronjobs': empty,
    '/apis/policy/v1/namespaces/tulle/poddisruptionbudgets': empty,
    [`${OWN}/services`]: empty,
    [`${OWN}/configmaps`]: named(['tulle-config']),
    [`${OWN}/secrets`]: empty,
    [`${OWN}/persistentvolumeclaims`]: empty,
    [`${RBAC}/rolebindings`]: empty,
    [`${RBAC}/roles`]: empty,
    '/api/v1/namespaces': named(['tulle']),
  };
}

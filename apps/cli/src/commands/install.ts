import { TulleError } from '@tulle/model';
import {
  type CommandSpec,
  isSet,
  listOf,
  type Options,
  type OptionSpec,
  textOf,
} from '../command/command-spec.ts';
import type { Context } from '../command/context.ts';
import { chartsFolder, renderChart } from '../kubernetes/render-chart.ts';

const VALUES: readonly OptionSpec[] = [
  { flags: '--set <key=value>', about: 'a value of the chart', isRepeatable: true },
  { flags: '--set-string <key=value>', about: 'the same, always as text', isRepeatable: true },
  { flags: '--set-file <key=path>', about: 'the same, from a file', isRepeatable: true },
  { flags: '-f, --values <file>', about: 'values of the chart', isRepeatable: true },
];

/** Linkerd's names of values that are files. */
const FILES = {
  identityTrustAnchorsFile: 'identityTrustAnchorsPEM',
  identityIssuerCertificateFile: 'identity.issuer.tls.crtPEM',
  identityIssuerKeyFile: 'identity.issuer.tls.keyPEM',
} as const;

/** `tulle install`: prints what is to be applied. */
export const INSTALL: CommandSpec = {
  name: 'install',
  groups: [''],
  summary: 'print the manifests of the mesh, for kubectl apply -f -',
  args: [],
  options: [
    { flags: '--crds', about: 'print the resource kinds, which come first' },
    { flags: '--ha', about: 'with the values for high availability' },
    { flags: '--linkerd-cni-enabled', about: 'a CNI plugin does the redirect' },
    { flags: '--identity-trust-anchors-file <path>', about: 'trust anchors, PEM' },
    { flags: '--identity-issuer-certificate-file <path>', about: 'certificate of the issuer, PEM' },
    { flags: '--identity-issuer-key-file <path>', about: 'its key, PEM' },
    { flags: '--ignore-cluster', about: 'ask no cluster; credentials are then new each time' },
    ...VALUES,
  ],
  talksTo: 'cluster',
  examples: [
    'install --crds | kubectl apply -f -',
    'install | kubectl apply -f -',
    'install --ha --set prometheus.retention=24h | kubectl apply -f -',
  ],
  async run(context, _args, options) {
    const isForCrds = isSet(options, 'crds');
    const isOffline = isSet(options, 'ignoreCluster');
    if (!isOffline && !isForCrds) await requireCrds(context);
    const namespace = context.controlPlaneNamespace;
    const kubeconfig = textOf(options, 'kubeconfig');
    const kubeContext = textOf(options, 'context');
    const manifests = await renderChart({
      chart: isForCrds ? 'tulle-crds' : 'tulle',
      namespace,
      cluster: isOffline
        ? null
        : {
            version: await versionOf(context),
            ...(kubeconfig === undefined ? {} : { kubeconfig }),
            ...(kubeContext === undefined ? {} : { context: kubeContext }),
          },
      args: helmArgs(options, context, isForCrds),
      env: context.env,
    });
    if (!isForCrds) context.print.line(namespaceManifest(namespace));
    context.print.line(manifests.trim());
  },
};

function helmArgs(options: Options, { env }: Context, isForCrds: boolean): string[] {
  const given = [
    ...listOf(options, 'values').flatMap((file) => ['--values', file]),
    ...listOf(options, 'set').flatMap((each) => ['--set', each]),
    ...listOf(options, 'setString').flatMap((each) => ['--set-string', each]),
    ...listOf(options, 'setFile').flatMap((each) => ['--set-file', each]),
  ];
  if (isForCrds) return given;
  const files = Object.entries(FILES).flatMap(([option, value]) => {
    const path = textOf(options, option);
    return path === undefined ? [] : ['--set-file', `${value}=${path}`];
  });
  return [
    ...(isSet(options, 'ha') ? ['--values', `${chartsFolder(env)}/tulle/values-ha.yaml`] : []),
    ...(isSet(options, 'linkerdCniEnabled') ? ['--set', 'cniEnabled=true'] : []),
    ...files,
    ...given,
  ];
}

async function versionOf(context: Context): Promise<string> {
  const cluster = await context.cluster();
  const { gitVersion } = await cluster.get<{ readonly gitVersion: string }>('/version');
  return gitVersion;
}

async function requireCrds(context: Context): Promise<void> {
  const cluster = await context.cluster();
  try {
    await cluster.get('/apis/linkerd.io/v1alpha2');
  } catch (error) {
    if (TulleError.from(error).code !== 'not_found') throw error;
    throw new TulleError(
      'not_found',
      'The resource kinds are not installed in this cluster yet. First: tulle install --crds | kubectl apply -f -',
    );
  }
}

/** What `helm install --create-namespace` would make; labelled, so that `tulle uninstall` knows it. */
function namespaceManifest(name: string): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/part-of: tulle
    linkerd.io/control-plane-ns: ${name}
---`;
}

/** What a mesh.yaml may say. Each `error` is the phrase after "expected": the reader adds what was found and where. */
import { z } from 'zod';

const NAME = z
  .string('a name')
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'a name of lower-case letters, digits and "-", at most 63 characters',
  );
const PORT = wholeNumber(1, 65_535, 'a port');
const INJECT = z.enum(['enabled', 'disabled'], 'enabled or disabled');
const PATH = z.string('a path').regex(/^\//, 'a path that begins with "/"');

const PORT_DETAILS = z.strictObject(
  {
    port: PORT.describe(
      'The number by which services and routes name it; not the one it gets here.',
    ),
    opaque: z
      .boolean('true or false')
      .default(false)
      .describe('Carry it as raw TCP, without looking for HTTP in it.'),
  },
  'a port, or a mapping with port and opaque',
);

const READINESS = z
  .union(
    [
      z.strictObject({
        http: z.strictObject(
          { port: NAME, path: PATH.default('/') },
          'a mapping with port and path',
        ),
      }),
      z.strictObject({ tcp: NAME.describe('Name of a port of this workload.') }),
    ],
    'http: {port, path} or tcp: PORT_NAME',
  )
  .describe('When an instance takes traffic. Default: its first port accepts a connection.');

const WORKLOAD = z.strictObject(
  {
    kind: z
      .enum(
        ['deployment', 'statefulset', 'daemonset', 'job', 'cronjob', 'replicaset'],
        'deployment, statefulset, daemonset, job, cronjob or replicaset',
      )
      .default('deployment')
      .describe('How Kubernetes would call it. Here each kind is kept running alike.'),
    replicas: wholeNumber(1, 20, 'a number of instances').default(1),
    command: z
      .array(z.string('a word of the command'), 'a list: the program and its arguments')
      .min(1, 'at least the program')
      .describe('Started without a shell. `node` is the Node.js that runs Tulle.'),
    cwd: z.string('a folder').default('.').describe('Relative to this file.'),
    env: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name'),
        z.union([z.string(), z.number(), z.boolean()], 'a text, a number, true or false'),
        'a mapping of variable names to values',
      )
      .default({})
      .describe(
        'May hold {{port.NAME}}, {{service.NAME:PORT}} and {{service.NAME.NAMESPACE:PORT}}.',
      ),
    ports: z
      .record(
        NAME,
        z.union([PORT, PORT_DETAILS], 'a port, or a mapping with port and opaque'),
        'a mapping of port names to ports',
      )
      .default({})
      .describe('What it listens on. It learns the real port through {{port.NAME}} in env.'),
    serviceAccount: NAME.optional().describe('Its identity. Default: default.'),
    inject: INJECT.optional().describe(
      'A proxy beside each instance, or none. Default: that of the namespace.',
    ),
    readiness: READINESS.optional(),
  },
  'a mapping that describes the workload',
);

const SERVICE_PORT = z.strictObject(
  {
    port: PORT.describe('The port that callers name.'),
    targetPort: NAME.optional().describe('Name of a port of the workload. Default: this name.'),
    hostPort: PORT.optional().describe('Opens it on 127.0.0.1 of this machine, for a browser.'),
  },
  'a port, or a mapping with port, targetPort and hostPort',
);

const SERVICE = z.strictObject(
  {
    workload: NAME.optional().describe(
      'Whose ready instances answer. Default: the workload with the name of the service.',
    ),
    ports: z
      .record(
        NAME,
        z.union([PORT, SERVICE_PORT], 'a port, or a mapping with port, targetPort and hostPort'),
        'a mapping of port names to ports',
      )
      .refine((ports) => Object.keys(ports).length > 0, 'at least one port'),
  },
  'a mapping with workload and ports',
);

const NAMESPACE = z.strictObject(
  {
    inject: INJECT.default('enabled').describe('For workloads that do not say it themselves.'),
    workloads: z.record(NAME, WORKLOAD, 'a mapping of names to workloads').default({}),
    services: z.record(NAME, SERVICE, 'a mapping of names to services').default({}),
  },
  'a mapping with workloads and services',
);

/** The whole file. */
export const MESH_FILE = z.strictObject(
  {
    namespaces: z
      .record(NAME, NAMESPACE, 'a mapping of names to namespaces')
      .refine((namespaces) => Object.keys(namespaces).length > 0, 'at least one namespace'),
  },
  'a mapping with namespaces',
);

/** The file as parsed, defaults filled in. */
export type MeshFile = z.infer<typeof MESH_FILE>;
export type NamespaceFile = MeshFile['namespaces'][string];
export type WorkloadFile = NamespaceFile['workloads'][string];
export type ServiceFile = NamespaceFile['services'][string];

/** The JSON Schema that editors check a mesh.yaml with; `mesh.schema.json` in the repository is this. */
export function meshJsonSchema(): Record<string, unknown> {
  return {
    title: 'mesh.yaml',
    description: 'The workloads and services that Tulle runs on this machine.',
    ...z.toJSONSchema(MESH_FILE, { io: 'input' }),
  };
}

function wholeNumber(min: number, max: number, what: string) {
  const expected = `${what}, a whole number from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected);
}

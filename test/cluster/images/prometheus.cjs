// Debian builds Prometheus without Kubernetes discovery. This starts it with the chart's own configuration and gives it,
// over HTTP discovery, the same targets under the same __meta_kubernetes labels that relabelling then works on.
const { spawn } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { request } = require('node:https');

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TARGETS_PORT = 9099;
const CONFIG = '/data/prometheus.yml';

createServer((_request, response) => void answer(response)).listen(
  TARGETS_PORT,
  '127.0.0.1',
  () => {
    const discovery = `http_sd_configs: [{url: 'http://127.0.0.1:${TARGETS_PORT}/', refresh_interval: 2s}]`;
    const given = readFileSync('/etc/prometheus/prometheus.yml', 'utf8');
    const config = given.replace(/kubernetes_sd_configs:\n\s+- \{role: pod.*\}/g, discovery);
    writeFileSync(CONFIG, config);
    const args = process.argv
      .slice(2)
      .map((arg) => (arg.startsWith('--config.file=') ? `--config.file=${CONFIG}` : arg));
    const prometheus = spawn('/usr/bin/prometheus', args, { stdio: 'inherit' });
    prometheus.once('exit', (code) => process.exit(code ?? 1));
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => prometheus.kill(signal));
  },
);

async function answer(response) {
  try {
    const body = JSON.stringify(await targets());
    response.setHeader('content-type', 'application/json');
    response.end(body);
  } catch (error) {
    response.statusCode = 503;
    response.end(String(error));
  }
}

/** One group for each container port of each pod, as Prometheus' own discovery of the role pod. */
async function targets() {
  const { items } = await get('/api/v1/pods');
  return items.flatMap(({ metadata, spec, status }) => {
    if (!status.podIP) return [];
    const pod = {
      __meta_kubernetes_namespace: metadata.namespace,
      __meta_kubernetes_pod_name: metadata.name,
      __meta_kubernetes_pod_ip: status.podIP,
      __meta_kubernetes_pod_phase: status.phase,
    };
    for (const [key, value] of Object.entries(metadata.labels ?? {})) {
      pod[`__meta_kubernetes_pod_label_${key.replace(/[^a-zA-Z0-9_]/g, '_')}`] = value;
    }
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    return containers.flatMap(({ name, ports = [] }) =>
      ports.map((port) => ({
        targets: [`${status.podIP}:${port.containerPort}`],
        labels: {
          ...pod,
          __meta_kubernetes_pod_container_name: name,
          __meta_kubernetes_pod_container_port_name: port.name ?? '',
        },
      })),
    );
  });
}

function get(path) {
  const options = {
    host: process.env.KUBERNETES_SERVICE_HOST,
    port: process.env.KUBERNETES_SERVICE_PORT,
    path,
    ca: readFileSync(`${ACCOUNT}/ca.crt`),
    headers: { authorization: `Bearer ${readFileSync(`${ACCOUNT}/token`, 'utf8')}` },
  };
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => (body += text));
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(JSON.parse(body))
          : reject(new Error(`${path}: ${response.statusCode}`)),
      );
    })
      .on('error', reject)
      .end();
  });
}

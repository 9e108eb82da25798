/** Two hops with mutual TLS between them, both on one core, as two sidecars are: ours and those of peers. */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Authority } from '@tulle/pki';
import { testAuthority } from '../src/testing/certified.ts';
import { startControlPlane } from '../src/testing/control-plane.ts';
import type { PlannedEndpoint } from '../src/testing/control-plane.ts';
import { freePort, startProxy } from '../src/testing/proxy-process.ts';
import { PROXY_CORE, pinned, programPath, start } from './machine.ts';
import { running } from './peers.ts';
import type { Running } from './peers.ts';

const SERVER = 'web.bench.serviceaccount.identity.tulle.cluster.local';
const CLIENT = 'bot.bench.serviceaccount.identity.tulle.cluster.local';
const SERVICE = { name: 'web.bench.svc.cluster.local', address: '10.96.0.2:80', port: 80 };
const PROGRAM = fileURLToPath(new URL('../../../bin/tulle-proxy', import.meta.url));

/**
 * Two proxies as they are shipped: outbound, mutual TLS, inbound.
 * @param checkout whose built proxies; this one's by default.
 */
export async function tullePair(originPort: number, checkout?: string): Promise<Running> {
  const authority = await testAuthority();
  const endpoints: PlannedEndpoint[] = [];
  const plane = await startControlPlane(authority, [{ ...SERVICE, endpoints }]);
  const shared = {
    trustAnchorsPem: authority.trustAnchorsPem,
    controlPort: plane.port,
    launcher: pinned(PROXY_CORE),
    program: [checkout === undefined ? PROGRAM : join(checkout, 'bin/tulle-proxy')],
  };
  const inbound = [`127.0.0.1:${originPort}`];
  const server = await startProxy({ ...shared, identity: SERVER, inbound, outbound: [UNUSED] });
  const [port = 0] = server.inboundPorts;
  endpoints.push({ host: '127.0.0.1', port, identity: SERVER, hint: 'h2' });
  const outbound = [SERVICE.address];
  const client = await startProxy({ ...shared, identity: CLIENT, inbound: [UNUSED], outbound });
  return {
    name: checkout === undefined ? 'tulle pair' : basename(checkout),
    port: client.outboundPorts[0] ?? 0,
    pid: client.child.pid,
    pids: [client.child.pid, server.child.pid],
    stop: async () => {
      client.kill();
      server.kill();
      await plane.kill();
    },
  };
}

const UNUSED = '127.0.0.1:9';

/** nginx → nginx: one TLS connection per upstream connection, HTTP/1 in it. Null when it is not installed. */
export async function nginxPair(originPort: number, dir: string): Promise<Running | null> {
  const program = programPath('nginx');
  if (program === null) return null;
  await writeCredentials(await testAuthority(), dir);
  const [port, innerPort] = [await freePort(), await freePort()];
  const config = (name: string, body: string): string => {
    const file = join(dir, `nginx-${name}.conf`);
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${dir}/${name}.pid; error_log ${dir}/${name}.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; ${body} }
`,
    );
    return file;
  };
  const pass = 'proxy_http_version 1.1; proxy_set_header Connection "";';
  const back = config(
    'back',
    `upstream origin { server 127.0.0.1:${originPort}; keepalive 128; }
     server { listen 127.0.0.1:${innerPort} ssl; ssl_protocols TLSv1.3;
       ssl_certificate ${dir}/server.pem; ssl_certificate_key ${dir}/server.key;
       ssl_client_certificate ${dir}/ca.pem; ssl_verify_client on; ssl_verify_depth 2;
       location / { proxy_pass http://origin; ${pass} } }`,
  );
  const front = config(
    'front',
    `upstream back { server 127.0.0.1:${innerPort}; keepalive 128; }
     server { listen 127.0.0.1:${port};
       location / { proxy_pass https://back; ${pass} proxy_ssl_protocols TLSv1.3;
         proxy_ssl_certificate ${dir}/client.pem; proxy_ssl_certificate_key ${dir}/client.key;
         proxy_ssl_trusted_certificate ${dir}/ca.pem; proxy_ssl_verify on; proxy_ssl_verify_depth 2;
         proxy_ssl_name ${SERVER}; proxy_ssl_server_name on; } }`,
  );
  return both('nginx pair', [program, '-c', back], innerPort, [program, '-c', front], port);
}

/** HAProxy → HAProxy: requests share TLS connections as HTTP/2 streams. Null when it is not installed. */
export async function haproxyPair(originPort: number, dir: string): Promise<Running | null> {
  const program = programPath('haproxy');
  if (program === null) return null;
  await writeCredentials(await testAuthority(), dir);
  const [port, innerPort] = [await freePort(), await freePort()];
  const config = (name: string, bind: string, server: string): string => {
    const file = join(dir, `haproxy-${name}.cfg`);
    writeFileSync(
      file,
      `global
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  http-reuse always
listen bench
  bind 127.0.0.1:${bind}
  server next 127.0.0.1:${server}
`,
    );
    return file;
  };
  const tls = `ca-file ${dir}/ca.pem verify required alpn h2`;
  const back = config(
    'back',
    `${innerPort} ssl crt ${dir}/server.both.pem ${tls}`,
    `${originPort}`,
  );
  const front = config(
    'front',
    `${port}`,
    `${innerPort} ssl crt ${dir}/client.both.pem ${tls} sni str(${SERVER}) verifyhost ${SERVER}`,
  );
  const command = (file: string): string[] => [program, '-db', '-q', '-f', file];
  return both('haproxy pair', command(back), innerPort, command(front), port);
}

async function both(
  name: string,
  back: string[],
  innerPort: number,
  front: string[],
  port: number,
): Promise<Running> {
  const server = await running(name, innerPort, start(PROXY_CORE, back));
  const client = await running(name, port, start(PROXY_CORE, front));
  return {
    ...client,
    pids: [client.pid, server.pid],
    stop: async () => {
      await client.stop();
      await server.stop();
    },
  };
}

async function writeCredentials(authority: Authority, dir: string): Promise<void> {
  writeFileSync(join(dir, 'ca.pem'), authority.trustAnchorsPem);
  for (const [name, identity] of [
    ['server', SERVER],
    ['client', CLIENT],
  ] as const) {
    const { certPem, keyPem } = await authority.issueCredentials(identity);
    writeFileSync(join(dir, `${name}.pem`), certPem);
    writeFileSync(join(dir, `${name}.key`), keyPem, { mode: 0o600 });
    writeFileSync(join(dir, `${name}.both.pem`), `${certPem}\n${keyPem}`, { mode: 0o600 });
  }
}

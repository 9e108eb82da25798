/** The proxy as a process. Everything it needs is in its environment (`config/read-proxy-config.ts`). */
import { STATUS_OF, TulleError } from '@tulle/model';
import { createLogger } from '@tulle/telemetry';
import { readProxyConfig } from './config/read-proxy-config.ts';
import type { ProxyConfig } from './config/proxy-config.ts';
import { hasIpv6, withoutIpv6 } from './config/without-ipv6.ts';
import { startProxy } from './start-proxy.ts';

/** Says what is wrong, each fault on a line of its own, and ends the process with the error's exit code. */
function fail(reason: unknown): never {
  const error = TulleError.from(reason);
  process.stderr.write(`${error.message}\n`);
  for (const { path, message } of error.issues) process.stderr.write(`  ${path}: ${message}\n`);
  if (error.code === 'internal' && error.cause instanceof Error) {
    process.stderr.write(`${error.cause.stack ?? ''}\n`);
  }
  process.exit(STATUS_OF[error.code].exit);
}

async function main(): Promise<void> {
  let config: ProxyConfig;
  try {
    config = readProxyConfig(process.env);
    if (!hasIpv6()) config = withoutIpv6(config);
  } catch (error) {
    return fail(error);
  }
  const log = createLogger({ name: 'proxy', level: config.log.level, format: config.log.format });
  const proxy = await startProxy({ config, env: process.env, log });
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    // Asked a second time, somebody does not want to wait.
    if (signals > 1) process.exit(1);
    log.info({ signal }, 'shutting down');
    proxy.shutdown();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  await proxy.stopped;
  process.exit(0);
}

main().catch(fail);

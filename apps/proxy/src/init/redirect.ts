import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { TulleError } from '@tulle/model';
import type { Logger } from '@tulle/telemetry';
import type { RedirectCommand } from './init-command.ts';
import { findIptables } from './iptables-program.ts';
import { restoreInput, type Family } from './redirect-rules.ts';

const CLOSE_WAIT = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait';

/**
 * Puts the rules in force, for IPv6 too where the pod has it. Run again, it replaces what it did.
 * @param print takes the lines of a simulation.
 * @throws TulleError `unavailable` when a family that the pod uses cannot be redirected.
 */
export async function redirect(
  command: RedirectCommand,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  await redirectFamily(command, 'ipv4', log, print);
  if (command.ipv6) await redirectIpv6(command, log, print);
  if (command.closeWaitSeconds > 0) await setCloseWait(command, print);
}

async function redirectIpv6(
  command: RedirectCommand,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  if (command.netns === null && !existsSync('/proc/net/if_inet6')) {
    log.info('no IPv6 here: nothing to redirect');
    return;
  }
  try {
    await redirectFamily(command, 'ipv6', log, print);
  } catch (error) {
    // Without an address nobody can be reached, so that nothing goes past the proxy.
    if (command.netns !== null || hasGlobalIpv6()) throw error;
    log.warn({ error }, 'IPv6 is not redirected; the pod has no IPv6 address');
  }
}

async function redirectFamily(
  command: RedirectCommand,
  family: Family,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  if (command.simulate) {
    print(restoreInput(command, family, ''));
    return;
  }
  const iptables = await findIptables({ ...command, family });
  const input = restoreInput(command, family, iptables.saved);
  await iptables.restore(input);
  log.info({ family, program: iptables.name }, 'connections go to the proxy');
}

async function setCloseWait(
  { closeWaitSeconds, simulate, netns }: RedirectCommand,
  print: (line: string) => void,
): Promise<void> {
  if (simulate) {
    print(`${CLOSE_WAIT} = ${closeWaitSeconds}`);
    return;
  }
  if (netns !== null) {
    throw new TulleError(
      'invalid_argument',
      '--timeout-close-wait-secs works in this process’s own network only; leave --netns out.',
    );
  }
  try {
    await writeFile(CLOSE_WAIT, String(closeWaitSeconds));
  } catch (cause) {
    throw new TulleError(
      'unavailable',
      `${CLOSE_WAIT} cannot be written; the container must be privileged for it.`,
      { cause },
    );
  }
}

function hasGlobalIpv6(): boolean {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ family, internal, address }) => {
      return family === 'IPv6' && !internal && !address.toLowerCase().startsWith('fe80:');
    });
}

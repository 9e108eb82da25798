/** Two network namespaces joined by a wire, as a pod and its neighbour: for tests of what the kernel does. Linux, root. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Addresses of the two ends, `pod` redirected by the test. */
export const ADDRESSES = {
  pod: { ipv4: '10.231.0.2', ipv6: 'fd23:1::2' },
  neighbour: { ipv4: '10.231.0.1', ipv6: 'fd23:1::1' },
} as const;

export interface NetworkPair {
  readonly pod: string;
  readonly neighbour: string;
  /** Runs a program in one of them; gives what it printed. @throws Error with its exit status and words. */
  run(where: string, command: readonly string[], input?: string): string;
  /** Starts one; what it prints is the caller's to read. */
  spawn(where: string, command: readonly string[]): ChildProcess;
  /** Starts one; resolves when it has printed something. */
  start(where: string, command: readonly string[]): Promise<ChildProcess>;
  /** Ends what was started and removes both. */
  close(): Promise<void>;
}

/** @throws Error with the reason where namespaces cannot be made: no root, no Linux, no `ip`. */
export function openNetworkPair(): NetworkPair {
  const suffix = `${process.pid}-${Math.random().toString(36).slice(2, 6)}`;
  const pod = `tulle-pod-${suffix}`;
  const neighbour = `tulle-nb-${suffix}`;
  const children: ChildProcess[] = [];
  const run = (where: string, command: readonly string[], input = ''): string =>
    execFileSync('ip', ['netns', 'exec', where, ...command], {
      encoding: 'utf8',
      input,
      timeout: 20_000,
    });
  const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
  ip('netns', 'add', pod);
  try {
    ip('netns', 'add', neighbour);
    ip(
      '-n',
      pod,
      'link',
      'add',
      'eth0',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      neighbour,
    );
    for (const [where, { ipv4, ipv6 }] of [
      [pod, ADDRESSES.pod],
      [neighbour, ADDRESSES.neighbour],
    ] as const) {
      ip('-n', where, 'addr', 'add', `${ipv4}/24`, 'dev', 'eth0');
      // Without nodad the address could not be used for some seconds.
      ip('-n', where, '-6', 'addr', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad');
      ip('-n', where, 'link', 'set', 'lo', 'up');
      ip('-n', where, 'link', 'set', 'eth0', 'up');
    }
    ip('-n', pod, 'route', 'add', 'default', 'via', ADDRESSES.neighbour.ipv4);
    ip('-n', pod, '-6', 'route', 'add', 'default', 'via', ADDRESSES.neighbour.ipv6);
  } catch (error) {
    remove(pod, neighbour);
    throw error;
  }
  const spawnIn = (where: string, command: readonly string[]) => {
    const child = spawn('ip', ['netns', 'exec', where, ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  };
  return {
    pod,
    neighbour,
    run,
    spawn: spawnIn,
    async start(where, command) {
      const child = spawnIn(where, command);
      const ended = once(child, 'exit').then(([code]) => {
        throw new Error(`${command.join(' ')} ended with ${code} before it said anything`);
      });
      await Promise.race([once(child.stdout, 'data'), ended]);
      ended.catch(() => undefined);
      return child;
    },
    async close() {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exited = once(child, 'exit');
          child.kill('SIGKILL');
          await exited;
        }),
      );
      remove(pod, neighbour);
    },
  };
}

function remove(...names: readonly string[]): void {
  for (const name of names) {
    try {
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    } catch {
      // it was never made
    }
  }
}

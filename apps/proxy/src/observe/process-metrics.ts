import { readdirSync, readFileSync } from 'node:fs';
import type { Registry } from '@tulle/telemetry';

/** The kernel walks every mapping for this one, about a millisecond; more often than this it would show. */
const ANONYMOUS_MEMORY_EVERY_MS = 10_000;

/** `process_*`. What /proc knows is left out where there is none (macOS). */
export function addProcessMetrics(registry: Registry): void {
  const gauge = (name: string, help: string) => registry.gauge(name, help);
  const cpu = registry
    .counter('process_cpu_seconds_total', 'User and system time used, in seconds.')
    .with({});
  const uptime = registry
    .counter('process_uptime_seconds_total', 'Seconds since the process started.')
    .with({});
  const clock = gauge('process_clock_time_seconds', 'The wall clock.').with({});
  const resident = gauge('process_resident_memory_bytes', 'Memory in RAM, shared pages included.');
  const virtual = gauge('process_virtual_memory_bytes', 'Address space.');
  const anonymous = gauge(
    'process_anonymous_memory_bytes',
    'Memory that no other process shares (Pss_Anon): what one more proxy costs.',
  );
  const openFds = gauge('process_open_fds', 'File descriptors open.');
  const maxFds = gauge('process_max_fds', 'File descriptors allowed.');
  const threads = gauge('process_threads', 'Threads.');
  gauge('process_start_time_seconds', 'When the process started, in seconds since the epoch.').with(
    {},
  ).value = Math.round((Date.now() - process.uptime() * 1000) / 1000);
  const network = (name: string, help: string) => registry.counter(name, help);
  const received = network('process_network_receive_bytes_total', 'Bytes received, loopback too.');
  const sent = network('process_network_transmit_bytes_total', 'Bytes sent, loopback too.');
  let anonymousReadAtMs = -Infinity;

  registry.beforeScrape(() => {
    const { user, system } = process.cpuUsage();
    cpu.value = (user + system) / 1e6;
    uptime.value = process.uptime();
    clock.value = Date.now() / 1000;
    resident.with({}).value = process.memoryUsage.rss();
    const status = readProc('/proc/self/status');
    if (status === null) return;
    virtual.with({}).value = fieldOf(status, 'VmSize') * 1024;
    threads.with({}).value = fieldOf(status, 'Threads');
    openFds.with({}).value = readdirSync('/proc/self/fd').length;
    const limit = /^Max open files\s+(\d+)/m.exec(readProc('/proc/self/limits') ?? '');
    if (limit !== null) maxFds.with({}).value = Number(limit[1]);
    const interfaces = readProc('/proc/self/net/dev');
    if (interfaces !== null) {
      const bytes = networkBytes(interfaces);
      received.with({}).value = bytes.received;
      sent.with({}).value = bytes.sent;
    }
    if (performance.now() - anonymousReadAtMs < ANONYMOUS_MEMORY_EVERY_MS) return;
    anonymousReadAtMs = performance.now();
    const rollup = readProc('/proc/self/smaps_rollup');
    if (rollup !== null) anonymous.with({}).value = fieldOf(rollup, 'Pss_Anon') * 1024;
  });
}

/** Over all interfaces that the process sees. */
function networkBytes(interfaces: string): { readonly received: number; readonly sent: number } {
  let received = 0;
  let sent = 0;
  for (const line of interfaces.split('\n')) {
    const figures = /^\s*[^:]+:(.*)$/.exec(line)?.[1]?.trim().split(/\s+/).map(Number);
    received += figures?.[0] ?? 0;
    sent += figures?.[8] ?? 0;
  }
  return { received, sent };
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

/** The number after `name:`; 0 where there is none. */
function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

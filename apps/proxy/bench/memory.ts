/** Unshared memory (Pss_Anon) of the shipped proxy: idle, with 64 busy connections, and of each further idle one. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { load } from './load.ts';
import { unsharedMb } from './machine.ts';
import { withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { startOrigin, startTulle } from './peers.ts';

const IDLE_CONNECTIONS = 2000;
/** Opened at once; the rest waits, so that the backlog holds. */
const BATCH = 50;
/** After which the collector has had its turn. */
const SETTLE_MS = 3000;

export function measureMemory(options: BenchOptions): Promise<Figures> {
  return withPrograms(async (keep, dir) => {
    const origin = keep(await startOrigin(dir));
    const proxy = keep(await startTulle(origin.port));
    await wait(SETTLE_MS);
    const idle = unsharedMb(proxy.pid);
    const sockets: Socket[] = [];
    // Pools and code grow with the first connections; only the further ones are counted.
    await openIdle(proxy.port, IDLE_CONNECTIONS / 4, sockets);
    await wait(SETTLE_MS);
    const before = unsharedMb(proxy.pid);
    await openIdle(proxy.port, IDLE_CONNECTIONS, sockets);
    await wait(SETTLE_MS);
    const after = unsharedMb(proxy.pid);
    for (const socket of sockets) socket.destroy();
    const busyProxy = keep(await startTulle(origin.port));
    await load(busyProxy.port, options.seconds * 2, dir);
    const perConnection =
      before === null || after === null ? null : ((after - before) * 1024) / IDLE_CONNECTIONS;
    options.say(`Memory: ${IDLE_CONNECTIONS} idle connections beside ${IDLE_CONNECTIONS / 4}`);
    return {
      pss_anon_idle_mb: rounded(idle),
      pss_anon_busy_mb: rounded(unsharedMb(busyProxy.pid)),
      idle_connection_kb: rounded(perConnection),
    };
  });
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(1));
}

/** Opens connections that have been answered once each. */
async function openIdle(port: number, count: number, sockets: Socket[]): Promise<void> {
  for (let opened = 0; opened < count; opened += BATCH) {
    await Promise.all(
      Array.from({ length: Math.min(BATCH, count - opened) }, async () => {
        const socket = connect({ port, host: '127.0.0.1' });
        sockets.push(socket);
        socket.on('error', () => {});
        socket.write('GET / HTTP/1.1\r\nHost: web.bench.svc.cluster.local\r\n\r\n');
        await once(socket, 'data');
      }),
    );
  }
}

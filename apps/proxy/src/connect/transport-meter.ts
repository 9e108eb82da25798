/**
 * Counts what goes through sockets without a listener per byte: the kernel-side counters Node keeps are read twice a
 * second and when a socket closes, so the figures lag by half a second at most.
 */
import type { Socket } from 'node:net';
import type { TransportCounters } from '../stack/endpoint.ts';

const SAMPLE_MS = 500;

class MeteredSocket {
  readonly #socket: Socket;
  readonly #counters: TransportCounters;
  #read = 0;
  #written = 0;
  #errno: string | null = null;

  constructor(socket: Socket, counters: TransportCounters) {
    this.#socket = socket;
    this.#counters = counters;
    counters.opened();
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#errno = error.code ?? 'UNKNOWN';
    });
    socket.on('close', () => {
      this.sample();
      metered.delete(this);
      counters.closed(this.#errno);
    });
  }

  sample(): void {
    const { bytesRead } = this.#socket;
    // Undefined on a socket already taken apart.
    const bytesWritten = this.#socket.bytesWritten ?? this.#written;
    if (bytesRead > this.#read) this.#counters.read(bytesRead - this.#read);
    if (bytesWritten > this.#written) this.#counters.wrote(bytesWritten - this.#written);
    this.#read = bytesRead;
    this.#written = bytesWritten;
  }
}

const metered = new Set<MeteredSocket>();
let sampler: NodeJS.Timeout | null = null;

function sampleAll(): void {
  for (const socket of metered) socket.sample();
  if (metered.size > 0 || sampler === null) return;
  clearInterval(sampler);
  sampler = null;
}

/** Counts an open socket until it closes. */
export function meterSocket(socket: Socket, counters: TransportCounters): void {
  metered.add(new MeteredSocket(socket, counters));
  if (sampler !== null) return;
  sampler = setInterval(sampleAll, SAMPLE_MS);
  sampler.unref();
}

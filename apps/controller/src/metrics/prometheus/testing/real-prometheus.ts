/** A real Prometheus that scrapes what a test names, for this folder's tests. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScrapedTarget {
  /** `host:port` */
  readonly address: string;
  /** What relabelling would give it. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface RealPrometheus {
  readonly url: string;
  /** Stops it as a crash would, keeping its data. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const READY_PATIENCE_MS = 30_000;

/** Needs the program `prometheus` (Debian package of the same name). */
export async function startPrometheus(
  targets: readonly ScrapedTarget[],
  scrapeInterval: string,
): Promise<RealPrometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'tulle-prometheus-'));
  const config = join(dir, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: scrapeInterval, scrape_timeout: scrapeInterval },
      scrape_configs: [
        {
          job_name: 'linkerd-proxy',
          static_configs: targets.map(({ address, labels }) => ({ targets: [address], labels })),
        },
      ],
    }),
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ReturnType<typeof spawn> | null = null;

  async function start(): Promise<void> {
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ];
    const started = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child = started;
    await Promise.race([once(started, 'spawn'), once(started, 'error').then(([e]) => fail(e))]);
    await untilReady(url);
  }

  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  await start();
  return {
    url,
    start,
    kill,
    async close() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A little exporter: says, when asked, what `text` gives. */
export async function startExporter(text: () => string): Promise<{
  readonly address: string;
  close(): void;
}> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function fail(error: unknown): never {
  throw new Error('prometheus cannot be started; install the Debian package prometheus', {
    cause: error,
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilReady(url: string): Promise<void> {
  const giveUpAtMs = Date.now() + READY_PATIENCE_MS;
  for (;;) {
    const answer = await fetch(`${url}/-/ready`).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    assert.ok(Date.now() < giveUpAtMs, 'Prometheus did not become ready.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

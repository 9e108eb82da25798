import { TulleError } from '@tulle/model';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** A proxy that says more than this is not listened to. */
const MAX_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 2000;

/** Fetches `/metrics` of proxies over connections that are kept. */
export interface ScrapeClient {
  /**
   * The text of `http://<address>/metrics`.
   * @throws TulleError `unavailable` when it cannot be had, `deadline_exceeded` after 2 s, `resource_exhausted` over 8 MiB.
   */
  fetch(address: string): Promise<string>;
  close(): void;
}

export function createScrapeClient(timeoutMs: number = TIMEOUT_MS): ScrapeClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1 });
  return {
    fetch: (address) => fetchText(agent, address, timeoutMs),
    close: () => agent.destroy(),
  };
}

function fetchText(agent: Agent, address: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (code: 'unavailable' | 'deadline_exceeded', message: string): void =>
      reject(new TulleError(code, `${address}/metrics ${message}`));
    const request = get(`http://${address}/metrics`, { agent }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        clearTimeout(deadline);
        fail('unavailable', `answered ${response.statusCode}`);
        return;
      }
      readAll(response, address)
        .then(resolve, reject)
        .finally(() => clearTimeout(deadline));
    });
    // Over the whole exchange: a proxy that trickles its answer would never trip an idle timeout.
    const deadline = setTimeout(() => {
      fail('deadline_exceeded', `did not answer within ${timeoutMs} ms`);
      request.destroy();
    }, timeoutMs);
    request.on('error', (error) => {
      clearTimeout(deadline);
      fail('unavailable', `cannot be read: ${error.message}`);
    });
  });
}

async function readAll(response: IncomingMessage, address: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new TulleError(
        'resource_exhausted',
        `${address}/metrics is longer than ${MAX_BYTES} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

/** HTTP/1, one hop: the shipped proxy, outbound, beside HAProxy, nginx and node:http. */
import { generator } from './load.ts';
import { byCpu, byRate, measureInTurn, ratio, withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { haproxy, nginx, nodeHttp, startOrigin, tulle } from './peers.ts';
import type { Running } from './peers.ts';

export function measureHttp1Hop(options: BenchOptions): Promise<Figures> {
  return withPrograms(async (keep, dir) => {
    const origin = keep(await startOrigin(dir));
    const proxies: Running[] = [];
    for (const peer of [tulle, haproxy, nginx, nodeHttp]) {
      const running = await peer.start(origin.port, dir);
      if (running === null) options.say(`  ${peer.name} is not installed: left out.`);
      else proxies.push(keep(running));
    }
    options.say(`HTTP/1 one hop, 64 connections; ${generator}, origin: ${origin.name}`);
    const samples = await measureInTurn(proxies, dir, options);
    return {
      h1_hop_vs_haproxy: ratio(samples, 'tulle', 'haproxy', byRate),
      h1_hop_vs_nginx: ratio(samples, 'tulle', 'nginx', byRate),
      h1_hop_vs_node_http: ratio(samples, 'tulle', 'node:http', byRate),
      h1_hop_cpu_vs_haproxy: ratio(samples, 'tulle', 'haproxy', byCpu),
      h1_hop_cpu_vs_nginx: ratio(samples, 'tulle', 'nginx', byCpu),
      h1_hop_cpu_vs_node_http: ratio(samples, 'tulle', 'node:http', byCpu),
    };
  });
}

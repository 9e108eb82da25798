/** HTTP/1 through a meshed pair, beside nginx → nginx and HAProxy → HAProxy over mutual TLS. */
import { byCpu, byP99, byRate, measureInTurn, ratio, withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { haproxyPair, nginxPair, tullePair } from './pairs.ts';
import { startOrigin } from './peers.ts';

export function measureHttp1Pair(options: BenchOptions): Promise<Figures> {
  return withPrograms(async (keep, dir) => {
    const origin = keep(await startOrigin(dir));
    const pairs = [keep(await tullePair(origin.port))];
    for (const startPair of [nginxPair, haproxyPair]) {
      const pair = await startPair(origin.port, dir);
      if (pair !== null) pairs.push(keep(pair));
    }
    options.say('HTTP/1 through two hops with mutual TLS, both on one core, 64 connections');
    const samples = await measureInTurn(pairs, dir, options);
    return {
      h1_pair_vs_nginx: ratio(samples, 'tulle pair', 'nginx pair', byRate),
      h1_pair_vs_haproxy_h2: ratio(samples, 'tulle pair', 'haproxy pair', byRate),
      h1_pair_cpu_vs_nginx: ratio(samples, 'tulle pair', 'nginx pair', byCpu),
      h1_pair_cpu_vs_haproxy_h2: ratio(samples, 'tulle pair', 'haproxy pair', byCpu),
      h1_pair_p99_vs_nginx: ratio(samples, 'tulle pair', 'nginx pair', byP99),
    };
  });
}

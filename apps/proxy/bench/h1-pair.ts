/**
 * HTTP/1 through a meshed pair, beside nginx → nginx and HAProxy → HAProxy over mutual TLS.
 * `node apps/proxy/bench/h1-pair.ts [--seconds=N] [--rounds=N] [--peers=no] [--beside=CHECKOUT,…]` measures the built
 * proxies of other checkouts in the same rounds.
 */
import { fileURLToPath } from 'node:url';
import { wordOption } from './options.ts';
import { byCpu, byP99, byRate, measureInTurn, ratio, withPrograms } from './measure.ts';
import type { BenchOptions, Figures } from './measure.ts';
import { haproxyPair, nginxPair, tullePair } from './pairs.ts';
import { startOrigin } from './peers.ts';

interface PairOptions extends BenchOptions {
  /** Other checkouts, built, to measure as well. */
  readonly beside?: readonly string[];
  readonly hasPeers?: boolean;
}

export function measureHttp1Pair(options: PairOptions): Promise<Figures> {
  return withPrograms(async (keep, dir) => {
    const origin = keep(await startOrigin(dir));
    const pairs = [keep(await tullePair(origin.port))];
    for (const checkout of options.beside ?? []) {
      pairs.push(keep(await tullePair(origin.port, checkout)));
    }
    for (const startPair of options.hasPeers === false ? [] : [nginxPair, haproxyPair]) {
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await measureHttp1Pair({
    rounds: Number(wordOption('rounds') ?? 5),
    seconds: Number(wordOption('seconds') ?? 3),
    beside: wordOption('beside')?.split(',') ?? [],
    hasPeers: wordOption('peers') !== 'no',
    say: (line) => console.log(line),
  });
  for (const [key, value] of Object.entries(figures)) console.log(`${key}: ${value ?? 'n/a'}`);
}

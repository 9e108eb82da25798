/**
 * `npm run test:cluster`: what must hold on a real cluster, one proof after another; names of proofs as arguments run
 * those alone. TULLE_HOLD_SECONDS says how long streams are held (45 here, 600 for the long run).
 */
import { findCluster } from './find-cluster.ts';
import { BROWSER } from './proofs/browser.ts';
import { DISRUPTION } from './proofs/disruption.ts';
import { GRAFANA } from './proofs/grafana.ts';
import { INSTALL } from './proofs/install.ts';
import { MESH } from './proofs/mesh.ts';
import { PERSONA } from './proofs/persona.ts';
import { RIGHTS } from './proofs/rights.ts';
import { TRANSPARENCY } from './proofs/transparency.ts';
import { UNINSTALL } from './proofs/uninstall.ts';
import { WORKLOADS } from './proofs/workloads.ts';
import type { Proof } from './proof.ts';
import { prepareImages } from './prepare-images.ts';
import { createWorld } from './world.ts';

const PROOFS: readonly Proof[] = [
  INSTALL,
  MESH,
  GRAFANA,
  BROWSER,
  PERSONA,
  TRANSPARENCY,
  WORKLOADS,
  DISRUPTION,
  RIGHTS,
  UNINSTALL,
];

const only = process.argv.slice(2);
const say = (line: string): void => console.log(`   ${line}`);

async function main(): Promise<number> {
  const unknown = only.filter((name) => !PROOFS.some((proof) => proof.name === name));
  if (unknown.length > 0) {
    const names = PROOFS.map(({ name }) => name).join(', ');
    console.error(`There is no proof ${unknown.join(', ')}; the proofs are ${names}.`);
    return 64;
  }
  const cluster = await findCluster(say);
  try {
    await prepareImages(cluster, say);
    const { kubeconfig, runFolder } = cluster;
    const world = createWorld(kubeconfig, runFolder === null ? null : { runFolder }, say);
    let failed = 0;
    let passed = 0;
    for (const proof of PROOFS) {
      if (only.length > 0 && !only.includes(proof.name)) continue;
      const startedAtMs = Date.now();
      console.log(`── ${proof.name}: ${proof.claim}`);
      try {
        await proof.run(world);
        passed += 1;
        console.log(`── ${proof.name} holds (${seconds(startedAtMs)})`);
      } catch (error) {
        failed += 1;
        const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
        console.log(`── ${proof.name} FAILED (${seconds(startedAtMs)}): ${sentence}`);
        await proof.explain?.(world).catch(() => {});
        // Nothing that follows can hold without it.
        if (proof.isBase === true) break;
      }
    }
    console.log(`cluster: ${passed} proofs hold, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await cluster.close();
  }
}

function seconds(sinceMs: number): string {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}

process.exitCode = await main();

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { DASHBOARD_QUERIES, type DashboardQuery } from '../grafana-queries.ts';
import type { Proof } from '../proof.ts';
import { CONTROL_PLANE, DEMO, type World } from '../world.ts';

/** A route's first numbers are scraped within ten seconds, and a rate takes two scrapes. */
const PATIENCE_MS = 150_000;
const LOOK_EVERY_MS = 5000;

/** A route of the demo, so that there is something to ask about routes. */
const PROFILE = {
  apiVersion: 'linkerd.io/v1alpha2',
  kind: 'ServiceProfile',
  metadata: { name: `voting-svc.${DEMO}.svc.cluster.local`, namespace: DEMO },
  spec: {
    routes: [
      {
        name: 'Vote',
        condition: {
          method: 'POST',
          pathRegex: '/emojivoto\\.v1\\.VotingService/Vote.*',
        },
      },
    ],
  },
};

export const GRAFANA: Proof = {
  name: 'grafana',
  claim: 'Linkerd’s Grafana dashboards have data, on our metrics as they are',
  async run(world) {
    const before = await world.kubectlWith(
      {},
      'get',
      'serviceprofile',
      PROFILE.metadata.name,
      '-n',
      DEMO,
    );
    const isOurs = before.code !== 0;
    if (isOurs) {
      const input = JSON.stringify(PROFILE);
      const applied = await world.kubectlWith({ input }, 'apply', '-f', '-');
      assert.equal(applied.code, 0, applied.stderr);
    }
    try {
      await untilAllAnswer(world);
    } finally {
      if (isOurs)
        await world.kubectl('delete', 'serviceprofile', PROFILE.metadata.name, '-n', DEMO);
    }
  },
};

async function untilAllAnswer(world: World): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  let missing = DASHBOARD_QUERIES.filter(({ emptyBecause }) => emptyBecause === undefined);
  const asked = missing.length;
  while (missing.length > 0 && Date.now() < giveUpAtMs) {
    const answers = await Promise.all(missing.map(async (query) => hasData(world, query)));
    missing = missing.filter((_, index) => answers[index] !== true);
    if (missing.length > 0) await delay(LOOK_EVERY_MS);
  }
  assert.deepEqual(
    missing.map(({ dashboard, panel }) => `${dashboard}: ${panel}`),
    [],
  );
  world.say(`${asked} queries of five dashboards return data`);
  for (const { dashboard, panel, emptyBecause } of DASHBOARD_QUERIES) {
    if (emptyBecause !== undefined) world.say(`${dashboard}: ${panel} is empty: ${emptyBecause}`);
  }
}

interface PrometheusAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

async function hasData({ kubectl }: World, { promql }: DashboardQuery): Promise<boolean> {
  const service = `/api/v1/namespaces/${CONTROL_PLANE}/services/tulle-prometheus:9090/proxy`;
  const path = `${service}/api/v1/query?query=${encodeURIComponent(promql)}`;
  const answer = JSON.parse(await kubectl('get', '--raw', path)) as PrometheusAnswer;
  return answer.data.result.some(({ value }) => Number.isFinite(Number(value[1])));
}

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { emojiRoutes } from './emoji/emoji-service.ts';
import { serveGrpc, type GrpcServer } from './process/serve-grpc.ts';
import { Poll } from './voting/poll.ts';
import { votingRoutes } from './voting/voting-service.ts';
import { startVoteBot } from './vote-bot/vote-bot.ts';
import { connectDependencies } from './web/dependencies.ts';
import { serveWeb, type WebServer } from './web/web-server.ts';

let emoji: GrpcServer;
let voting: GrpcServer;
let web: WebServer;

before(async () => {
  emoji = await serveGrpc(0, emojiRoutes);
  const faults = { failureRate: 0, delayMs: 0, random: Math.random };
  voting = await serveGrpc(0, votingRoutes(new Poll(), faults));
  web = await serveWeb(
    0,
    connectDependencies({ emoji: `127.0.0.1:${emoji.port}`, voting: `127.0.0.1:${voting.port}` }),
  );
});
after(async () => {
  await Promise.all([web.stop(), emoji.stop(), voting.stop()]);
});

const ask = async (path: string): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(`http://127.0.0.1:${web.port}${path}`, {
    headers: { connection: 'close' },
  });
  return { status: response.status, body: await response.json() };
};

test('lists a hundred emoji', async () => {
  const { status, body } = await ask('/api/list');
  assert.equal(status, 200);
  assert.equal((body as unknown[]).length, 100);
  assert.deepEqual((body as unknown[])[0], { shortcode: ':joy:', unicode: '😂' });
});

test('counts a vote and shows it on the leaderboard', async () => {
  assert.equal((await ask('/api/vote?choice=:joy:')).status, 200);
  const { body } = await ask('/api/leaderboard');
  assert.deepEqual(body, [{ shortcode: ':joy:', unicode: '😂', votes: 1 }]);
});

test('loses every vote for the doughnut with gRPC Unknown', async () => {
  const { status, body } = await ask('/api/vote?choice=:doughnut:');
  assert.equal(status, 500);
  assert.deepEqual(body, { error: 'Unknown: the vote for :doughnut: was lost' });
});

test('refuses a vote without a choice or for an emoji it does not know', async () => {
  assert.equal((await ask('/api/vote')).status, 400);
  assert.equal((await ask('/api/vote?choice=:nobody:')).status, 400);
  assert.equal((await ask('/api/nothing')).status, 404);
});

test('answers 500 while a dependency is gone and recovers when it is back', async () => {
  const { port } = voting;
  await voting.stop();
  assert.equal((await ask('/api/vote?choice=:joy:')).status, 500);
  const faults = { failureRate: 0, delayMs: 0, random: Math.random };
  voting = await serveGrpc(port, votingRoutes(new Poll(), faults));
  assert.equal((await ask('/api/vote?choice=:joy:')).status, 200);
});

test('the bot lists, then votes, under the host name it was told, and outlives a failing web', async () => {
  const seen: string[] = [];
  const votedTwice = Promise.withResolvers<void>();
  const target = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    if (seen.length >= 5) votedTwice.resolve();
    response.writeHead(seen.length === 1 ? 500 : 200);
    response.end(JSON.stringify([{ shortcode: ':ghost:' }]));
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
  const stop = startVoteBot({
    webHost: `127.0.0.1:${(target.address() as AddressInfo).port}`,
    hostOverride: 'web-svc',
    requestRate: 50,
    random: () => 0.5,
    say: () => {},
  });
  await votedTwice.promise;
  stop();
  target.close();
  target.closeAllConnections();
  assert.ok(seen.includes('web-svc /api/list'));
  assert.ok(seen.includes('web-svc /api/vote?choice=%3Aghost%3A'));
});

import { runProgram, say } from '../process/run-program.ts';
import { serveGrpc } from '../process/serve-grpc.ts';
import { Poll } from './poll.ts';
import { votingRoutes } from './voting-service.ts';

const LONGEST_DELAY_MS = 60_000;

runProgram(
  'voting',
  (env) => ({
    port: env.port('GRPC_PORT'),
    failureRate: env.number('FAILURE_RATE', { min: 0, max: 1, fallback: 0 }),
    delayMs: env.number('ARTIFICIAL_DELAY', { min: 0, max: LONGEST_DELAY_MS, fallback: 0 }),
  }),
  async ({ port, failureRate, delayMs }) => {
    const faults = { failureRate, delayMs, random: Math.random };
    const server = await serveGrpc(port, votingRoutes(new Poll(), faults));
    say(`voting answers gRPC on port ${server.port}`);
    return server;
  },
);

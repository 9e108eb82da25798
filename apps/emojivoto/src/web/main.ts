import { runProgram, say } from '../process/run-program.ts';
import { connectDependencies } from './dependencies.ts';
import { serveWeb } from './web-server.ts';

runProgram(
  'web',
  (env) => ({
    port: env.port('WEB_PORT'),
    emoji: env.hostAndPort('EMOJISVC_HOST'),
    voting: env.hostAndPort('VOTINGSVC_HOST'),
  }),
  async ({ port, emoji, voting }) => {
    const server = await serveWeb(port, connectDependencies({ emoji, voting }));
    say(`web answers HTTP on port ${server.port}`);
    return server;
  },
);

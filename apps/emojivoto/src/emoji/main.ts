import { runProgram, say } from '../process/run-program.ts';
import { serveGrpc } from '../process/serve-grpc.ts';
import { emojiRoutes } from './emoji-service.ts';

runProgram(
  'emoji',
  (env) => ({ port: env.port('GRPC_PORT') }),
  async ({ port }) => {
    const server = await serveGrpc(port, emojiRoutes);
    say(`emoji answers gRPC on port ${server.port}`);
    return server;
  },
);

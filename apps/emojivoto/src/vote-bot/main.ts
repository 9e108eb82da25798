import { runProgram, say } from '../process/run-program.ts';
import { startVoteBot } from './vote-bot.ts';

const HIGHEST_RATE = 1000;
const LONGEST_LIFE_SECONDS = 31_536_000;

runProgram(
  'vote-bot',
  (env) => ({
    webHost: env.hostAndPort('WEB_HOST'),
    hostOverride: env.optional('HOST_OVERRIDE'),
    requestRate: env.number('REQUEST_RATE', { min: 0.01, max: HIGHEST_RATE, fallback: 1 }),
    /** Seconds until it ends by itself; 0 is never. */
    ttlSeconds: env.number('TTL', { min: 0, max: LONGEST_LIFE_SECONDS, fallback: 0 }),
  }),
  (config) => {
    const stop = startVoteBot({ ...config, random: Math.random, say });
    say(`vote-bot votes at ${config.webHost}, ${config.requestRate} rounds a second`);
    if (config.ttlSeconds > 0) {
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), config.ttlSeconds * 1000).unref();
    }
    return Promise.resolve({
      stop: () => {
        stop();
        return Promise.resolve();
      },
    });
  },
);

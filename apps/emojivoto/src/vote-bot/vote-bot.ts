import { Agent, get } from 'node:http';

export interface VoteBotOptions {
  /** `host:port` of web. */
  readonly webHost: string;
  /** `Host` header to send instead of `webHost`: the name of the service, where the address is a local one. */
  readonly hostOverride: string | undefined;
  /** Rounds a second; a round is /api/list, then /api/vote. */
  readonly requestRate: number;
  /** Gives 0 to 1. */
  readonly random: () => number;
  readonly say: (message: string) => void;
}

/** Part of the votes that go to the doughnut. */
const DOUGHNUT_PART = 0.15;
const REQUEST_TIMEOUT_MS = 10_000;
/** Rounds under way at once; while web hangs, further rounds are skipped and not stored up. */
const MOST_ROUNDS_AT_ONCE = 20;

/**
 * Votes until it is told to stop. HTTP/1.1 with keep-alive. A failed request is logged and the next round goes on.
 * @returns stops the timer and closes the connections
 */
export function startVoteBot(options: VoteBotOptions): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_ROUNDS_AT_ONCE });
  let underWay = 0;
  let round = 0;
  const timer = setInterval(() => {
    if (underWay >= MOST_ROUNDS_AT_ONCE) return;
    underWay += 1;
    round += 1;
    voteOnce(options, agent, round)
      .catch((reason: Error) => options.say(`could not vote: ${reason.message}`))
      .finally(() => {
        underWay -= 1;
      });
  }, 1000 / options.requestRate);
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
}

async function voteOnce(options: VoteBotOptions, agent: Agent, round: number): Promise<void> {
  const list = await fetchText(options, agent, '/api/list', round);
  if (list.status !== 200) throw new Error(`/api/list answered ${list.status}: ${list.body}`);
  const emoji = JSON.parse(list.body) as { shortcode: string }[];
  const choice = pick(emoji, options.random);
  const path = `/api/vote?choice=${encodeURIComponent(choice)}`;
  const vote = await fetchText(options, agent, path, round);
  if (vote.status !== 200) throw new Error(`${path} answered ${vote.status}: ${vote.body}`);
  options.say(`voted for ${choice}`);
}

/** The shortcode to vote for: the doughnut in 15 of 100 cases, otherwise any. */
export function pick(emoji: readonly { shortcode: string }[], random: () => number): string {
  if (random() < DOUGHNUT_PART) return ':doughnut:';
  return emoji[Math.floor(random() * emoji.length)]?.shortcode ?? ':doughnut:';
}

function fetchText(
  options: VoteBotOptions,
  agent: Agent,
  path: string,
  round: number,
): Promise<{ status: number; body: string }> {
  const headers: Record<string, string> = { 'x-request-id': `vote-bot-${process.pid}-${round}` };
  if (options.hostOverride !== undefined) headers['host'] = options.hostOverride;
  return new Promise((resolve, reject) => {
    const request = get(`http://${options.webHost}${path}`, { agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.setTimeout(REQUEST_TIMEOUT_MS, () => {
      request.destroy(new Error(`${path} did not answer within ${REQUEST_TIMEOUT_MS / 1000} s`));
    });
    request.on('error', reject);
  });
}

import { Code, ConnectError } from '@connectrpc/connect';
import type { Dependencies, LeaderboardRow } from './dependencies.ts';

/** Status and JSON body of an answer. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Rows of the leaderboard that are asked for by name; each costs a call to emoji. */
const LEADERBOARD_ROWS = 20;

/**
 * The three API paths of web. A choice that is missing or unknown is 400; an error of emoji or voting is 500 with the
 * gRPC status in words. Null for any other path.
 */
export async function answerApi(
  url: URL,
  headers: Headers,
  dependencies: Dependencies,
): Promise<ApiAnswer | null> {
  try {
    switch (url.pathname) {
      case '/api/list':
        return { status: 200, body: await list(headers, dependencies) };
      case '/api/vote':
        return await vote(url.searchParams.get('choice') ?? '', headers, dependencies);
      case '/api/leaderboard':
        return { status: 200, body: await leaderboard(headers, dependencies) };
      default:
        return null;
    }
  } catch (reason) {
    return { status: 500, body: { error: sentenceOf(reason) } };
  }
}

async function list(headers: Headers, dependencies: Dependencies): Promise<unknown> {
  const emoji = await dependencies.listEmoji(headers);
  return emoji.map(({ shortcode, unicode }) => ({ shortcode, unicode }));
}

async function vote(
  choice: string,
  headers: Headers,
  dependencies: Dependencies,
): Promise<ApiAnswer> {
  if (choice === '') {
    return { status: 400, body: { error: 'Say which emoji: /api/vote?choice=:joy:' } };
  }
  const emoji = await dependencies.findEmoji(choice, headers);
  if (emoji === null) {
    return { status: 400, body: { error: `There is no emoji ${choice}; /api/list has them all.` } };
  }
  await dependencies.vote(emoji.shortcode, headers);
  return { status: 200, body: { shortcode: emoji.shortcode, unicode: emoji.unicode } };
}

async function leaderboard(
  headers: Headers,
  dependencies: Dependencies,
): Promise<LeaderboardRow[]> {
  const results = (await dependencies.results(headers)).slice(0, LEADERBOARD_ROWS);
  return Promise.all(
    results.map(async ({ shortcode, votes }) => {
      const emoji = await dependencies.findEmoji(shortcode, headers);
      return { shortcode, unicode: emoji?.unicode ?? '', votes };
    }),
  );
}

function sentenceOf(reason: unknown): string {
  const error = ConnectError.from(reason);
  return `${Code[error.code]}: ${error.rawMessage}`;
}

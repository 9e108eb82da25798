import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { voteMethod } from '../catalogue/vote-method.ts';
import { EmojiService } from '../gen/emojivoto/v1/emoji_pb.ts';
import { VotingService } from '../gen/emojivoto/v1/voting_pb.ts';

export interface Emoji {
  readonly shortcode: string;
  readonly unicode: string;
}
export interface LeaderboardRow extends Emoji {
  readonly votes: number;
}

/** What web asks of emoji and voting. Headers are passed on with each call. Each rejects with a ConnectError. */
export interface Dependencies {
  listEmoji(headers: Headers): Promise<Emoji[]>;
  /** Null when there is no such emoji. */
  findEmoji(shortcode: string, headers: Headers): Promise<Emoji | null>;
  vote(shortcode: string, headers: Headers): Promise<void>;
  results(headers: Headers): Promise<{ shortcode: string; votes: number }[]>;
}

/** A call that takes longer fails with DeadlineExceeded; the deadline travels as `grpc-timeout`. */
const CALL_TIMEOUT_MS = 5000;

/** @param hosts `host:port` of each service, plain HTTP/2; one connection each, made on the first call */
export function connectDependencies(hosts: { emoji: string; voting: string }): Dependencies {
  const options = { defaultTimeoutMs: CALL_TIMEOUT_MS };
  const emojiTransport = createGrpcTransport({ baseUrl: `http://${hosts.emoji}`, ...options });
  const votingTransport = createGrpcTransport({ baseUrl: `http://${hosts.voting}`, ...options });
  const emoji = createClient(EmojiService, emojiTransport);
  const voting = createClient(VotingService, votingTransport);
  return {
    listEmoji: async (headers) => (await emoji.listAll({}, { headers })).list,
    findEmoji: async (shortcode, headers) =>
      (await emoji.findByShortcode({ shortcode }, { headers })).emoji ?? null,
    vote: async (shortcode, headers) => {
      const method = voteMethod(shortcode);
      await votingTransport.unary(method, undefined, CALL_TIMEOUT_MS, headers, {});
    },
    results: async (headers) => (await voting.results({}, { headers })).results,
  };
}

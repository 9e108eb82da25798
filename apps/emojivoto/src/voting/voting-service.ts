import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { setTimeout as delay } from 'node:timers/promises';
import { EMOJI_CATALOGUE } from '../catalogue/emoji-catalogue.ts';
import { voteMethod } from '../catalogue/vote-method.ts';
import { VotingService } from '../gen/emojivoto/v1/voting_pb.ts';
import type { Poll } from './poll.ts';

/** What goes wrong on purpose. */
export interface VotingFaults {
  /** 0 to 1: part of the votes, whatever the emoji, that fail with gRPC Unknown. */
  readonly failureRate: number;
  /** Milliseconds each vote takes longer. */
  readonly delayMs: number;
  /** Gives 0 to 1. */
  readonly random: () => number;
}

/** The vote that always fails, so that there is a failure to find in the dashboard. */
export const ALWAYS_FAILS = ':doughnut:';

/** `emojivoto.v1.VotingService`: a method per emoji, and the results. */
export function votingRoutes(poll: Poll, faults: VotingFaults): (router: ConnectRouter) => void {
  return (router) => {
    for (const { shortcode } of EMOJI_CATALOGUE) {
      router.rpc(voteMethod(shortcode), async () => {
        if (faults.delayMs > 0) await delay(faults.delayMs);
        if (shortcode === ALWAYS_FAILS || faults.random() < faults.failureRate) {
          throw new ConnectError(`the vote for ${shortcode} was lost`, Code.Unknown);
        }
        poll.vote(shortcode);
        return {};
      });
    }
    router.rpc(VotingService.method.results, () => ({ results: poll.results() }));
  };
}

import type { DescMethodUnary } from '@bufbuild/protobuf';
import {
  VotingService,
  type VoteRequestSchema,
  type VoteResponseSchema,
} from '../gen/emojivoto/v1/voting_pb.ts';

export type VoteMethod = DescMethodUnary<typeof VoteRequestSchema, typeof VoteResponseSchema>;

/** The method that counts a vote for this emoji. @throws Error when the catalogue and the proto file disagree */
export function voteMethod(shortcode: string): VoteMethod {
  const name = voteMethodName(shortcode);
  const method = VotingService.methods.find((candidate) => candidate.name === name);
  if (method === undefined) throw new Error(`VotingService has no method ${name}`);
  return method as VoteMethod;
}

/** `:jack_o_lantern:` → `VoteJackOLantern`, the method of VotingService that counts a vote for it. */
function voteMethodName(shortcode: string): string {
  const words = shortcode.replaceAll(':', '').split('_');
  return `Vote${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
}

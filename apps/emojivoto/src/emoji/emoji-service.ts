import type { ConnectRouter } from '@connectrpc/connect';
import { EMOJI_CATALOGUE } from '../catalogue/emoji-catalogue.ts';
import { EmojiService } from '../gen/emojivoto/v1/emoji_pb.ts';

const BY_SHORTCODE = new Map(EMOJI_CATALOGUE.map((emoji) => [emoji.shortcode, emoji]));

/** `emojivoto.v1.EmojiService`. An unknown shortcode is an answer without an emoji, as in the original, not an error. */
export function emojiRoutes(router: ConnectRouter): void {
  router.service(EmojiService, {
    listAll: () => ({ list: EMOJI_CATALOGUE.map((emoji) => ({ ...emoji })) }),
    findByShortcode: (request) => {
      const emoji = BY_SHORTCODE.get(request.shortcode);
      return emoji === undefined ? {} : { emoji: { ...emoji } };
    },
  });
}

import { z } from 'zod';
import { cursorContentOf, toConnection } from '../lib/connection.js';
import { BellwetherError } from '../lib/errors.js';
import type { FeedItem, FeedItemConnection } from './feed.js';

/** Returns items of a feed in order with their cursors, which are valid for this feed only. */
export function toFeedItems(
  feedId: string,
  nodes: readonly FeedItem[],
  page: { readonly hasMore: boolean; readonly isFirst: boolean },
): FeedItemConnection {
  return toConnection(nodes, ({ rank }) => [feedId, rank], page);
}

const cursorContent = z.tuple([z.string(), z.int().min(1)]);

/**
 * Returns the rank after which a page of a feed starts; 0 without a cursor.
 *
 * @throws {BellwetherError} BAD_USER_INPUT for a text that is not a cursor of an item, and for a cursor of another feed.
 */
export function rankOfCursor(feedId: string, cursor: string | null | undefined): number {
  if (cursor == null) return 0;
  const [ofFeed, rank] = cursorContentOf(cursor, cursorContent) ?? [];
  if (ofFeed === undefined || rank === undefined) {
    throw BellwetherError.badInput(
      'after',
      'after must be endCursor of an earlier page, or the cursor of an item. Omit it for the first page.',
    );
  }
  if (ofFeed !== feedId) {
    throw BellwetherError.badInput(
      'after',
      `after is a cursor of the feed "${ofFeed}", but this is the feed "${feedId}". Continue a feed with servedFeed(id).`,
    );
  }
  return rank;
}

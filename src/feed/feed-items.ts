import { z } from 'zod';
import { BellwetherError } from '../lib/errors.js';
import type { FeedItem, FeedItemConnection } from './feed.js';

/** Returns items of a feed in order with their cursors, which are opaque to clients. */
export function toConnection(
  nodes: readonly FeedItem[],
  { hasMore, isFirst }: { readonly hasMore: boolean; readonly isFirst: boolean },
): FeedItemConnection {
  const edges = nodes.map((node) => ({ cursor: encodeRank(node.rank), node }));
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: hasMore,
      hasPreviousPage: !isFirst,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const cursorContent = z.tuple([z.literal('rank'), z.int().min(1)]);

function encodeRank(rank: number): string {
  return Buffer.from(JSON.stringify(['rank', rank])).toString('base64url');
}

/**
 * Returns the rank after which a page starts; 0 without a cursor.
 *
 * @throws {BellwetherError} BAD_USER_INPUT for a text that is not a cursor of an item.
 */
export function decodeRank(cursor: string | null | undefined): number {
  if (cursor == null) return 0;
  const content = cursorContent.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (content.success) return content.data[1];
  throw BellwetherError.badInput(
    'after',
    'after must be endCursor of an earlier page, or the cursor of an item. Omit it for the first page.',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

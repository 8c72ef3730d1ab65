import { z } from 'zod';
import { BellwetherError } from '../errors.js';
import { checkInput } from '../input/check-input.js';
import type { Market } from '../repositories/market.js';
import type { MarketCursor } from '../repositories/market-repository.js';

/** Which markets to list, how many, and after which. */
export const marketPageRequest = z.object({
  first: z
    .number()
    .int()
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100'),
  after: z.string().max(500, 'must have at most 500 characters').nullish(),
  category: z.string().max(100, 'must have at most 100 characters').nullish(),
  tag: z.string().max(100, 'must have at most 100 characters').nullish(),
  status: z.enum(['OPEN', 'CLOSED', 'RESOLVED']).nullish(),
  text: z.string().max(200, 'must have at most 200 characters').nullish(),
});

/** A page of a list of markets. */
export interface MarketPage {
  readonly edges: readonly { readonly cursor: string; readonly node: Market }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export function toMarketPage(markets: readonly Market[], hasMore: boolean, isFirst: boolean): MarketPage {
  const edges = markets.map((node) => ({ cursor: encodeCursor(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: hasMore,
      hasPreviousPage: !isFirst,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const cursorContent = z.tuple([z.number().int(), z.string().min(1).max(128)]);

function encodeCursor({ createdAt, id }: Market): string {
  return Buffer.from(JSON.stringify([createdAt.getTime(), id])).toString('base64url');
}

/** @throws {BellwetherError} BAD_USER_INPUT for anything but a cursor of ours. */
export function decodeCursor(cursor: string): MarketCursor {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw BellwetherError.badInput('after', 'after must be a cursor from an earlier page.');
  }
  const [createdAtMs, id] = checkInput(cursorContent, content, 'after');
  return { createdAt: new Date(createdAtMs), id };
}

import { z } from 'zod';
import { BellwetherError } from '../lib/errors.js';
import { isStorableInstant, storableText } from '../lib/input/text-schemas.js';
import type { Market } from '../domain/market.js';
import type { MarketCursor } from '../storage/markets/market-repository.js';
import { MAX_QUERY_WORDS, queryWords } from '../storage/markets/market-search.js';

/** Maximum length of a search text in UTF-16 code units. */
export const MAX_SEARCH_LENGTH = 200;

/** Filter, page size (1–100), and cursor of a list of markets. */
export const marketPageRequest = z.object({
  first: z.number().int().min(1, 'must be at least 1').max(100, 'must be at most 100'),
  after: z.string().max(500, 'must have at most 500 characters').nullish(),
  filter: z
    .object({
      category: storableText.max(100, 'must have at most 100 characters').nullish(),
      tag: storableText.max(100, 'must have at most 100 characters').nullish(),
      status: z.enum(['OPEN', 'CLOSED', 'RESOLVED']).nullish(),
      text: storableText
        .max(MAX_SEARCH_LENGTH, `must have at most ${MAX_SEARCH_LENGTH} characters`)
        .refine(
          (text) => queryWords(text).length <= MAX_QUERY_WORDS,
          `must have at most ${MAX_QUERY_WORDS} distinct words`,
        )
        .nullish(),
    })
    .nullish(),
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

const cursorContent = z
  .tuple([z.number(), storableText.min(1).max(128)])
  .transform(([createdAtMs, id]) => ({ createdAt: new Date(createdAtMs), id }))
  .refine(({ createdAt }) => isStorableInstant(createdAt));

function encodeCursor({ createdAt, id }: Market): string {
  return Buffer.from(JSON.stringify([createdAt.getTime(), id])).toString('base64url');
}

/** @throws {BellwetherError} BAD_USER_INPUT for a text that is not a cursor of an earlier page. */
export function decodeCursor(cursor: string): MarketCursor {
  const content = cursorContent.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (content.success) return content.data;
  throw BellwetherError.badInput(
    'after',
    'after must be endCursor of an earlier page. Omit it for the first page.',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

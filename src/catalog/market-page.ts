import { z } from 'zod';
import { cursorContentOf, toConnection, type Connection } from '../lib/connection.js';
import { BellwetherError } from '../lib/errors.js';
import { isStorableInstant, MAX_CURSOR_LENGTH, storableText } from '../lib/input/text-schemas.js';
import { countrySchema } from '../lib/input/country.js';
import { countOrDefault } from '../lib/input/page-size.js';
import { endOf, MARKET_STATUSES, ORDER_FIELDS, type Market, type MarketOrder } from '../domain/market.js';
import type { MarketCursor } from '../storage/markets/market-repository.js';
import { MAX_LENGTH } from './market-input.js';
import { MAX_QUERY_WORDS, queryWords } from '../storage/markets/market-search.js';

/** Maximum length of a search text in UTF-16 code units. */
export const MAX_SEARCH_LENGTH = 200;

/** Maximum number of entries in each list of a filter. */
export const MAX_FILTER_ENTRIES = 20;

export const NEWEST_FIRST: MarketOrder = { field: 'CREATED_AT', direction: 'DESC' };

const entries = <Entry extends z.ZodType>(entry: Entry): z.ZodOptional<z.ZodNullable<z.ZodArray<Entry>>> =>
  z.array(entry).max(MAX_FILTER_ENTRIES, `must have at most ${MAX_FILTER_ENTRIES} entries`).nullish();

const topic = storableText.max(MAX_LENGTH.label, `must have at most ${MAX_LENGTH.label} characters`);

/** Filter, order, page size (1–100), and cursor of a list of markets. */
export const marketPageRequest = z.object({
  first: countOrDefault,
  after: z.string().max(MAX_CURSOR_LENGTH, `must have at most ${MAX_CURSOR_LENGTH} characters`).nullish(),
  orderBy: z
    .object({
      field: z.enum(ORDER_FIELDS),
      direction: z
        .enum(['ASC', 'DESC'])
        .nullish()
        .transform((direction) => direction ?? 'DESC'),
    })
    .nullish(),
  filter: z
    .object({
      categories: entries(topic),
      tags: entries(topic),
      statuses: entries(z.enum(MARKET_STATUSES)),
      eventKey: storableText
        .max(MAX_LENGTH.eventKey, `must have at most ${MAX_LENGTH.eventKey} characters`)
        .nullish(),
      country: countrySchema.nullish(),
      closesBefore: z.date().refine(isStorableInstant, 'must be in the years 1 to 9999').nullish(),
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
export type MarketPage = Connection<Market>;

export function toMarketPage(
  markets: readonly Market[],
  order: MarketOrder,
  hasMore: boolean,
  isFirst: boolean,
): MarketPage {
  return toConnection(markets, (market) => cursorOf(market, order), { hasMore, isFirst });
}

const cursorContent = z
  .tuple([
    z.enum(ORDER_FIELDS),
    z.enum(['ASC', 'DESC']),
    z.number().nullable(),
    storableText.min(1).max(MAX_LENGTH.id),
  ])
  .transform(([field, direction, atMs, id]) => ({
    ...{ field, direction, id },
    at: atMs === null ? null : new Date(atMs),
  }))
  .refine(({ field, at }) => (at === null ? field === 'CLOSES_AT' : isStorableInstant(at)));

function cursorOf(market: Market, { field, direction }: MarketOrder): readonly unknown[] {
  const at = field === 'CREATED_AT' ? market.createdAt : endOf(market);
  return [field, direction, at?.getTime() ?? null, market.id];
}

/** @throws {BellwetherError} BAD_USER_INPUT for a text that is not a cursor of an earlier page in the same order. */
export function decodeCursor(cursor: string, order: MarketOrder): MarketCursor {
  const content = cursorContentOf(cursor, cursorContent);
  if (content?.field === order.field && content.direction === order.direction) {
    return { at: content.at, id: content.id };
  }
  throw BellwetherError.badInput(
    'after',
    'after must be endCursor of an earlier page with the same orderBy. Omit it for the first page.',
  );
}

import type { Readable } from 'node:stream';
import { z } from 'zod';
import { drop, parseWithRepairs, repairText, type Repair } from '../../lib/input/parse-with-repairs.js';
import { isoInstant } from './instant.js';
import { jsonArrayItems } from './json-array-items.js';
import type { ImportRecord, MarketDates, MarketDraft, MarketDraftStatus } from './market-draft.js';
import { optionalNumber, optionalText, present } from './record-fields.js';
import { reject, schemaReason } from './reject.js';
import { richText } from './rich-text.js';
import { categoryOf, distinctTags } from './topics.js';

/** What is read of a LiteMarket; everything else in the record is passed over. */
const liteMarket = z.object({
  id: z.string().trim().min(1, 'is empty'),
  question: z.string().trim().min(1, 'is empty'),
  description: z.unknown().optional(),
  textDescription: optionalText,
  outcomeType: optionalText,
  probability: z.number().nullish(),
  volume: optionalNumber,
  volume24Hours: optionalNumber,
  uniqueBettorCount: optionalNumber,
  coverImageUrl: optionalText,
  url: optionalText,
  groupSlugs: z.array(z.string()).nullish(),
  tags: z.array(z.string()).nullish(),
  createdTime: z.number().refine((ms) => isoInstant(ms) !== undefined, 'is not a time in milliseconds'),
  closeTime: optionalNumber,
  isResolved: z.boolean().nullish(),
  resolutionTime: optionalNumber,
  lastBetTime: optionalNumber,
  lastUpdatedTime: optionalNumber,
});

const textsOnly: Repair = (value) =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;

/** Identity, status and price must be valid; the rest is dropped if it is not. */
const liteMarketRepairs: Readonly<Record<string, Repair>> = {
  groupSlugs: textsOnly,
  tags: textsOnly,
  ...Object.fromEntries(
    [
      ...['textDescription', 'volume', 'volume24Hours', 'uniqueBettorCount', 'coverImageUrl', 'url'],
      ...['closeTime', 'resolutionTime', 'lastBetTime', 'lastUpdatedTime'],
    ].map((field) => [field, drop]),
  ),
};

type LiteMarket = z.infer<typeof liteMarket>;

/** Where the array stands when it is not the whole text. */
export const manifoldArrays = ['data', 'markets'];

/**
 * Reads what Manifold's `/v0/markets` returns: an array of LiteMarket.
 *
 * @param nowMs a market whose time to close lies before it is closed; the API has no field for that.
 * @throws OperatorError when the file is not such JSON.
 */
export async function* readManifold(
  bytes: Readable,
  nowMs: number,
  encoding?: string,
): AsyncGenerator<ImportRecord> {
  for await (const { place, value, fault } of jsonArrayItems(bytes, manifoldArrays, { encoding })) {
    yield fault === undefined ? manifoldRecord(value, place, nowMs) : reject(place, fault, '');
  }
}

/** The record of one item of the array. */
export function manifoldRecord(value: unknown, place: number, nowMs: number): ImportRecord {
  const parsed = parseWithRepairs(liteMarket, value, liteMarketRepairs);
  if (parsed.error !== undefined) return reject(place, schemaReason(parsed.error), value);
  const repairs = parsed.repairs.map(repairText);
  return {
    kind: 'market',
    line: place,
    market: draftOf(parsed.data, nowMs),
    dates: datesOf(parsed.data),
    ...(repairs.length > 0 && { repairs }),
  };
}

function draftOf(market: LiteMarket, nowMs: number): MarketDraft {
  const tags = [...(market.groupSlugs ?? []), ...(market.tags ?? [])].map((label) => ({ label }));
  return present({
    id: market.id,
    title: market.question,
    description: market.textDescription ?? richText(market.description),
    category: categoryOf(undefined, tags),
    tags: distinctTags(tags),
    probability: probabilityOf(market),
    volume24h: market.volume24Hours,
    volumeTotal: market.volume,
    participantCount: market.uniqueBettorCount,
    imageUrl: market.coverImageUrl,
    url: market.url,
    status: statusOf(market, nowMs),
    createdAt: iso(market.createdTime),
    resolvesAt: iso(market.closeTime),
    source: 'manifold',
  });
}

/** Only a binary market has one probability; newer records give other types one that means something else. */
function probabilityOf(market: LiteMarket): number | null | undefined {
  if ((market.outcomeType ?? 'BINARY') !== 'BINARY') return null;
  return market.probability ?? undefined;
}

function statusOf(market: LiteMarket, nowMs: number): MarketDraftStatus {
  if (market.isResolved === true) return 'RESOLVED';
  return typeof market.closeTime === 'number' && market.closeTime <= nowMs ? 'CLOSED' : 'OPEN';
}

/**
 * A market may resolve before its time to close. The price moves with bets only, so it was current
 * from the last bet on; older records tell just when something last changed.
 */
function datesOf(market: LiteMarket): MarketDates {
  const resolvedTime = market.isResolved === true ? market.resolutionTime : undefined;
  const closedTime =
    typeof resolvedTime === 'number' ? Math.min(resolvedTime, market.closeTime ?? resolvedTime) : undefined;
  return present({
    closedAt: iso(closedTime),
    resolvedAt: iso(resolvedTime),
    pricedAt: iso(market.lastBetTime ?? market.lastUpdatedTime),
  });
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoInstant(ms);
}

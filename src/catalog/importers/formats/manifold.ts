import type { Readable } from 'node:stream';
import { z } from 'zod';
import { drop, parseWithRepairs, repairText, type Repair } from '../../../lib/input/parse-with-repairs.js';
import {
  rejectRecord,
  schemaReason,
  type ImportRecord,
  type MarketDates,
  type MarketDraft,
} from './import-record.js';
import type { MarketStatus } from '../../../domain/market.js';
import { jsonArrayItems } from './json-array.js';
import { isoInstant, optionalNumber, optionalText, present } from './record-fields.js';
import { categoryOf, tagLabels } from './topics.js';

/** The fields read from a LiteMarket; other fields are ignored. */
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
  resolution: optionalText,
  resolutionTime: optionalNumber,
  token: optionalText,
  lastBetTime: optionalNumber,
  lastUpdatedTime: optionalNumber,
});

const stringsOnly: Repair = (value) =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;

/** Identity, status, and price must be valid; any other invalid field is dropped. */
const liteMarketRepairs: Readonly<Record<string, Repair>> = {
  groupSlugs: stringsOnly,
  tags: stringsOnly,
  ...Object.fromEntries(
    [
      ...['textDescription', 'volume', 'volume24Hours', 'uniqueBettorCount', 'coverImageUrl', 'url'],
      ...['closeTime', 'resolution', 'resolutionTime', 'token', 'lastBetTime', 'lastUpdatedTime'],
    ].map((field) => [field, drop]),
  ),
};

type LiteMarket = z.infer<typeof liteMarket>;

/** Fields that may contain the array if it is not the whole text. */
export const manifoldArrays = ['data', 'markets'];

/**
 * Reads responses of Manifold's `/v0/markets`: an array of LiteMarket.
 *
 * @param nowMs a market with an earlier close time counts as closed, because the API has no field for that.
 * @throws {OperatorError} if the text is not such JSON.
 */
export async function* readManifold(
  bytes: Readable,
  nowMs: number,
  encoding?: string,
): AsyncGenerator<ImportRecord> {
  for await (const { number, value, reason } of jsonArrayItems(bytes, manifoldArrays, { encoding })) {
    yield reason === undefined ? manifoldRecord(value, number, nowMs) : rejectRecord(number, reason, '');
  }
}

/** The record of item `line` of the array. */
export function manifoldRecord(value: unknown, line: number, nowMs: number): ImportRecord {
  const parsed = parseWithRepairs(liteMarket, value, liteMarketRepairs);
  if (parsed.error !== undefined) return rejectRecord(line, schemaReason(parsed.error), value);
  const repairs = parsed.repairs.map(repairText);
  return {
    kind: 'market',
    line,
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
    description: market.textDescription ?? plainText(market.description),
    category: categoryOf(undefined, tags),
    tags: tagLabels(tags),
    probability: probabilityOf(market),
    volume24h: market.volume24Hours,
    volumeTotal: market.volume,
    participantCount: market.uniqueBettorCount,
    volumeUnit: market.token ?? 'MANA',
    imageUrl: market.coverImageUrl,
    url: market.url,
    status: statusOf(market, nowMs),
    createdAt: iso(market.createdTime),
    closesAt: iso(market.closeTime),
    // Manifold announces no resolution time. Null replaces the close time that earlier versions stored there.
    resolvesAt: null,
    resolvedAt: datesOf(market).resolvedAt,
    asOf: iso(latest(market.lastUpdatedTime, market.lastBetTime)),
    source: 'manifold',
  });
}

/** Only a binary market has a single probability. In other types the field has a different meaning. */
function probabilityOf(market: LiteMarket): number | null | undefined {
  if ((market.outcomeType ?? 'BINARY') !== 'BINARY') return null;
  return market.probability ?? undefined;
}

function statusOf(market: LiteMarket, nowMs: number): MarketStatus {
  if (market.isResolved === true) return market.resolution === 'CANCEL' ? 'CANCELLED' : 'RESOLVED';
  return typeof market.closeTime === 'number' && market.closeTime <= nowMs ? 'CLOSED' : 'OPEN';
}

/**
 * A market may resolve before its close time. The price changes with bets only, so its date is that of the last bet. Older
 * records have only the time of their last update.
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

function latest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoInstant(ms);
}

/**
 * The plain text of a description, which is a string or a rich-text document: a tree of nodes with `type`, `text`, and
 * `content`. Each paragraph becomes one line. Undefined if there is no text.
 */
function plainText(description: unknown): string | undefined {
  const text = typeof description === 'string' ? description : blockLines(description).join('\n');
  return text.trim() || undefined;
}

function blockLines(node: unknown): string[] {
  const children = childrenOf(node);
  if (children.some(isInline)) return [children.map(inlineText).join('')];
  return children.flatMap(blockLines).filter((line) => line.trim() !== '');
}

function inlineText(node: unknown): string {
  if (typeof node !== 'object' || node === null) return '';
  if ('type' in node && node.type === 'hardBreak') return '\n';
  if ('text' in node && typeof node.text === 'string') return node.text;
  return blockLines(node).join(' ');
}

function isInline(node: unknown): boolean {
  return typeof node === 'object' && node !== null && ('text' in node || !('content' in node));
}

function childrenOf(node: unknown): readonly unknown[] {
  if (typeof node !== 'object' || node === null || !('content' in node)) return [];
  return Array.isArray(node.content) ? node.content : [];
}

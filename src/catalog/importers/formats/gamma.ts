import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { parseWithRepairs, repairText, type RepairNote } from '../../../lib/input/parse-with-repairs.js';
import {
  gammaEvent,
  gammaEventRepairs,
  gammaEventWithMarkets,
  gammaMarket,
  gammaMarketRepairs,
  type GammaEvent,
  type GammaMarket,
} from './gamma-schema.js';
import {
  rejectRecord,
  schemaReason,
  type ImportRecord,
  type MarketDates,
  type MarketDraft,
} from './import-record.js';
import type { MarketStatus } from '../../../domain/market.js';
import { jsonArrayItems } from './json-array.js';
import { present } from './record-fields.js';
import { categoryOf, tagLabels } from './topics.js';

/** Fields that may contain the array if it is not the whole text. */
export const gammaArrays = ['data', 'events', 'markets'];

/**
 * Reads responses of Polymarket's Gamma API for `/markets` and `/events`: an array, or an object with the array in `data`,
 * `events`, or `markets`.
 *
 * @throws {OperatorError} if the text is not such JSON.
 */
export async function* readGamma(bytes: Readable, encoding?: string): AsyncGenerator<ImportRecord> {
  for await (const { number, value, reason } of jsonArrayItems(bytes, gammaArrays, { encoding })) {
    if (reason === undefined) yield* gammaRecords(value, number);
    else yield rejectRecord(number, reason, '');
  }
}

/** The records of item `line` of the array: a market, or the markets of an event. */
export function* gammaRecords(value: unknown, line: number): Generator<ImportRecord> {
  if (isEvent(value)) yield* eventRecords(value, line);
  else yield marketRecord(value, line, undefined, '');
}

function isEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'markets' in value;
}

function* eventRecords(value: unknown, line: number): Generator<ImportRecord> {
  const event = parseWithRepairs(gammaEventWithMarkets, value, gammaEventRepairs);
  if (event.error !== undefined) {
    yield rejectRecord(line, schemaReason(event.error), value);
    return;
  }
  for (const [index, market] of event.data.markets.entries()) {
    yield marketRecord(market, line, event, `markets[${index}]`);
  }
}

interface RepairedEvent {
  readonly data: GammaEvent;
  readonly repairs: readonly RepairNote[];
}

function marketRecord(
  value: unknown,
  line: number,
  parent: RepairedEvent | undefined,
  path: string,
): ImportRecord {
  const parsed = parseWithRepairs(gammaMarket, value, gammaMarketRepairs);
  if (parsed.error !== undefined) return rejectRecord(line, schemaReason(parsed.error, path), value);
  if (parsed.data.negRiskOther === true) return { kind: 'skipped', line };
  const event = parent ?? eventOf(parsed.data);
  const repairs = [...parsed.repairs, ...event.repairs].map(repairText);
  return {
    kind: 'market',
    line,
    market: draftOf(parsed.data, event.data),
    dates: datesOf(parsed.data),
    ...(repairs.length > 0 && { repairs }),
  };
}

/** The event nested in a market; an empty event if that is not an object. */
function eventOf(market: GammaMarket): RepairedEvent {
  const named = market.events?.[0] ?? { title: market.eventTitle };
  const parsed = parseWithRepairs(gammaEvent, named, gammaEventRepairs);
  if (parsed.error === undefined) return parsed;
  return {
    data: gammaEvent.parse({}),
    repairs: [{ field: 'events', dropped: true, reason: schemaReason(parsed.error) }],
  };
}

function draftOf(market: GammaMarket, event: GammaEvent): MarketDraft {
  const tags = [...market.tags, ...event.tags];
  return present({
    id: idOf(market),
    title: market.question,
    description: market.description,
    category: categoryOf(market.category ?? event.category, tags),
    tags: tagLabels(tags),
    probability: probabilityOf(market),
    volume24h: market.volume24hr,
    volumeTotal: market.volumeNum ?? market.volume,
    volumeUnit: 'USDC',
    imageUrl: market.image ?? market.icon,
    url: urlOf(market, event),
    status: statusOf(market),
    createdAt: market.createdAt ?? market.startDate,
    // Gamma does not announce when trading ends, only when it has ended.
    closesAt: isClosed(market) ? market.closedTime : null,
    resolvesAt: market.endDate,
    resolvedAt: isResolved(market) ? market.closedTime : undefined,
    asOf: market.updatedAt,
    eventKey: event.slug ?? event.title,
    source: 'polymarket',
  });
}

/**
 * The condition id, which identifies the market on the chain and is the same in every Polymarket API and archive. A market
 * that was never deployed has none. Then the Gamma id or slug is used, or, in archives without both, a hash of question
 * and creation time.
 */
function idOf(market: GammaMarket): string {
  const gammaId = market.id ?? '';
  const id = market.conditionId ?? (gammaId === '' ? market.slug : gammaId);
  if (id !== undefined) return id;
  const identity = JSON.stringify([market.question, market.createdAt ?? market.startDate ?? null]);
  return `gamma-${createHash('sha256').update(identity).digest('hex').slice(0, 32)}`;
}

/** The price of "Yes" if the outcomes are Yes and No, else of the first of two outcomes; null unless there are two. */
function probabilityOf(market: GammaMarket): number | null | undefined {
  const outcomes = market.outcomes ?? [];
  if (outcomes.length !== 2) return null;
  const names = outcomes.map((outcome) => outcome.trim().toLowerCase());
  const index = names.includes('yes') && names.includes('no') ? names.indexOf('yes') : 0;
  return market.outcomePrices?.[index];
}

/** A market that is archived or not active is not traded again. One that accepts no orders for now is paused. */
function statusOf(market: GammaMarket): MarketStatus {
  if (isResolved(market)) return 'RESOLVED';
  const isOver = market.archived === true || market.active === false || isClosed(market);
  if (isOver) return 'CLOSED';
  return market.acceptingOrders === false ? 'PAUSED' : 'OPEN';
}

function isClosed(market: GammaMarket): boolean {
  return market.closed ?? (market.closedTime !== undefined || market.resolvedOutcome !== undefined);
}

function isResolved(market: GammaMarket): boolean {
  if (!isClosed(market)) return false;
  const settledPrices = market.outcomePrices?.every((price) => price === 0 || price === 1) ?? false;
  return market.resolvedOutcome !== undefined || market.umaResolutionStatus === 'resolved' || settledPrices;
}

function datesOf(market: GammaMarket): MarketDates {
  return present({
    closedAt: isClosed(market) ? market.closedTime : undefined,
    resolvedAt: isResolved(market) ? market.closedTime : undefined,
    pricedAt: market.updatedAt,
  });
}

function urlOf(market: GammaMarket, event: GammaEvent): string | undefined {
  const site = 'https://polymarket.com';
  const slugs = [event.slug, market.slug].filter((slug) => slug !== undefined).map(encodeURIComponent);
  if (event.slug !== undefined) return `${site}/event/${slugs.join('/')}`;
  return market.slug === undefined ? undefined : `${site}/market/${slugs.join('/')}`;
}

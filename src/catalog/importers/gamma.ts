import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { parseWithRepairs, repairText, type RepairNote } from '../../lib/input/parse-with-repairs.js';
import {
  gammaEvent,
  gammaEventRepairs,
  gammaEventWithMarkets,
  gammaMarket,
  gammaMarketRepairs,
  type GammaEvent,
  type GammaMarket,
} from './gamma-fields.js';
import { jsonArrayItems } from './json-array-items.js';
import type { ImportRecord, MarketDates, MarketDraft, MarketDraftStatus } from './market-draft.js';
import { present } from './record-fields.js';
import { reject, schemaReason } from './reject.js';
import { categoryOf, distinctTags } from './topics.js';

/** Where the array stands when it is not the whole text. */
export const gammaArrays = ['data', 'events', 'markets'];

/**
 * Reads what Polymarket's Gamma API returns for `/markets` and `/events`: an array, or an object with
 * the array as `data`, `events` or `markets`.
 *
 * @throws OperatorError when the file is not such JSON.
 */
export async function* readGamma(bytes: Readable, encoding?: string): AsyncGenerator<ImportRecord> {
  for await (const { place, value, fault } of jsonArrayItems(bytes, gammaArrays, { encoding })) {
    if (fault === undefined) yield* gammaRecords(value, place);
    else yield reject(place, fault, '');
  }
}

/** The records of one item of the array: a market, or an event with its markets. */
export function* gammaRecords(value: unknown, place: number): Generator<ImportRecord> {
  if (isEvent(value)) yield* eventRecords(value, place);
  else yield marketRecord(value, place, undefined, '');
}

function isEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'markets' in value;
}

function* eventRecords(value: unknown, place: number): Generator<ImportRecord> {
  const event = parseWithRepairs(gammaEventWithMarkets, value, gammaEventRepairs);
  if (event.error !== undefined) {
    yield reject(place, schemaReason(event.error), value);
    return;
  }
  for (const [index, market] of event.data.markets.entries()) {
    yield marketRecord(market, place, event, `markets[${index}]`);
  }
}

interface RepairedEvent {
  readonly data: GammaEvent;
  readonly repairs: readonly RepairNote[];
}

function marketRecord(
  value: unknown,
  place: number,
  around: RepairedEvent | undefined,
  path: string,
): ImportRecord {
  const parsed = parseWithRepairs(gammaMarket, value, gammaMarketRepairs);
  if (parsed.error !== undefined) return reject(place, schemaReason(parsed.error, path), value);
  if (parsed.data.negRiskOther === true) return { kind: 'skipped', line: place };
  const event = around ?? eventOf(parsed.data);
  const repairs = [...parsed.repairs, ...event.repairs].map(repairText);
  return {
    kind: 'market',
    line: place,
    market: draftOf(parsed.data, event.data),
    dates: datesOf(parsed.data),
    ...(repairs.length > 0 && { repairs }),
  };
}

/** The event that a market names; one without anything in it when that is no object. */
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
    tags: distinctTags(tags),
    probability: probabilityOf(market),
    volume24h: market.volume24hr,
    volumeTotal: market.volumeNum ?? market.volume,
    imageUrl: market.image ?? market.icon,
    url: urlOf(market, event),
    status: statusOf(market),
    createdAt: market.createdAt ?? market.startDate,
    resolvesAt: market.endDate,
    eventKey: event.slug ?? event.title,
    source: 'polymarket',
  });
}

/**
 * The condition id: the market's name on the chain, the same in every Polymarket API and archive.
 * A market that was never deployed has none: then its Gamma id or slug, and in archives that drop
 * both, a hash of what was asked and when.
 */
function idOf(market: GammaMarket): string {
  const gammaId = market.id ?? '';
  const id = market.conditionId ?? (gammaId === '' ? market.slug : gammaId);
  if (id !== undefined) return id;
  const asked = JSON.stringify([market.question, market.createdAt ?? market.startDate ?? null]);
  return `gamma-${createHash('sha256').update(asked).digest('hex').slice(0, 32)}`;
}

/** The price of "Yes" between Yes and No, of the first of two other outcomes; null for any other number of them. */
function probabilityOf(market: GammaMarket): number | null | undefined {
  const outcomes = market.outcomes ?? [];
  if (outcomes.length !== 2) return null;
  const names = outcomes.map((outcome) => outcome.trim().toLowerCase());
  const place = names.includes('yes') && names.includes('no') ? names.indexOf('yes') : 0;
  return market.outcomePrices?.[place];
}

/** A market that is archived or not yet active takes no trades: it is as closed as one that has ended. */
function statusOf(market: GammaMarket): MarketDraftStatus {
  if (isResolved(market)) return 'RESOLVED';
  const halted = market.archived === true || market.active === false;
  return halted || isClosed(market) ? 'CLOSED' : 'OPEN';
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

import { endOf, isFinal, isTradable, type MarketStatus } from '../../domain/market.js';
import type { InteractionDraft, MarketDates, MarketDraft } from './formats/import-record.js';
import { isoInstant } from './formats/record-fields.js';

/** The instant of an archive that an import reproduces, and the time to which it is shifted. Milliseconds since 1970. */
export interface AsOf {
  instantMs: number;
  nowMs: number;
}

/** `undated` without a creation time, which decides whether the market existed at the instant. */
type MarketAsOf =
  | { kind: 'market'; market: MarketDraft; priceUnknown: boolean }
  | { kind: 'not-yet-created' }
  | { kind: 'undated'; reason: string };

/**
 * The state of an archive's market at the instant, with all its times shifted so that the instant becomes now. The market
 * is open if it was created at or before the instant and had not ended. It ended when it closed or resolved, else at its
 * end date. A market that ended at an unknown time is closed.
 *
 * Point-in-time correctness: a price counts only if it is dated at or before the instant, by its own date or by the end of
 * the market. Otherwise the price list supplies the price. Without one, the probability is null, and `priceUnknown` is true.
 * Volumes are unchanged, because archives do not date them.
 *
 * @param priceAt returns the last listed price at or before the instant, 0–1; undefined if there is none.
 */
export function marketAsOf(
  market: MarketDraft,
  dates: MarketDates,
  asOf: AsOf,
  priceAt: (market: MarketDraft) => number | undefined,
): MarketAsOf {
  if (market.createdAt === undefined) {
    return { kind: 'undated', reason: 'createdAt: is missing; --as-of requires it' };
  }
  if (Date.parse(market.createdAt) > asOf.instantMs) return { kind: 'not-yet-created' };
  // A shifted time after the year 9999 is left out. So is `asOf`, because the shifted state is that of now.
  const { closesAt, resolvesAt, resolvedAt, ...timeless } = market;
  delete timeless.asOf;
  const status = statusAt(asOf.instantMs, market, dates);
  const shifted: MarketDraft = {
    ...timeless,
    status,
    ...shiftedTime('createdAt', market.createdAt, asOf),
    ...shiftedTime('closesAt', status === 'OPEN' ? announcedClose(market, dates) : closesAt, asOf),
    ...shiftedTime('resolvesAt', resolvesAt, asOf),
    ...(isFinal(status) && shiftedTime('resolvedAt', dates.resolvedAt ?? resolvedAt, asOf)),
  };
  // A market with several answers has no price to date.
  if (market.probability === null) return { kind: 'market', market: shifted, priceUnknown: false };
  const ownPrice = isPriceKnownAt(asOf.instantMs, market, dates) ? market.probability : undefined;
  const price = ownPrice ?? priceAt(market);
  shifted.probability = price ?? null;
  return { kind: 'market', market: shifted, priceUnknown: price === undefined };
}

/** The interaction with its time shifted; undefined if it happened after the instant. */
export function interactionAsOf(interaction: InteractionDraft, asOf: AsOf): InteractionDraft | undefined {
  if (Date.parse(interaction.occurredAt) > asOf.instantMs) return undefined;
  return { ...interaction, ...shiftedTime('occurredAt', interaction.occurredAt, asOf) };
}

/** An archive does not date pauses, so a market that had not ended counts as open. */
function statusAt(
  instantMs: number,
  { status = 'OPEN', ...market }: MarketDraft,
  dates: MarketDates,
): MarketStatus {
  const endedAt = earliest(dates.closedAt, dates.resolvedAt) ?? endOf(market);
  if (endedAt === null) return isTradable(status) ? 'OPEN' : 'CLOSED';
  if (Date.parse(endedAt) > instantMs) return 'OPEN';
  const resolvedAt = dates.resolvedAt ?? (isFinal(status) ? endedAt : undefined);
  if (resolvedAt === undefined || Date.parse(resolvedAt) > instantMs) return 'CLOSED';
  return status === 'CANCELLED' ? 'CANCELLED' : 'RESOLVED';
}

/**
 * Returns the close time that was announced before the market closed. If the record also names an expected resolution, a
 * recorded close has replaced the announced one, which is then unknown: undefined.
 */
export function announcedClose(
  { closesAt, resolvesAt }: Pick<MarketDraft, 'closesAt' | 'resolvesAt'>,
  dates: MarketDates,
): string | undefined {
  const isRecorded = closesAt === dates.closedAt && resolvesAt != null;
  return closesAt == null || isRecorded ? undefined : closesAt;
}

/**
 * Whether the price of the record was current at or before the instant. The price does not change after the market ended.
 * An announced end date counts only if the record does not date its price.
 */
function isPriceKnownAt(instantMs: number, market: MarketDraft, dates: MarketDates): boolean {
  const announced = dates.pricedAt === undefined ? endOf(market) : undefined;
  const end = dates.resolvedAt ?? dates.closedAt ?? announced;
  return [dates.pricedAt, end].some((at) => at != null && Date.parse(at) <= instantMs);
}

function earliest(...instants: (string | undefined)[]): string | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}

/** The field with its time shifted; empty if the shifted time is after the year 9999. */
function shiftedTime<K extends string>(
  field: K,
  at: string | null | undefined,
  asOf: AsOf,
): Partial<Record<K, string>> {
  const shifted = at == null ? undefined : isoInstant(Date.parse(at) + asOf.nowMs - asOf.instantMs);
  return (shifted === undefined ? {} : { [field]: shifted }) as Partial<Record<K, string>>;
}

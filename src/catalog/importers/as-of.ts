import { isoInstant } from './instant.js';
import type { InteractionDraft, MarketDates, MarketDraft, MarketDraftStatus } from './market-draft.js';

/** The instant at which an archive is looked at, and the one that it becomes. Milliseconds since 1970. */
export interface AsOf {
  instantMs: number;
  nowMs: number;
}

export type MarketAsOf =
  | { kind: 'market'; market: MarketDraft; priceUnknown: boolean }
  | { kind: 'not-yet-created' }
  | { kind: 'unplaceable'; reason: string };

/**
 * The state of an archive's market as it stood at the instant, all its times shifted so that the
 * instant is now. It was open if it was created at the instant or before and had not ended by then:
 * it ended when it closed or resolved, else at its end date. A market that the archive says has ended,
 * but not when, is closed: it is not shown as open by guess.
 *
 * The price counts only if dated at the instant or before, so that no outcome leaks: by its own date,
 * or, for a market that had ended by then, by that end. Otherwise the price list gives it. Without a price there, the
 * probability is null: unknown.
 * Volumes are kept as they are: archives do not date them.
 *
 * @param priceThen the last price at the instant or before, 0–1; undefined when none is known.
 */
export function marketAsOf(
  market: MarketDraft,
  dates: MarketDates,
  asOf: AsOf,
  priceThen: (market: MarketDraft) => number | undefined,
): MarketAsOf {
  if (market.createdAt === undefined) {
    return { kind: 'unplaceable', reason: 'createdAt: is missing, and --as-of needs it' };
  }
  if (Date.parse(market.createdAt) > asOf.instantMs) return { kind: 'not-yet-created' };
  const then: MarketDraft = {
    ...market,
    status: statusThen(market, dates, asOf.instantMs),
    ...shiftedTime('createdAt', market.createdAt, asOf),
  };
  delete then.resolvesAt;
  Object.assign(then, shiftedTime('resolvesAt', market.resolvesAt, asOf));
  if (market.probability === null) return { kind: 'market', market: then, priceUnknown: false };
  const dated = isPriceDated(market, dates, asOf.instantMs) ? market.probability : undefined;
  const known = dated ?? priceThen(market);
  then.probability = known ?? null;
  return { kind: 'market', market: then, priceUnknown: known === undefined };
}

/** The interaction with its time shifted; undefined when it happened after the instant. */
export function interactionAsOf(interaction: InteractionDraft, asOf: AsOf): InteractionDraft | undefined {
  if (Date.parse(interaction.occurredAt) > asOf.instantMs) return undefined;
  return { ...interaction, ...shiftedTime('occurredAt', interaction.occurredAt, asOf) };
}

function statusThen(market: MarketDraft, dates: MarketDates, instantMs: number): MarketDraftStatus {
  const endedAt = earliest(dates.closedAt, dates.resolvedAt) ?? market.resolvesAt;
  if (endedAt === undefined) return (market.status ?? 'OPEN') === 'OPEN' ? 'OPEN' : 'CLOSED';
  if (Date.parse(endedAt) > instantMs) return 'OPEN';
  const resolvedAt = dates.resolvedAt ?? (market.status === 'RESOLVED' ? endedAt : undefined);
  return resolvedAt !== undefined && Date.parse(resolvedAt) <= instantMs ? 'RESOLVED' : 'CLOSED';
}

/** A known end dates the price; an end date that was only announced does so if the record names no later date. */
function isPriceDated(market: MarketDraft, dates: MarketDates, instantMs: number): boolean {
  const announcedEnd = dates.pricedAt === undefined ? market.resolvesAt : undefined;
  const end = dates.resolvedAt ?? dates.closedAt ?? announcedEnd;
  return [dates.pricedAt, end].some((at) => at !== undefined && Date.parse(at) <= instantMs);
}

function earliest(...instants: (string | undefined)[]): string | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}

/** The field with its time shifted; without it where the shift leads beyond the year 9999. */
function shiftedTime<K extends string>(
  field: K,
  at: string | undefined,
  asOf: AsOf,
): Partial<Record<K, string>> {
  const shifted = at === undefined ? undefined : isoInstant(Date.parse(at) + asOf.nowMs - asOf.instantMs);
  return (shifted === undefined ? {} : { [field]: shifted }) as Partial<Record<K, string>>;
}

import type { Archive, ArchivedMarket } from './archive.js';

/** A date of markets that seems to be computed from their interactions. */
export interface DerivedDate {
  readonly field: 'createdAt' | 'end';
  /** The distance from the first interaction that many markets share. */
  readonly distanceMs: number;
  /** Share of the markets with interactions that have it, 0–1. */
  readonly share: number;
}

/** Markets that must share a distance, and their least share. */
const MIN_MARKETS = 20;
const MIN_SHARE = 0.2;

/**
 * Finds dates that many markets have at the same distance from their first interaction. Such dates tell when users will
 * come, which a learner exploits and a site cannot know.
 */
export function derivedDates({ markets, events }: Archive): DerivedDate[] {
  const firstAtMs = new Map<number, number>();
  for (const { market, atMs } of events) if (!firstAtMs.has(market)) firstAtMs.set(market, atMs);
  const fields: Record<DerivedDate['field'], (market: ArchivedMarket) => number> = {
    createdAt: ({ createdAtMs }) => createdAtMs,
    end: ({ endsAtMs }) => endsAtMs,
  };
  return (['createdAt', 'end'] as const).flatMap((field): DerivedDate[] => {
    const counts = new Map<number, number>();
    for (const [number, atMs] of firstAtMs) {
      const market = markets[number];
      if (market === undefined) continue;
      const distanceMs = fields[field](market) - atMs;
      if (Number.isFinite(distanceMs)) counts.set(distanceMs, (counts.get(distanceMs) ?? 0) + 1);
    }
    let most: DerivedDate | undefined;
    for (const [distanceMs, count] of counts) {
      const share = count / firstAtMs.size;
      if (count < MIN_MARKETS || share < MIN_SHARE || share <= (most?.share ?? 0)) continue;
      most = { field, distanceMs, share };
    }
    return most === undefined ? [] : [most];
  });
}

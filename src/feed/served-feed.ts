import type { Badge } from './badge.js';
import type { ComposedFeed } from './composed-feed.js';
import type { Slot } from './composition/slots.js';
import type { AlgorithmVersion, Feed } from './feed.js';
import type { RankingInputs } from './ranking-inputs.js';

/** A market by its id, and by the number that names it in compact stored data. */
export interface ServedMarket {
  readonly marketId: string;
  readonly number: number;
}

/** An item of a served page. */
export interface ServedItem extends ServedMarket {
  readonly score: number;
  readonly slot: Slot | null;
  readonly badge: Badge | null;
  readonly propensity: number | null;
}

/** A feed as it was served, with the versions of its inputs: enough to page on in it and to explain it on any replica. */
export interface ServedFeed {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly country: string | null;
  readonly nowMs: number;
  readonly limit: number;
  readonly algorithm: 'v1' | 'v2';
  readonly algorithmVersion: AlgorithmVersion;
  readonly personal: boolean;
  readonly personalized: boolean;
  readonly degraded: boolean;
  readonly configVersion: string;
  readonly catalogVersion: string;
  readonly trendsComputedAtMs: number;
  /** Null without a profile. */
  readonly profileVersion: number | null;
  readonly notes: readonly string[];
  /** The page, the hero first. */
  readonly page: readonly ServedItem[];
  /** The markets that follow the page, best first; null when they are no longer stored. */
  readonly rest: readonly ServedMarket[] | null;
}

/** A feed as it is kept. */
export function toServedFeed(
  { id: feedId, personalized, degraded, algorithmVersion }: Feed,
  { items, rest, notes }: ComposedFeed,
  inputs: RankingInputs,
): ServedFeed {
  const { userKey, country, nowMs, limit, algorithm, personal, configVersion, snapshot, trends, profile } =
    inputs;
  return {
    ...{ feedId, userKey, country, nowMs, limit, algorithm, algorithmVersion },
    ...{ personal, personalized, degraded, configVersion },
    catalogVersion: String(snapshot.version),
    trendsComputedAtMs: trends.computedAtMs,
    profileVersion: profile?.version ?? null,
    notes,
    page: items.map(({ market, scores, slot, badge, propensity }) => ({
      ...{ marketId: market.id, number: market.number },
      ...{ score: scores.final, slot, badge, propensity },
    })),
    rest,
  };
}

import { NO_ARMS, type Arms } from '../../domain/experiment.js';
import type { MarketReference } from '../../domain/market.js';
import type { Badge } from '../badge.js';
import type { AlgorithmVersion, ComposedFeed, Feed } from '../feed.js';
import type { RankingInputs } from '../ranking-inputs.js';
import type { Slot } from '../selectors/slots.js';

/** An item of a served page. */
export interface ServedItem extends MarketReference {
  readonly score: number;
  readonly slot: Slot | null;
  readonly badge: Badge | null;
  readonly propensity: number | null;
}

/** A feed as it was served, with the versions of its inputs: enough to page in it and to explain it on any replica. */
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
  /** Null for algorithm v1, and for a feed that an earlier version of the gateway served. */
  readonly modelVersion: string | null;
  /** The arms of experiments that chose the config. */
  readonly arms: Arms;
  readonly catalogVersion: string;
  readonly trendsComputedAtMs: number;
  /** Null without a profile. */
  readonly profileVersion: number | null;
  readonly notes: readonly string[];
  /** The page, the hero first. */
  readonly page: readonly ServedItem[];
  /** The continuation, best first; null if it is no longer stored. */
  readonly rest: readonly MarketReference[] | null;
}

export function toServedFeed(
  { id: feedId, personalized, degraded, algorithmVersion, modelVersion }: Feed,
  { items, rest, notes }: ComposedFeed,
  inputs: RankingInputs,
): ServedFeed {
  const { userKey, country, nowMs, limit, algorithm, personal, configVersion, snapshot, trends, profile } =
    inputs;
  return {
    ...{ feedId, userKey, country, nowMs, limit, algorithm, algorithmVersion },
    ...{ personal, personalized, degraded, configVersion, modelVersion },
    arms: inputs.assigned?.arms ?? NO_ARMS,
    catalogVersion: String(snapshot.version),
    trendsComputedAtMs: trends.computedAtMs,
    profileVersion: profile?.version ?? null,
    notes,
    page: items.map(({ market, score, slot, badge, propensity }) => ({
      ...{ marketId: market.id, number: market.number, score, slot, badge, propensity },
    })),
    rest,
  };
}

/** A position of a served feed, on its page or in its continuation. */
export interface ServedPosition {
  readonly rank: number;
  readonly marketId: string;
  /** The score when the feed was served; null in the continuation, whose scores are not stored. */
  readonly score: number | null;
  readonly slot: Slot | null;
  readonly badge: Badge | null;
  readonly propensity: number | null;
}

/** Returns at most `first` positions of a served feed after the rank `after`. */
export function servedPositions(served: ServedFeed, after: number, first: number): ServedPosition[] {
  const { page, rest, algorithm } = served;
  const restSlot = algorithm === 'v1' ? null : 'PERSONAL';
  const all: Omit<ServedPosition, 'rank'>[] = [
    ...page,
    ...(rest ?? []).map(({ marketId }) => ({
      ...({ marketId, score: null, slot: restSlot, badge: null, propensity: null } as const),
    })),
  ];
  return all.slice(after, after + first).map(({ marketId, score, slot, badge, propensity }, index) => ({
    ...{ rank: after + index + 1, marketId, score, slot, badge, propensity },
  }));
}

import type { Market } from '../../src/domain/market.js';
import type { ComponentNameV2 } from '../../src/scoring/v2/components.js';
import type { ContinuityConstants, SimilarityConstants } from '../../src/scoring/v2/constants.js';
import type { MarketEngagement, PastLookup } from '../../src/scoring/v2/features.js';
import { ScorerV2 } from '../../src/scoring/v2/scorer.js';
import { columnsOfMarkets, CONSTANTS, IMPRESSIONS, NOW_MS, trendsOf, userOf, partsAt } from './scoring-v2.js';
import { storedMarket } from './stored-market.js';

/** A market whose only terms are those of its title. */
export const textOnly = (id: string, title: string, details: Partial<Market> = {}): Market =>
  storedMarket(id, { title, category: 'x', ...details });

/** One score component of each market, for a user with these engagements. */
export function componentOf(
  name: ComponentNameV2,
  markets: readonly Market[],
  engagements: readonly MarketEngagement[],
  overrides: {
    readonly similarity?: Partial<SimilarityConstants>;
    readonly continuity?: Partial<ContinuityConstants>;
  } = {},
  past: PastLookup = () => undefined,
): number[] {
  const constants = {
    ...CONSTANTS,
    similarity: { ...CONSTANTS.similarity, ...overrides.similarity },
    continuity: { ...CONSTANTS.continuity, ...overrides.continuity },
  };
  const columns = columnsOfMarkets(...markets);
  const scores = new ScorerV2(constants, IMPRESSIONS).score(
    columns,
    trendsOf(columns.size),
    userOf({ engagements }),
    past,
    NOW_MS,
  );
  return columns.ids.map((_, row) => partsAt(scores, row)[name] ?? NaN);
}

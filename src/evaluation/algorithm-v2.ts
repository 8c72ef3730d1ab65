import type { CatalogueEntry } from '../catalogue/catalogue.js';
import { columnsOf, patchColumns } from '../catalogue/market-columns.js';
import { toPastMarket } from '../catalogue/market-terms.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { profileMemory } from '../profiles/profile-memory.js';
import { userV2 } from '../profiles/user-v2.js';
import type { MarketColumns } from '../scoring/v2/market-columns.js';
import { ScorerV2 } from '../scoring/v2/score-v2.js';
import type { Algorithm, Moment } from './algorithm.js';
import type { Archive } from './archive.js';

/** Algorithm v2, as the gateway computes it. */
export function algorithmV2(archive: Archive, config: RankingConfig): Algorithm {
  const scorer = new ScorerV2(config.v2, config.impressions);
  const memory = profileMemory(config);
  const catalogue = new CandidateColumns();
  const markets = new Map(archive.markets.map(({ market }) => [market.id, market]));
  const findPast = (marketId: string): ReturnType<typeof toPastMarket> | undefined => {
    const market = markets.get(marketId);
    return market === undefined ? undefined : toPastMarket(market);
  };
  return (moment, scores) => {
    const { nowMs, profile, country, trends } = moment;
    const columns = catalogue.of(moment);
    const user = userV2(profile, nowMs, memory);
    const { final } = scorer.score(columns, trends.columns(columns, country), user, findPast, nowMs);
    scores.set(final.subarray(0, columns.size));
  };
}

/** The columns of the candidates, made anew only when others are open or a price became known. */
class CandidateColumns {
  #candidates: readonly number[] | undefined;
  #priceVersion = -1;
  #entries: readonly CatalogueEntry[] = [];
  #columns: MarketColumns = columnsOf([]);

  of({ candidates, entries, priceVersion }: Moment): MarketColumns {
    if (candidates === this.#candidates && priceVersion === this.#priceVersion) return this.#columns;
    const now = candidates.flatMap((number) => entries[number] ?? []);
    this.#columns = patchColumns(this.#columns, this.#entries, now);
    this.#entries = now;
    this.#candidates = candidates;
    this.#priceVersion = priceVersion;
    return this.#columns;
  }
}

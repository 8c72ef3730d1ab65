import type { CatalogEntry } from '../catalog/catalog.js';
import { columnsOf, type CatalogColumns } from '../catalog/columns/market-columns.js';
import { marketTerms, toPastMarket } from '../catalog/columns/market-terms.js';
import { differInNumbersOnly, withNumbers } from '../catalog/columns/patch-columns.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { profileMemory } from '../profiles/profile-memory.js';
import { userV2 } from '../profiles/user-v2.js';
import { ScorerV2 } from '../scoring/v2/score-v2.js';
import type { Algorithm, Moment } from './algorithm.js';
import type { Archive } from './archive.js';

/** Algorithm v2, as the gateway computes it. */
export function algorithmV2(archive: Archive, config: RankingConfig): Algorithm {
  const scorer = new ScorerV2(config.v2, config.impressions);
  const memory = profileMemory(config);
  const catalog = new CandidateColumns();
  const markets = new Map(archive.markets.map(({ market }) => [market.id, market]));
  const findPast = (marketId: string): ReturnType<typeof toPastMarket> | undefined => {
    const market = markets.get(marketId);
    return market === undefined ? undefined : toPastMarket(market);
  };
  return (moment, scores) => {
    const { nowMs, profile, country, trends } = moment;
    const columns = catalog.of(moment);
    const user = userV2(profile, nowMs, memory);
    const { final } = scorer.score(columns, trends.columns(columns, country), user, findPast, nowMs);
    scores.set(final.subarray(0, columns.size));
  };
}

/** The columns of the candidates, made anew only when others are open or a price became known. */
class CandidateColumns {
  #candidates: readonly number[] | undefined;
  #priceVersion = -1;
  #entries: readonly CatalogEntry[] = [];
  #columns: CatalogColumns = columnsOf([]);

  of({ candidates, entries, priceVersion }: Moment): CatalogColumns {
    if (candidates === this.#candidates && priceVersion === this.#priceVersion) return this.#columns;
    const now = candidates.flatMap((number) => entries[number] ?? []);
    this.#columns = this.#withNumbers(now) ?? columnsOf(now, marketTerms);
    this.#entries = now;
    this.#candidates = candidates;
    this.#priceVersion = priceVersion;
    return this.#columns;
  }
  /** The columns after a change of numbers alone; undefined when more than that changed. */
  #withNumbers(now: readonly CatalogEntry[]): CatalogColumns | undefined {
    if (now.length !== this.#entries.length) return undefined;
    const changed: { row: number; entry: CatalogEntry }[] = [];
    for (const [row, entry] of now.entries()) {
      const before = this.#entries[row];
      if (before === entry) continue;
      if (before?.market.id !== entry.market.id || !differInNumbersOnly(before, entry)) return undefined;
      changed.push({ row, entry });
    }
    return withNumbers(this.#columns, changed);
  }
}

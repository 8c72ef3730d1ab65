import { daysSince } from '../../shared/time.js';
import type { MarketColumns, MarketEngagement, MarketVector, PastLookup, PastMarket } from '../features.js';
import { grown, reuseFloats, reuseInts } from '../reusable-arrays.js';
import { writeUnitVector } from '../terms.js';

/**
 * A user's engagements joined with the features of their markets, latest first, as columns. The markets are rows of the
 * catalog or past ones. Terms that no row has get ids after those of the catalog, so that the vector of a past market
 * has its full length. Engagements whose market is unknown, or whose weight or time is invalid, are left out.
 *
 * Valid until the next `load`, which reuses the memory.
 */
export class EngagedMarkets {
  count = 0;
  /** Row of the market; −1 for a past one. */
  row = new Int32Array(0);
  /** Event id of the market; −1 without an event. */
  event = new Int32Array(0);
  /** Rank of the market by creation time. */
  creationRank = new Float64Array(0);
  /** End of the market, in milliseconds since 1970; infinite when unknown. */
  endsAtMs = new Float64Array(0);
  /** Ids of the market's ladder, series, and family among those of the catalog; −1 for another or none. */
  ladder = new Int32Array(0);
  series = new Int32Array(0);
  family = new Int32Array(0);
  /** Topic id of the market's category; −1 for one that no row has. */
  category = new Int32Array(0);
  /** The market's id, its series, and the numbers of its title. */
  readonly marketIds: string[] = [];
  readonly seriesKeys: string[] = [];
  readonly numbers: (readonly number[])[] = [];
  /** The text vector of a past market; null for a row, whose vector is in the columns. */
  readonly pastVectors: (MarketVector | null)[] = [];
  /** Days since the engagement. */
  days = new Float64Array(0);
  /** Weight of the engagement, above 0. */
  weight = new Float64Array(0);
  /** 1 for the current session, else 0. */
  inSession = new Int32Array(0);
  /** The terms of market `k` are `terms[start[k]]` to `terms[start[k + 1] − 1]`, with their weights. */
  start = new Int32Array(1);
  terms = new Int32Array(0);
  weights = new Float32Array(0);
  /** Number of distinct terms, those of the catalog and those that no row has. */
  termCount = 0;
  #unnormalized = new Float64Array(0);

  /**
   * @param limit maximum number of engagements, the latest.
   * @throws the errors of `past`.
   */
  load(
    columns: MarketColumns,
    engagements: readonly MarketEngagement[],
    limit: number,
    past: PastLookup,
    nowMs: number,
  ): void {
    const length = Math.min(engagements.length, limit);
    this.#reuseArrays(length);
    const unknownTerms = new Map<string, number>();
    const pastCategories = new Map<string, number>();
    for (let index = 0; index < length; index += 1) {
      const engagement = engagements[index] as MarketEngagement;
      if (!(engagement.weight > 0 && engagement.weight < Infinity && Number.isFinite(engagement.atMs)))
        continue;
      const row = columns.rowOf(engagement.marketId);
      if (row !== undefined) this.#addRow(columns, row);
      else {
        const market = past(engagement.marketId);
        if (market === undefined) continue;
        this.#addPast(columns, market, unknownTerms);
        this.category[this.count] = categoryOf(columns, market, pastCategories);
      }
      this.marketIds[this.count] = engagement.marketId;
      this.days[this.count] = daysSince(engagement.atMs, nowMs);
      this.weight[this.count] = engagement.weight;
      this.inSession[this.count] = engagement.inSession ? 1 : 0;
      this.count += 1;
    }
    this.termCount = columns.text.count + unknownTerms.size;
  }

  #reuseArrays(size: number): void {
    this.count = 0;
    this.row = reuseInts(size, this.row);
    this.event = reuseInts(size, this.event);
    this.creationRank = reuseFloats(size, this.creationRank);
    this.endsAtMs = reuseFloats(size, this.endsAtMs);
    this.ladder = reuseInts(size, this.ladder);
    this.series = reuseInts(size, this.series);
    this.family = reuseInts(size, this.family);
    this.category = reuseInts(size, this.category);
    this.days = reuseFloats(size, this.days);
    this.weight = reuseFloats(size, this.weight);
    this.inSession = reuseInts(size, this.inSession);
    this.start = reuseInts(size + 1, this.start);
    this.start[0] = 0;
  }

  /** Reserves elements for the terms of the next market. Returns the index of the first. */
  #reserveTerms(termCount: number): number {
    const first = this.start[this.count] as number;
    this.terms = grown(this.terms, first + termCount, (size) => new Int32Array(size));
    this.weights = grown(this.weights, first + termCount, (size) => new Float32Array(size));
    this.start[this.count + 1] = first + termCount;
    return first;
  }

  #addRow(columns: MarketColumns, row: number): void {
    const { text, textRow, event, category, creationRank, resolvesAtMs, patterns } = columns;
    const textIndex = textRow[row] as number;
    const from = textIndex < 0 ? 0 : (text.start[textIndex] as number);
    const to = textIndex < 0 ? 0 : (text.start[textIndex + 1] as number);
    const first = this.#reserveTerms(to - from);
    for (let index = from; index < to; index += 1) {
      this.terms[first + index - from] = text.terms[index] as number;
      this.weights[first + index - from] = text.weights[index] as number;
    }
    this.row[this.count] = row;
    this.event[this.count] = event[row] as number;
    this.category[this.count] = category[row] as number;
    this.creationRank[this.count] = creationRank[row] as number;
    this.endsAtMs[this.count] = resolvesAtMs[row] as number;
    this.ladder[this.count] = patterns.ladder.ids[row] as number;
    const series = patterns.series.ids[row] as number;
    this.series[this.count] = series;
    this.family[this.count] = patterns.family.ids[row] as number;
    this.seriesKeys[this.count] = patterns.series.keyOf(series);
    this.numbers[this.count] = patterns.numbers[row] as readonly number[];
    this.pastVectors[this.count] = null;
  }

  #addPast(columns: MarketColumns, market: PastMarket, unknownTerms: Map<string, number>): void {
    const { terms, counts, eventKey, createdAtMs, endsAtMs, patterns } = market;
    const { text } = columns;
    const { ladder, series, family } = columns.patterns;
    const first = this.#reserveTerms(terms.length);
    this.#unnormalized = reuseFloats(Math.max(terms.length, this.#unnormalized.length), this.#unnormalized);
    for (let index = 0; index < terms.length; index += 1) {
      const term = terms[index] as string;
      let id = text.idOf(term);
      const idf = id === undefined ? text.unknownIdf : (text.idf[id] as number);
      id ??= unknownTerms.get(term);
      if (id === undefined) unknownTerms.set(term, (id = text.count + unknownTerms.size));
      this.terms[first + index] = id;
      this.#unnormalized[index] = (counts[index] as number) * idf;
    }
    writeUnitVector(this.#unnormalized, terms.length, this.weights, first);
    this.row[this.count] = -1;
    this.event[this.count] = (eventKey === null ? undefined : columns.eventOf(eventKey)) ?? -1;
    this.creationRank[this.count] = columns.creationRankOf(createdAtMs);
    this.endsAtMs[this.count] = endsAtMs;
    this.ladder[this.count] = ladder.idOf(patterns.ladder) ?? -1;
    this.series[this.count] = series.idOf(patterns.series) ?? -1;
    this.family[this.count] = (patterns.family === null ? undefined : family.idOf(patterns.family)) ?? -1;
    this.seriesKeys[this.count] = patterns.series;
    this.numbers[this.count] = patterns.numbers;
    this.pastVectors[this.count] = market.vector;
  }
}

/** @param known the ids that were looked up so far, by key. */
function categoryOf({ topics }: MarketColumns, { category }: PastMarket, known: Map<string, number>): number {
  let id = known.get(category);
  if (id === undefined) known.set(category, (id = topics.idOf('CATEGORY', category) ?? -1));
  return id;
}

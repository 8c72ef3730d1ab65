import type { TermCounts } from './terms.js';

/**
 * The markets to rank, as columns: row `i` of each column is one market. Rows are ordered by id. Derived once for each
 * change of the catalog; a ranking reads them without making an object for a market.
 */
export interface MarketColumns {
  /** Number of rows. */
  readonly size: number;
  readonly ids: readonly string[];
  rowOf(marketId: string): number | undefined;
  /** By row, the market's number in `markets`, which stays the same while other rows come and go. */
  readonly slot: Int32Array;
  /** The ids that rows of this or other versions of the catalog have had, by slot. */
  readonly markets: {
    readonly size: number;
    find(marketId: string, size: number): number | undefined;
    keyOf(slot: number): string;
  };
  /** 0–1; NaN when the market has no single probability. */
  readonly probability: Float64Array;
  readonly volume24h: Float64Array;
  readonly volumeTotal: Float64Array;
  /** Milliseconds since 1970. */
  readonly createdAtMs: Float64Array;
  /** Milliseconds since 1970; infinite when the market says nothing. */
  readonly resolvesAtMs: Float64Array;
  /** 0–1. */
  readonly editorialBoost: Float64Array;
  /** 1 where the category or a tag is `news` or `breaking`. */
  readonly isNews: Uint8Array;
  /** 1 where the category is `sports`. */
  readonly isSports: Uint8Array;
  /** The rows of the markets that must not be shown everywhere, in order. */
  readonly restrictedRows: Int32Array;
  /** The market's category, as the number that it has among the topics. */
  readonly category: Int32Array;
  /** The number of the market's event, 0 and up; −1 without one. */
  readonly event: Int32Array;
  eventOf(eventKey: string): number | undefined;
  /** Above every event's number. */
  readonly eventCount: number;
  /** The market's place in the order of creation, from 0; those made at the same instant share the middle of theirs. */
  readonly creationPlace: Float64Array;
  /** How far apart two of those made at the same instant would be on average, were they in any order; 0 for one alone. */
  readonly creationSpread: Float64Array;
  creationSpreadOf(createdAtMs: number): number;
  /** Where a market that is not among the rows stands in that order: between two places if need be. */
  creationPlaceOf(createdAtMs: number): number;
  readonly topics: TopicColumns;
  /** The words of markets, which may be those of an earlier version of the catalog. */
  readonly text: TextColumns;
  /** By row, the market's row in `text`; −1 for a market whose words are not in it yet. */
  readonly textRow: Int32Array;
}

/** The categories and tags of markets: those of row `i` are `ids[start[i]]` to `ids[start[i + 1] − 1]`, the category first. */
export interface TopicColumns {
  readonly start: Int32Array;
  readonly ids: Int32Array;
  /** Number of distinct topics; a category and a tag of the same name are two. */
  readonly count: number;
  idOf(kind: 'CATEGORY' | 'TAG', key: string): number | undefined;
  /** By topic, how much it says, 0–1: `ln(1 + N/df) / ln(1 + N)`. */
  readonly idf: Float64Array;
}

/**
 * The words of markets as vectors of length 1: those of row `i` are `terms[start[i]]` to `terms[start[i + 1] − 1]`
 * with their weights; and by word, the rows that have it, for reading the other way round.
 */
export interface TextColumns {
  readonly start: Int32Array;
  readonly terms: Int32Array;
  readonly weights: Float32Array;
  /** Number of distinct words. */
  readonly count: number;
  idOf(term: string): number | undefined;
  /** By word, its weight before the vector is brought to length 1. */
  readonly idf: Float64Array;
  /** The weight of a word that no market has. */
  readonly unknownIdf: number;
  readonly postingStart: Int32Array;
  readonly postingRows: Int32Array;
  readonly postingWeights: Float32Array;
}

/** What the crowd does with each market, by row. */
export interface TrendColumns {
  /** 0–1, over everyone. */
  readonly global: Float64Array;
  /** 0–1, in the caller's country; null when none is known or its scope is not in use. */
  readonly local: Float64Array | null;
  /** 0–1. */
  readonly rising: Float64Array;
  /** 0–1: what has been popular for some time, over everyone. */
  readonly popular: Float64Array;
}

/** The text and event of a market that is not among the rows, such as one that closed. */
export interface PastMarket extends TermCounts {
  readonly eventKey: string | null;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
}

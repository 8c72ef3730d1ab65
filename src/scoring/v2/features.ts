import type { DwellByCategory } from '../shared/depth.js';
import type { TermCounts } from './terms.js';
import type { TitlePatterns } from './title-patterns.js';

/**
 * The features of the markets to rank, as columns: row `i` of each column is one market. Rows are ordered by id. The
 * catalog derives them once per change, and a ranking reads them without allocating an object per market.
 */
export interface MarketColumns {
  /** Number of rows. */
  readonly size: number;
  readonly ids: readonly string[];
  rowOf(marketId: string): number | undefined;
  /** Index of each row's market in `markets`. It stays the same while other rows come and go. */
  readonly slot: Int32Array;
  /** The ids of all rows in this and other versions of the catalog, by slot. */
  readonly markets: {
    readonly size: number;
    find(marketId: string, size: number): number | undefined;
    keyOf(slot: number): string;
  };
  /** 0–1; NaN if unknown, and for a market with several answers. */
  readonly probability: Float64Array;
  /** Volume of the last 24 hours, 0 or more, in the site's unit; NaN if unknown. */
  readonly volume24h: Float64Array;
  /** Volume since creation, 0 or more, in the site's unit. */
  readonly volumeTotal: Float64Array;
  /** Milliseconds since 1970. */
  readonly createdAtMs: Float64Array;
  /** Milliseconds since 1970; infinite when unknown. */
  readonly resolvesAtMs: Float64Array;
  /** 0–1. */
  readonly editorialBoost: Float64Array;
  /** 1 where the category or a tag is `news` or `breaking`. */
  readonly isNews: Uint8Array;
  /** 1 where the category is `sports`. */
  readonly isSports: Uint8Array;
  /** Rows of markets that are restricted in some countries, ascending. */
  readonly restrictedRows: Int32Array;
  /** Topic id of the market's category. */
  readonly category: Int32Array;
  /** Event id, 0 or more; −1 without an event. */
  readonly event: Int32Array;
  eventOf(eventKey: string): number | undefined;
  /** Greater than every event id. */
  readonly eventCount: number;
  /** Rank by creation time, from 0. Markets created at the same instant share the mean of their ranks. */
  readonly creationRank: Float64Array;
  /**
   * Expected distance in rank between two markets created at the same instant, if their order were random; 0 for a
   * market that is alone at its instant.
   */
  readonly creationSpread: Float64Array;
  creationSpreadOf(createdAtMs: number): number;
  /** Rank that a market which is not among the rows would have; between two ranks if necessary. */
  creationRankOf(createdAtMs: number): number;
  /** Ends of all markets of the catalog; `resolvesAtMs`, except in a subset. */
  readonly catalogEndsMs: Float64Array;
  /** Likewise `patterns`. */
  readonly catalogPatterns: PatternColumns;
  readonly topics: TopicColumns;
  readonly patterns: PatternColumns;
  /** Terms of markets, possibly of an earlier version of the catalog. */
  readonly text: TextColumns;
  /** Each market's row in `text`; −1 for a market whose terms are not in it yet. */
  readonly textRow: Int32Array;
  /** Null: the deployment has no text vectors. */
  readonly vectors: VectorColumns | null;
}

/** Text vectors of titles, of 512 whole numbers each. */
export interface VectorColumns {
  /** By row, the index of its vector; −1 for a market without one. */
  readonly index: Int32Array;
  /** Vector `i` is the {@link VECTOR_SIZE} numbers from `VECTOR_SIZE · i` on. */
  readonly values: Int8Array;
  /** By index, 1 / length of the vector. */
  readonly inverseLength: Float64Array;
  /** By index, the number of the model that computed the vector. Vectors of different models cannot be compared. */
  readonly model: Int32Array;
}

export const VECTOR_SIZE = 512;

/** The text vector of one market, among those of `vectors`. */
export interface MarketVector {
  readonly vectors: Omit<VectorColumns, 'index'>;
  readonly index: number;
}

/** A string per market, as an id. */
export interface KeyColumn {
  /** By row, the id of its key, 0 or more; −1 without one. */
  readonly ids: Int32Array;
  /** Greater than every id. */
  readonly count: number;
  idOf(key: string): number | undefined;
  keyOf(id: number): string;
}

/** The groups of markets by {@link TitlePatterns}. */
export interface PatternColumns {
  readonly ladder: KeyColumn;
  readonly series: KeyColumn;
  readonly family: KeyColumn;
  readonly template: KeyColumn;
  readonly source: KeyColumn;
  /** By row, the numbers of the title, in order. */
  readonly numbers: readonly (readonly number[])[];
}

/** Categories and tags of markets. Those of row `i` are `ids[start[i]]` to `ids[start[i + 1] − 1]`, the category first. */
export interface TopicColumns {
  readonly start: Int32Array;
  readonly ids: Int32Array;
  /** Number of distinct topics. A category and a tag of the same name are two topics. */
  readonly count: number;
  idOf(kind: 'CATEGORY' | 'TAG', key: string): number | undefined;
  keyOf(id: number): string;
  /** Inverse document frequency by topic, normalized to 0–1: `ln(1 + N/df) / ln(1 + N)`. */
  readonly idf: Float64Array;
}

/**
 * Terms of markets as vectors of length 1. Those of row `i` are `terms[start[i]]` to `terms[start[i + 1] − 1]` with
 * their weights. The postings are the inverse: the rows that have each term.
 */
export interface TextColumns {
  readonly start: Int32Array;
  readonly terms: Int32Array;
  readonly weights: Float32Array;
  /** Number of distinct terms. */
  readonly count: number;
  idOf(term: string): number | undefined;
  /** Inverse document frequency by term. */
  readonly idf: Float64Array;
  /** Inverse document frequency of a term that no market has. */
  readonly unknownIdf: number;
  readonly postingStart: Int32Array;
  readonly postingRows: Int32Array;
  readonly postingWeights: Float32Array;
}

/** Trends of the markets, by row, each 0–1. */
export interface TrendColumns {
  /** Trending score over all users. */
  readonly global: Float64Array;
  /** Trending score in the user's country; null if the country is unknown or has too few users. */
  readonly local: Float64Array | null;
  readonly rising: Float64Array;
  /** Popularity over weeks, over all users. */
  readonly popular: Float64Array;
}

/** Features of a market that is not among the rows, such as a closed one. */
export interface PastMarket extends TermCounts {
  readonly eventKey: string | null;
  /** Topic key. */
  readonly category: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  /** Milliseconds since 1970; infinite when unknown. */
  readonly endsAtMs: number;
  readonly patterns: Pick<TitlePatterns, 'ladder' | 'numbers' | 'series' | 'family'>;
  /** Null without one. */
  readonly vector: MarketVector | null;
}

/** Finds the features of a market that is not among the rows. */
export type PastLookup = (marketId: string) => PastMarket | undefined;

/** The features of a user as of the request. Times are milliseconds since 1970. */
export interface UserFeatures {
  readonly topics: readonly TopicPoints[];
  /** Events of the current session; 0 when it is over. */
  readonly sessionEvents: number;
  /** Time since the last event. */
  readonly idleMs: number;
  /** Distinct markets with an event of positive weight, latest first, at most 200. */
  readonly engagements: readonly MarketEngagement[];
  readonly dwellByCategory: DwellByCategory;
  /** Markets that the user viewed, with the probability at the last view (NaN when there was none). */
  readonly views: readonly { readonly marketId: string; readonly probability: number }[];
  /** Recent impressions, by market. */
  readonly impressions: readonly MarketImpressions[];
  /** Markets that the user has traded or opened. */
  readonly knownMarkets: readonly KnownMarket[];
}

/** Decayed sums of event weights on a topic. */
export interface TopicPoints {
  readonly kind: 'CATEGORY' | 'TAG';
  readonly key: string;
  readonly longTerm: number;
  /** 0 when the session is over. */
  readonly session: number;
}

export interface MarketEngagement {
  readonly marketId: string;
  readonly atMs: number;
  /** Above 0. */
  readonly weight: number;
  /** Whether it is part of the current session. */
  readonly inSession: boolean;
}

export interface MarketImpressions {
  readonly marketId: string;
  /** Impressions within the last 24 hours. */
  readonly count24h: number;
  readonly lastShownAtMs: number;
  /** Probability at the last impression; NaN when there was none. */
  readonly probability: number;
  /** Volume at the last impression; NaN if it was unknown. */
  readonly volume24h: number;
  /** Impressions since the user's last click on the market, within 24 hours and within 7 days. */
  readonly ignored24h: number;
  readonly ignored7d: number;
  /** The first of those within 7 days; NaN without one. */
  readonly ignoredSinceMs: number;
}

/** A market that the user has traded or opened. */
export interface KnownMarket {
  readonly marketId: string;
  /** The last trade; NaN for none. */
  readonly tradedAtMs: number;
  /** The last event of positive weight; NaN for none. */
  readonly openedAtMs: number;
  /** Probability at the later of the last view and the last trade; NaN when unknown. */
  readonly probability: number;
}

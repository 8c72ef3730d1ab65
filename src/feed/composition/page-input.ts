import type { FeedConfig } from '../../config/feed-schema.js';
import type { MarketColumns, TopicColumns } from '../../scoring/v2/features.js';
import type { Slot } from './slots.js';

/** What composing reads of the markets; rows are ordered by id. */
export type PageColumns = Pick<MarketColumns, 'size' | 'category' | 'event' | 'volumeTotal'> & {
  readonly topics: Pick<TopicColumns, 'start' | 'ids' | 'count'>;
};

/** By slot, the key that its rows are ranked by, higher is better. */
export interface SlotKeys {
  /** The final score, of the person or impersonal; any finite number. */
  readonly PERSONAL: Float64Array;
  /** Above 0 only where the market is for this slot at all; so are the next two. */
  readonly TRENDING: Float64Array;
  /** Null: there is no local trend. */
  readonly LOCAL: Float64Array | null;
  readonly RISING: Float64Array;
}

/** Everything that a page is a function of. */
export interface PageInput {
  /** The rows that passed the filters, ascending, each once. */
  readonly eligible: Int32Array;
  readonly keys: SlotKeys;
  /** By row, 0 and up; 0: not to be explored. */
  readonly explorationWeight: Float64Array;
  readonly columns: PageColumns;
  readonly hasImage: (row: number) => boolean;
  /** Whether the PERSONAL key is one person's. */
  readonly personalized: boolean;
  /** 1–100. */
  readonly limit: number;
  /** A whole number: what is drawn at random is a function of it. */
  readonly seed: number | bigint;
  readonly config: Pick<FeedConfig, 'quotas' | 'diversity'>;
}

export interface PageItem {
  readonly row: number;
  readonly slot: Slot;
  /** Of an EXPLORATION item: the probability with which it was to be among this page's explored ones, 0–1. */
  readonly propensity: number | null;
}

export interface ComposedPage {
  /** In page order, the hero first. */
  readonly items: readonly PageItem[];
  /**
   * What could not be had: `perCategory yields: 3 -> 5` for a limit (perCategory, perEventFirst or perEventPage) that
   * no page could keep, and `LOCAL -> PERSONAL: 2` for the places that a slot could not fill.
   */
  readonly notes: readonly string[];
}

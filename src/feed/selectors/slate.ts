import type { FeedConfig } from '../../config/schema/feed-schema.js';
import type { MarketColumns, TopicColumns } from '../../scoring/v2/features.js';
import type { Slot } from './slots.js';

/** The columns that selection reads; rows are ordered by market id. */
export type SlateColumns = Pick<
  MarketColumns,
  'size' | 'category' | 'event' | 'eventCount' | 'volumeTotal'
> & {
  readonly topics: Pick<TopicColumns, 'start' | 'ids' | 'count'>;
};

/** By slot, the key that ranks its rows, descending. */
export interface SlotKeys {
  /** The final score; any finite number. */
  readonly PERSONAL: Float64Array;
  /** Only rows with a key above 0 belong to this slot; so do those of the next two. */
  readonly TRENDING: Float64Array;
  /** Null: there is no local trend. */
  readonly LOCAL: Float64Array | null;
  readonly RISING: Float64Array;
}

/** Everything that a slate is a function of. */
export interface SlateInput {
  /** The rows that passed the filters, ascending. */
  readonly eligible: Int32Array;
  readonly keys: SlotKeys;
  /** By row, 0 and up; 0: not for exploration. */
  readonly explorationWeight: Float64Array;
  readonly columns: SlateColumns;
  readonly hasImage: (row: number) => boolean;
  /** Whether the key of PERSONAL depends on the user. */
  readonly personalized: boolean;
  /** 1–100. */
  readonly limit: number;
  /** The seed of exploration; an integer. */
  readonly seed: number | bigint;
  readonly config: Pick<FeedConfig, 'quotas' | 'diversity'>;
}

export interface SlateItem {
  readonly row: number;
  readonly slot: Slot;
  /** Of an EXPLORATION item: the probability of selecting it, 0–1; see `ExploredRow`. Else null. */
  readonly propensity: number | null;
}

export interface Slate {
  /** In page order, the hero first. */
  readonly items: readonly SlateItem[];
  /**
   * Relaxed limits, such as `perCategory relaxed: 3 -> 5` (also perEventFirst and perEventPage), and backfilled
   * positions, such as `LOCAL -> PERSONAL: 2`.
   */
  readonly notes: readonly string[];
}

import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import type { RankingConfig } from '../../config/schema/ranking-schema.js';
import type { ProfileState } from '../../domain/profile.js';
import type { UserFeatures } from '../../scoring/v2/features.js';
import { rowNumbers } from '../../scoring/v2/row-numbers.js';

/** Everything that filters read. */
export interface FilterInput {
  readonly snapshot: CatalogSnapshot;
  readonly nowMs: number;
  /** ISO 3166-1 alpha-2; null when unknown. */
  readonly country: string | null;
  /** Null for an anonymous user. */
  readonly profile: Pick<ProfileState, 'hidden'> | null;
  /** The features of the user that algorithm v2 reads; null for a ranking that does not depend on the user. */
  readonly user: Pick<UserFeatures, 'impressions'> | null;
  readonly config: Pick<RankingConfig, 'feed' | 'impressions'>;
}

/** Why a filter removes markets, with a phrase for each reason. */
export const REMOVAL_REASONS = {
  OVER: 'end of trading has passed',
  HIDDEN: 'hidden by the user',
  BLOCKED_COUNTRY: "blocked in the user's country",
  SHOWN_TOO_OFTEN: 'frequency cap or cooldown: impressions without a click or a material change',
} as const;

export type RemovalReason = keyof typeof REMOVAL_REASONS;

/** Removes markets from the candidates of a request. */
export interface Filter {
  /** Its name in `explainFeed`. */
  readonly name: string;
  /** Why a market is removed, for `explainFeed`. */
  readonly reason: RemovalReason;
  /**
   * Calls `remove` for each row of the snapshot that must not be shown. It runs once per request, so it looks up the rows
   * that the user or the country names, or reads columns, and allocates nothing per row of the catalog.
   */
  readonly apply: (input: FilterInput, remove: (row: number) => void) => void;
}

/** The candidates that passed the filters. */
export interface EligibleRows {
  /** Ascending. */
  readonly rows: Int32Array;
  /** By row of the catalog, the number of the first filter that removed it, from 1; 0 for an eligible row. */
  readonly removedBy: Uint8Array;
  /** The other rows of the catalog, ascending. */
  readonly removed: readonly number[];
}

/**
 * Runs filters over the rows of a catalog. Each run reuses the memory of the one before. Most filters remove few rows, so
 * the cost of a run grows with the removed rows, except for copying the row numbers in between.
 */
export class FilterPass {
  #removedBy = new Uint8Array(0);
  #removed: number[] = [];
  #all: Int32Array = new Int32Array(0);
  #rows = new Int32Array(0);

  /** Returns the rows that no filter removes. Valid until the next run. */
  run(filters: readonly Filter[], input: FilterInput): EligibleRows {
    this.#reset(input.snapshot.columns.size);
    const removedBy = this.#removedBy;
    const removed = this.#removed;
    for (const [index, filter] of filters.entries()) {
      filter.apply(input, (row) => {
        if (removedBy[row] !== 0) return;
        removedBy[row] = index + 1;
        removed.push(row);
      });
    }
    removed.sort((a, b) => a - b);
    return { rows: this.#withoutRemoved(), removedBy, removed };
  }

  #reset(size: number): void {
    if (this.#all.length === size) for (const row of this.#removed) this.#removedBy[row] = 0;
    else {
      this.#all = rowNumbers(size);
      this.#rows = new Int32Array(size);
      this.#removedBy = new Uint8Array(size);
    }
    this.#removed = [];
  }

  /** Copies the row numbers between the removed ones. */
  #withoutRemoved(): Int32Array {
    if (this.#removed.length === 0) return this.#all;
    let count = 0;
    let from = 0;
    for (const row of [...this.#removed, this.#all.length]) {
      this.#rows.set(this.#all.subarray(from, row), count);
      count += row - from;
      from = row + 1;
    }
    return this.#rows.subarray(0, count);
  }
}

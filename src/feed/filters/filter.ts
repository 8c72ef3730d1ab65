import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import type { RankingConfig } from '../../config/schema/ranking-schema.js';
import type { ProfileState } from '../../domain/profile.js';
import type { UserFeatures } from '../../scoring/v2/features.js';

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

/** Removes markets from the candidates of a request. */
export interface Filter {
  /** Its name in `explainFeed`. */
  readonly name: string;
  /** Why a market is removed, for `explainFeed`. */
  readonly reason: string;
  /**
   * Calls `remove` for each row of the snapshot that must not be shown. It runs once per request over the whole catalog,
   * so it reads columns and allocates nothing per row.
   */
  readonly apply: (input: FilterInput, remove: (row: number) => void) => void;
}

/** Runs filters over the rows of a catalog. Each run reuses the memory of the one before. */
export class FilterPass {
  #removedBy = new Uint8Array(0);
  #rows = new Int32Array(0);

  /** Returns the rows that no filter removes, ascending. Valid until the next run. */
  run(filters: readonly Filter[], input: FilterInput): Int32Array {
    const { size } = input.snapshot.columns;
    if (this.#rows.length !== size) {
      this.#rows = new Int32Array(size);
      this.#removedBy = new Uint8Array(size);
    }
    const removedBy = this.#removedBy.fill(0);
    for (const [index, filter] of filters.entries()) {
      filter.apply(input, (row) => {
        if (removedBy[row] === 0) removedBy[row] = index + 1;
      });
    }
    let count = 0;
    for (let row = 0; row < size; row += 1) if (removedBy[row] === 0) this.#rows[count++] = row;
    return this.#rows.subarray(0, count);
  }

  /** By row, the number of the first filter that removed it, from 1; 0 for a row that passed. Valid until the next run. */
  get removedBy(): Uint8Array {
    return this.#removedBy;
  }
}

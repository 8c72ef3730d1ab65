import type { Catalog } from '../../catalog/catalog.js';
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';

/** Provides the candidates of a feed. */
export interface Source {
  /** Its name in `explainFeed`. */
  readonly name: string;
  readonly candidates: (catalog: Pick<Catalog, 'snapshot'>) => CatalogSnapshot;
}

/** All open markets, from memory. */
export const openMarkets: Source = {
  name: 'open-markets',
  candidates: (catalog) => catalog.snapshot,
};

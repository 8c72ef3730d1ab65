import type { CatalogSnapshot } from '../../catalog/catalog.js';
import type { Candidate } from '../candidate.js';

/** Every open market. */
export function openMarkets(snapshot: CatalogSnapshot): readonly Candidate[] {
  return snapshot.entries;
}

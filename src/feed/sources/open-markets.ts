import type { CatalogueSnapshot } from '../../catalogue/catalogue.js';
import type { Candidate } from '../candidate.js';

/** Every open market. */
export function openMarkets(snapshot: CatalogueSnapshot): readonly Candidate[] {
  return snapshot.entries;
}

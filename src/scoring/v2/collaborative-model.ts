import type { MarketColumns } from './features.js';

/** Preferences of users for markets, learned from which users engaged with which markets. Immutable. */
export interface CollaborativeModel {
  /** The number of a market in the model; undefined for a market that it does not know. */
  itemOf(marketId: string): number | undefined;
  /** Infers a user from items that the user engaged with. The result is valid until the next call. */
  foldIn(items: readonly number[]): FoldedUser;
}

export interface FoldedUser {
  /** The preference for an item, 0–1; 0 for an item of the user. */
  preferenceFor(item: number): number;
}

/** By model and the slots of a catalog, the item of each row; −1 without one. */
const computed = new WeakMap<CollaborativeModel, WeakMap<Int32Array, Int32Array>>();

/** The item of each row; −1 for a market that the model does not know. Looked up once for the versions of a catalog. */
export function itemsOfRows(
  model: CollaborativeModel,
  { ids, slot }: Pick<MarketColumns, 'ids' | 'slot'>,
): Int32Array {
  let ofCatalogs = computed.get(model);
  if (ofCatalogs === undefined) computed.set(model, (ofCatalogs = new WeakMap()));
  let items = ofCatalogs.get(slot);
  if (items === undefined)
    ofCatalogs.set(slot, (items = Int32Array.from(ids, (id) => model.itemOf(id) ?? -1)));
  return items;
}

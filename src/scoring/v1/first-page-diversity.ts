/** At most `perCategory` items of a category within the first `places`. */
export interface FirstPageLimit {
  readonly places: number;
  readonly perCategory: number;
}

/** The existing site's limit, algorithm v1. */
export const FIRST_PAGE_LIMIT_V1: FirstPageLimit = { places: 9, perCategory: 3 };

/**
 * The same items, with no category crowding the first page. Going down the ranking, an item takes the next
 * place unless its category has its share already; those passed over follow behind the first page in their
 * original order. When the categories are too few to fill the page, the limit yields, and those passed over
 * fill it in order.
 *
 * Linear in the number of items, which are not changed. Source: existing site, algorithm v1.
 */
export function diversifyFirstPage<Item>(
  ranked: readonly Item[],
  categoryOf: (item: Item) => string,
  limit: FirstPageLimit = FIRST_PAGE_LIMIT_V1,
): Item[] {
  const firstPage: Item[] = [];
  const behind: Item[] = [];
  const taken = new Map<string, number>();
  for (const item of ranked) {
    const category = categoryOf(item);
    const count = taken.get(category) ?? 0;
    if (firstPage.length < limit.places && count < limit.perCategory) {
      taken.set(category, count + 1);
      firstPage.push(item);
    } else {
      behind.push(item);
    }
  }
  return [...firstPage, ...behind];
}

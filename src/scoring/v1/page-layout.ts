/** At most `perCategory` items of a category among the first `positions`. */
export interface FirstPageLimit {
  readonly positions: number;
  readonly perCategory: number;
}

/** The limit of the classic page (docs/algorithm-v1.md). */
export const FIRST_PAGE_LIMIT_V1: FirstPageLimit = { positions: 9, perCategory: 3 };

/**
 * Reorders a ranking so that no category exceeds its limit on the first page. In rank order, an item takes the next
 * position unless its category has reached the limit. The skipped items follow the first page in their original order.
 * When there are too few categories to fill the page, the limit is relaxed and skipped items fill it in order.
 *
 * Linear in the number of items. Source: the classic page (docs/algorithm-v1.md).
 */
export function diversifyFirstPage<Item>(
  ranked: readonly Item[],
  categoryOf: (item: Item) => string,
  limit: FirstPageLimit = FIRST_PAGE_LIMIT_V1,
): Item[] {
  const firstPage: Item[] = [];
  const rest: Item[] = [];
  const countByCategory = new Map<string, number>();
  for (const item of ranked) {
    const category = categoryOf(item);
    const count = countByCategory.get(category) ?? 0;
    if (firstPage.length < limit.positions && count < limit.perCategory) {
      countByCategory.set(category, count + 1);
      firstPage.push(item);
    } else {
      rest.push(item);
    }
  }
  return [...firstPage, ...rest];
}

/** A feed divided into the sections of a page. */
export interface FeedSections<Item> {
  /** Null only when there are no items. */
  readonly hero: Item | null;
  /** At most 9. */
  readonly grid: readonly Item[];
  readonly stream: readonly Item[];
}

export const GRID_SIZE = 9;

/**
 * Divides an ordered list into sections. The hero is the first item with an image, or the first item when none has one.
 * Of the others, in order, the first 9 are the grid and the rest the stream.
 *
 * Linear in the number of items. Source: the classic page (docs/algorithm-v1.md).
 */
export function feedSections<Item>(
  ordered: readonly Item[],
  hasImage: (item: Item) => boolean,
): FeedSections<Item> {
  const heroIndex = Math.max(0, ordered.findIndex(hasImage));
  const others = ordered.toSpliced(heroIndex, 1);
  return {
    hero: ordered[heroIndex] ?? null,
    grid: others.slice(0, GRID_SIZE),
    stream: others.slice(GRID_SIZE),
  };
}

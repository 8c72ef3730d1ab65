/** A feed as a page shows it. */
export interface FeedSections<Item> {
  /** Null only when there is nothing to show. */
  readonly hero: Item | null;
  /** At most 9. */
  readonly grid: readonly Item[];
  readonly stream: readonly Item[];
}

const GRID_SIZE = 9;

/**
 * Places an ordered list on the page: the hero is the first item that has an image, or the first of all when
 * none has; of the others, in their order, the first 9 are the grid and the rest the stream.
 *
 * Linear in the number of items. Source: existing site, algorithm v1.
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

import type { Feed } from './feed.js';

/** What of a feed is on the screen when it is served: the hero and the grid, as a report of impressions; null for nobody. */
export function servedImpressions({ id: feedId, userKey, hero, grid }: Feed): object | null {
  if (userKey === null || hero === null) return null;
  return {
    userKey,
    feedId,
    items: [
      { marketId: hero.market.id, section: 'HERO', position: 0 },
      ...grid.map(({ market }, position) => ({ marketId: market.id, section: 'GRID', position })),
    ],
  };
}

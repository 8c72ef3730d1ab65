import type { ScoredCandidate } from './candidate.js';
import type { ComposedFeed, ComposedItem } from './composed-feed.js';
import type { FeedItem } from './feed.js';
import { weightsOf } from './contributions.js';
import { reasonOf } from './reason.js';
import type { RankingInputs } from './ranking-inputs.js';
import type { ServedFeed } from './served-feed.js';

type Place = Pick<FeedItem, 'rank' | 'score' | 'slot' | 'badge' | 'propensity'>;

/** The items of a composed feed as they are answered, in page order. */
export function itemsOf({ items }: ComposedFeed, inputs: RankingInputs): FeedItem[] {
  return items.map((item, index) => {
    const { market, scores, slot, badge, propensity } = item;
    const place = { rank: index + 1, score: scores.final, slot, badge, propensity };
    return toItem(place, { market, scores }, inputs);
  });
}

/** A place in a stored ranking. */
export interface StoredPlace extends Place {
  readonly marketId: string;
}

/** The places of a stored ranking after one of them, at most `first`. */
export function storedPlaces(served: ServedFeed, after: number, first: number): StoredPlace[] {
  const { page, restIds, restScores } = served;
  const places: StoredPlace[] = [];
  const end = Math.min(after + first, page.length + restIds.length);
  for (let index = after; index < end; index += 1) {
    const rank = index + 1;
    const onPage = page[index];
    if (onPage !== undefined) {
      const [marketId, score, slot, badge, propensity] = onPage;
      places.push({ marketId, rank, score, slot, badge, propensity });
      continue;
    }
    const marketId = restIds[index - page.length];
    const score = restScores[index - page.length];
    if (marketId === undefined || score === undefined) continue;
    const slot = served.algorithm === 'v1' ? null : 'PERSONAL';
    places.push({ marketId, rank, score, slot, badge: null, propensity: null });
  }
  return places;
}

/** The items at places of a stored ranking; a market that is not among the scored leaves its place empty. */
export function itemsAt(
  places: readonly StoredPlace[],
  scored: readonly ScoredCandidate[],
  inputs: RankingInputs,
): FeedItem[] {
  const byId = new Map(scored.map((item) => [item.candidate.market.id, item]));
  return places.flatMap(({ marketId, ...place }) => {
    const item = byId.get(marketId);
    return item === undefined ? [] : [toItem(place, { ...item, market: item.candidate.market }, inputs)];
  });
}

function toItem(
  place: Place,
  { market, scores }: Pick<ComposedItem, 'market' | 'scores'>,
  { country, config, algorithm }: RankingInputs,
): FeedItem {
  const { category } = market;
  const shown = { scores, slot: place.slot, category, country, moved: place.badge === 'MOVED' };
  const { rank, score, slot, badge, propensity } = place;
  const reason = reasonOf(shown, weightsOf(algorithm, config.v2.weights));
  return { rank, score, slot, badge, propensity, scores, market, reason };
}

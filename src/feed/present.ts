import type { ScoredCandidate } from './candidate.js';
import type { ComposedFeed, ComposedItem } from './composed-feed.js';
import type { FeedItem } from './feed.js';
import { reasonOf } from './reason.js';
import type { RankingInputs } from './ranking-inputs.js';
import { signedWeights } from '../scoring/score-parts.js';
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

/** A position of a served feed. */
export interface StoredPlace extends Omit<Place, 'score'> {
  readonly marketId: string;
  /** The score when the feed was served; null where it is not stored. */
  readonly score: number | null;
}

/** The positions of a served feed after one of them, at most `first`. */
export function storedPlaces(served: ServedFeed, after: number, first: number): StoredPlace[] {
  const { page, rest, algorithm } = served;
  const restSlot = algorithm === 'v1' ? null : 'PERSONAL';
  const all: Omit<StoredPlace, 'rank'>[] = [
    ...page,
    ...(rest ?? []).map(({ marketId }) => ({
      ...({ marketId, score: null, slot: restSlot, badge: null, propensity: null } as const),
    })),
  ];
  return all.slice(after, after + first).map(({ marketId, score, slot, badge, propensity }, index) => ({
    ...{ rank: after + index + 1, marketId, score, slot, badge, propensity },
  }));
}

/**
 * The items at positions of a served feed; a market that is not among the scored ones leaves its position empty. A score
 * that is not stored is the present one.
 */
export function itemsAt(
  places: readonly StoredPlace[],
  scored: readonly ScoredCandidate[],
  inputs: RankingInputs,
): FeedItem[] {
  const byId = new Map(scored.map((item) => [item.candidate.market.id, item]));
  return places.flatMap(({ marketId, score, ...place }) => {
    const item = byId.get(marketId);
    if (item === undefined) return [];
    const { candidate, scores } = item;
    return [toItem({ ...place, score: score ?? scores.final }, { scores, market: candidate.market }, inputs)];
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
  const reason = reasonOf(shown, signedWeights(algorithm, config.v2.weights));
  return { rank, score, slot, badge, propensity, scores, market, reason };
}

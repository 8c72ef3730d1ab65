import type { ScoreParts, SignedWeights } from '../scoring/score-parts.js';
import type { ComponentNameV2 } from '../scoring/v2/components.js';
import type { Slot } from './composition/slots.js';

/** What a sentence is made of. */
export interface Shown {
  readonly scores: ScoreParts;
  readonly slot: Slot | null;
  readonly category: string;
  readonly country: string | null;
  readonly moved: boolean;
}

type Part = ComponentNameV2;

/** What each part adds to a score, in the person's words; parts that say nothing by themselves are left out. */
const WORDS: Readonly<Partial<Record<Part, (shown: Shown) => string | null>>> = {
  interest: () => 'it is about what you like',
  similarity: () => 'it is like markets you followed lately',
  continuity: () => 'it goes on from what you followed',
  depth: ({ category }) => `you take time over ${category}`,
  followup: () => 'its odds moved since you looked',
  trending: ({ scores, country }) =>
    country !== null && (scores.trendingLocal ?? 0) > (scores.trendingGlobal ?? 0)
      ? `many in ${country} are on it now`
      : 'many are on it now',
  rising: () => 'its odds are moving',
  freshness: ({ scores }) => ((scores.freshness ?? 0) >= NEW ? 'it is new' : null),
  closing: () => 'it resolves soon',
  editorial: () => 'the editors picked it',
  news: () => 'it is in the news',
  sports: () => 'the match is near',
};

/** About two days old by algorithm v2. */
const NEW = 0.33;

/** A part that adds less than this is no reason. */
const LEAST = 0.02;

/**
 * One short sentence made of the two largest parts of a score, as weighted; null when none says anything.
 *
 * @param weights of the algorithm, by part.
 */
export function reasonOf(shown: Shown, weights: SignedWeights): string | null {
  if (shown.slot === 'EXPLORATION') return 'It is new, or few have seen it yet.';
  const largest = (Object.keys(WORDS) as Part[])
    .map((part) => ({ part, adds: (weights[part] ?? 0) * (shown.scores[part] ?? 0) }))
    .filter(({ adds }) => adds >= LEAST)
    .sort((a, b) => b.adds - a.adds)
    .flatMap(({ part }) => WORDS[part]?.(shown) ?? [])
    .slice(0, 2);
  const told = shown.moved ? ['it changed since you were shown it', ...largest].slice(0, 2) : largest;
  const sentence = told.join(', and ');
  return sentence === '' ? null : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

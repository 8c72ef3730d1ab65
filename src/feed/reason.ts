import type { ScoreParts, SignedWeights } from '../scoring/score-parts.js';
import type { ComponentNameV2 } from '../scoring/v2/components.js';
import type { Slot } from './selectors/slots.js';

/** What a reason is built from. */
export interface ReasonInput {
  readonly scores: ScoreParts;
  readonly slot: Slot | null;
  readonly category: string;
  readonly country: string | null;
  /** Whether the market changed materially since the user's last impression. */
  readonly moved: boolean;
}

/** The phrase for a score component; null if its value is no reason. A component without a phrase is no reason. */
const PHRASES: Readonly<Partial<Record<ComponentNameV2, (input: ReasonInput) => string | null>>> = {
  interest: () => 'matches your interests',
  similarity: () => 'similar to markets you followed recently',
  continuity: () => 'related to a market you followed',
  depth: ({ category }) => `you often read about ${category}`,
  followup: () => 'odds moved since you last looked',
  trending: ({ scores, country }) =>
    country !== null && (scores.trendingLocal ?? 0) > (scores.trendingGlobal ?? 0)
      ? `trending now in ${country}`
      : 'trending now',
  rising: () => 'odds are moving',
  freshness: ({ scores }) => ((scores.freshness ?? 0) >= NEW_FRESHNESS ? 'new' : null),
  closing: () => 'ends soon',
  editorial: () => "editors' pick",
  news: () => 'in the news',
  sports: () => 'match coming up',
  last: () => 'similar to the last market you followed',
  ladder: () => 'next to a market you followed',
  fam: () => 'related to a market you followed',
  trMarket: () => 'often followed next',
  horizonUser: () => 'ends when your markets usually do',
  popularHere: ({ country }) => (country === null ? 'popular at this hour' : `popular in ${country}`),
  weekHour: ({ category }) => `you often follow ${category} at this hour`,
};

const COMPONENTS = Object.keys(PHRASES) as ComponentNameV2[];

/** About two days old by algorithm v2. */
const NEW_FRESHNESS = 0.33;

/** A component that contributes less to the score is no reason. */
const MIN_CONTRIBUTION = 0.02;

const MAX_PHRASES = 2;

/** Why an item is shown. */
export interface Reason {
  /** Null if no component contributes enough. */
  readonly sentence: string | null;
  /** The components that the sentence names, in its order. */
  readonly parts: readonly ComponentNameV2[];
}

/**
 * Returns one short sentence built from the two components that contribute most to a score. A material change comes first,
 * and is no component; exploration is the only reason of an explored market.
 *
 * @param weights of the algorithm, by component.
 */
export function explainItem(input: ReasonInput, weights: SignedWeights): Reason {
  if (input.slot === 'EXPLORATION') return { sentence: 'New, or seen by few users so far.', parts: [] };
  const largest = largestPhrases(input, weights, input.moved ? MAX_PHRASES - 1 : MAX_PHRASES);
  const phrases = largest.map(({ phrase }) => phrase);
  const sentence = [...(input.moved ? ['changed since you last saw it'] : []), ...phrases].join('; ');
  return {
    sentence: sentence === '' ? null : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
    parts: largest.map(({ name }) => name),
  };
}

/** The phrases of the components that contribute most, ties in the order of the components. */
function largestPhrases(
  input: ReasonInput,
  weights: SignedWeights,
  count: number,
): { readonly name: ComponentNameV2; readonly phrase: string }[] {
  const phrases: {
    readonly name: ComponentNameV2;
    readonly phrase: string;
    readonly contribution: number;
  }[] = [];
  for (const name of COMPONENTS) {
    const contribution = (weights[name] ?? 0) * (input.scores[name] ?? 0);
    if (contribution < MIN_CONTRIBUTION) continue;
    let index = phrases.length;
    while (index > 0 && contribution > (phrases[index - 1]?.contribution ?? Infinity)) index -= 1;
    const phrase = index < count ? (PHRASES[name]?.(input) ?? null) : null;
    if (phrase === null) continue;
    phrases.splice(index, 0, { name, phrase, contribution });
    if (phrases.length > count) phrases.pop();
  }
  return phrases;
}

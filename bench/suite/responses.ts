/** Checks of response bodies. */
import { isDeepStrictEqual } from 'node:util';

/** Reason for which a response of status 200 fails its check. */
export type Problem = { readonly degradedBy: string } | { readonly wrong: string };

const CARDS = 20;

interface FeedResponse {
  readonly errors?: readonly { readonly message: string }[];
  readonly data?: {
    readonly feed?: {
      readonly id: string;
      readonly personalized: boolean;
      readonly degradedReasons: readonly string[];
      readonly hero: Card | null;
      readonly grid: readonly Card[];
      readonly stream: readonly Card[];
    };
  };
}

interface Card {
  readonly rank: number;
  readonly market: { readonly id: string; readonly title: string; readonly probability: number | null };
}

/** Undefined if the body is a personalized feed of {@link CARDS} different markets, ranked from 1. */
export function feedProblem(body: string): Problem | undefined {
  const { data, errors } = parsed(body) as FeedResponse;
  const feed = data?.feed;
  if (errors !== undefined) return { wrong: `errors: ${errors[0]?.message ?? ''}` };
  if (feed === undefined) return { wrong: 'no feed' };
  if (feed.degradedReasons.length > 0) return { degradedBy: feed.degradedReasons.join(', ') };
  if (!feed.personalized) return { wrong: 'not personalized' };
  const cards = [...(feed.hero === null ? [] : [feed.hero]), ...feed.grid, ...feed.stream];
  if (cards.length !== CARDS) return { wrong: `${cards.length} cards` };
  if (cards.some(({ rank }, index) => rank !== index + 1)) return { wrong: 'ranks out of order' };
  if (cards.some(({ market }) => market.id === '' || market.title === '')) return { wrong: 'an empty card' };
  if (new Set(cards.map(({ market }) => market.id)).size !== CARDS) return { wrong: 'a market twice' };
  return undefined;
}

/** Whether two JSON texts differ at most in white space and the order of keys. */
export function isSameJson(one: string, other: string): boolean {
  return isDeepStrictEqual(parsed(one), parsed(other));
}

/** An empty object if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

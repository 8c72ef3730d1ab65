import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { DAY_MS } from '../lib/time.js';
import type { LatentAffinity, SimulatedMarket } from './latent-affinity.js';
import {
  chance,
  chanceOfLogOdds,
  logNormal,
  standardGumbel,
  standardNormal,
  weightedIndex,
} from './random-draws.js';
import { interactionDraft, visitMarket, type CardPosition, type Session } from './session.js';

/** The cards of a page: log-weights of a sample without replacement, which stands for a simple ranking. */
const page = {
  popularity: 0.8,
  recency: 0.8,
  recencyHalfLifeDays: 2,
  /** The simulated site is already slightly personalized. */
  affinity: 0.35,
  /** Share of sessions that use search, and the log-weight of a search result that matches the focus. */
  searchShare: 0.12,
  searchFocus: 4,
  /** Median and log-spread of the number of cards that the user looks at. */
  medianCards: 3.2,
  cardsSpread: 0.55,
  maxCards: 30,
  gridEnd: 10,
  medianGlanceMs: 1_900,
} as const;

/** Log-odds of a click on a card that the user looks at. */
const click = {
  intercept: -2.1,
  affinity: 0.85,
  focus: 1.3,
  popularity: 0.25,
  recency: 0.5,
  perPosition: -0.05,
  /** Times ln(1 + earlier impressions). */
  impressions: -0.6,
  followed: -1.2,
  noise: 0.5,
} as const;

/** The reaction to a card that the user does not click. */
const noClick = {
  /** Log-odds of a negative event: `dislikeSteepness · (−affinity) − dislikeThreshold`. */
  dislikeSteepness: 1.3,
  dislikeThreshold: 5,
  hideRatherThanNotInterested: 0.45,
  skipFast: 0.06,
  scrollPast: 0.12,
} as const;

/** Probability that a session starts with the market that the user followed last. */
const returnChance = 0.3;
/** The first focus is a topic drawn with weight e^(focusSharpness · affinity). */
const focusSharpness = 1.2;

/**
 * Simulates one session. The session has a focus: at first a topic that the user likes, then the topics of the market
 * opened last. The user looks at one card after another. The click probability is
 * σ(affinity + focus + popularity + recency − position − earlier impressions + noise). Events are appended in the order in
 * which they happen, except that events during a dwell overlap.
 */
export function browse(session: Session): void {
  const { rng, user } = session;
  session.focus = new Set([drawTopic(rng, user.affinity)]);

  const followed = user.followed.at(-1);
  if (followed !== undefined && isOpen(followed, session.clockMs) && chance(rng, returnChance)) {
    const card: CardPosition = { section: 'OTHER' };
    session.events.push(interactionDraft(session, followed, 'RETURN_VISIT', session.clockMs, card));
    visitMarket(session, followed, card);
  }

  const searching = chance(rng, page.searchShare);
  for (const [position, market] of drawPage(session, searching).entries()) {
    const card: CardPosition = { section: searching ? 'SEARCH' : sectionAt(position), position };
    session.clockMs += Math.round(logNormal(rng, page.medianGlanceMs, 0.5));
    session.events.push(interactionDraft(session, market, 'IMPRESSION', session.clockMs, card));
    const clicked = chanceOfLogOdds(rng, clickLogit(session, market, position));
    user.impressions.set(market, (user.impressions.get(market) ?? 0) + 1);
    if (clicked) {
      session.events.push(interactionDraft(session, market, 'CLICK', (session.clockMs += 300), card));
      visitMarket(session, market, card);
    } else reactWithoutClick(session, market, card);
  }
}

/** The markets of a page, best first: Gumbel top-k over the markets that are open, allowed, and not hidden. */
function drawPage({ rng, markets, user, focus, clockMs }: Session, searching: boolean): SimulatedMarket[] {
  const keys = new Float64Array(markets.length).fill(-Infinity);
  for (const market of markets) {
    if (!isOpen(market, clockMs) || user.hidden.has(market)) continue;
    if (market.blockedCountries.includes(user.country)) continue;
    keys[market.index] =
      page.popularity * market.popularity +
      page.recency * recency(market, clockMs) +
      page.affinity * user.affinity.ofMarket(market) +
      (searching ? page.searchFocus * overlap(focus, market.topics) : 0) +
      standardGumbel(rng);
  }
  const cards = Math.min(page.maxCards, Math.ceil(logNormal(rng, page.medianCards, page.cardsSpread)));
  return largest(keys, cards).flatMap((index) => markets[index] ?? []);
}

function clickLogit(
  { rng, user, focus, clockMs }: Session,
  market: SimulatedMarket,
  position: number,
): number {
  return (
    click.intercept +
    user.archetype.clickLogOdds +
    click.affinity * user.affinity.ofMarket(market) +
    click.focus * overlap(focus, market.topics) +
    click.popularity * market.popularity +
    click.recency * recency(market, clockMs) +
    click.perPosition * position +
    click.impressions * Math.log1p(user.impressions.get(market) ?? 0) +
    (user.followed.includes(market) ? click.followed : 0) +
    click.noise * standardNormal(rng)
  );
}

function reactWithoutClick(session: Session, market: SimulatedMarket, card: CardPosition): void {
  const { rng, user } = session;
  const affinity = user.affinity.ofMarket(market);
  const add = (eventType: string) =>
    session.events.push(interactionDraft(session, market, eventType, session.clockMs + 200, card));
  if (chanceOfLogOdds(rng, -noClick.dislikeSteepness * affinity - noClick.dislikeThreshold)) {
    const hides = chance(rng, noClick.hideRatherThanNotInterested);
    add(hides ? 'HIDE' : 'NOT_INTERESTED');
    if (hides) user.hidden.add(market);
    return;
  }
  const draw = uniformFloat64(rng);
  if (draw < noClick.skipFast) add('SKIP_FAST');
  else if (draw < noClick.skipFast + noClick.scrollPast) add('SCROLL_PAST');
}

function drawTopic(rng: RandomGenerator, { byTopic }: LatentAffinity): string {
  const topics = [...byTopic.keys()];
  const weights = [...byTopic.values()].map((affinity) => Math.exp(focusSharpness * affinity));
  return topics[weightedIndex(rng, weights)] ?? '';
}

function isOpen(market: SimulatedMarket, atMs: number): boolean {
  return market.createdAtMs <= atMs && atMs < market.endsAtMs;
}

function recency(market: SimulatedMarket, atMs: number): number {
  return 2 ** (-(atMs - market.createdAtMs) / (page.recencyHalfLifeDays * DAY_MS));
}

/** Share of the focus topics that the market has, 0–1. */
function overlap(focus: ReadonlySet<string>, topics: ReadonlySet<string>): number {
  let common = 0;
  for (const topic of focus) if (topics.has(topic)) common += 1;
  return common / Math.max(1, focus.size);
}

function sectionAt(position: number): CardPosition['section'] {
  if (position === 0) return 'HERO';
  return position < page.gridEnd ? 'GRID' : 'STREAM';
}

/** Indices of the `count` largest finite keys, largest first. For a small count this is faster than a sort. */
function largest(keys: Float64Array, count: number): number[] {
  const indices: number[] = [];
  while (indices.length < count) {
    let best = -1;
    let bestKey = -Infinity;
    keys.forEach((key, index) => {
      if (key <= bestKey) return;
      best = index;
      bestKey = key;
    });
    if (best === -1) break;
    indices.push(best);
    keys[best] = -Infinity;
  }
  return indices;
}

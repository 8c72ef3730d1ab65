import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { LatentTaste, WorldMarket } from './latent-taste.js';
import {
  chance,
  chanceOfLogOdds,
  logNormal,
  standardGumbel,
  standardNormal,
  weightedIndex,
} from './random-draws.js';
import { draft } from './session.js';
import type { Place, Session } from './session.js';
import { visitMarket } from './visit-market.js';

/** Which cards a page shows: log-weights of a sample without replacement, as a plain site would rank. */
const page = {
  popularity: 0.8,
  recency: 0.8,
  recencyHalfLifeDays: 2,
  /** The site that people saw was somewhat personal already. */
  taste: 0.35,
  /** The search box finds what is in focus. */
  searchShare: 0.12,
  searchFocus: 4,
  /** Median and log-spread of the number of cards that are looked at. */
  medianCards: 3.2,
  cardsSpread: 0.55,
  maxCards: 30,
  gridEnd: 10,
  medianGlanceMs: 1_900,
} as const;

/** Log-odds of a click on a card that is looked at. */
const click = {
  intercept: -2.1,
  taste: 0.85,
  focus: 1.3,
  popularity: 0.25,
  recency: 0.5,
  perPosition: -0.05,
  /** Times ln(1 + times shown before). */
  shownBefore: -0.6,
  alreadyHeld: -1.2,
  noise: 0.5,
} as const;

/** What becomes of a card that is not clicked. */
const passing = {
  /** Log-odds of being pushed away: `steepness · (−affinity) − threshold`. */
  dislikeSteepness: 1.3,
  dislikeThreshold: 5,
  hideRatherThanNotInterested: 0.45,
  skipFast: 0.06,
  scrollPast: 0.12,
} as const;

/** Chance that a session starts with a market that the person holds. */
const returnChance = 0.3;
/** Of the topics a person likes, the one a session starts with is e^(this · affinity) likely. */
const focusSharpness = 1.2;

const dayMs = 86_400_000;

/**
 * One visit to the site. The session has a focus (at first a topic that the person likes, then the
 * topics of what was opened last); cards are looked at one after another, and each is clicked with
 * probability σ(taste + focus + popularity + recency − position − what they already saw + noise).
 * Events come in the order in which they happen to the person, except that a dwell overlaps.
 */
export function browse(session: Session): void {
  const { rng, person } = session;
  session.focus = new Set([drawTopic(rng, person.taste)]);

  const held = person.held.at(-1);
  if (held !== undefined && isOpen(held, session.clockMs) && chance(rng, returnChance)) {
    const place: Place = { section: 'OTHER' };
    session.events.push(draft(session, held, 'RETURN_VISIT', session.clockMs, place));
    visitMarket(session, held, place);
  }

  const searching = chance(rng, page.searchShare);
  for (const [position, market] of drawPage(session, searching).entries()) {
    const place: Place = { section: searching ? 'SEARCH' : sectionAt(position), position };
    session.clockMs += Math.round(logNormal(rng, page.medianGlanceMs, 0.5));
    session.events.push(draft(session, market, 'IMPRESSION', session.clockMs, place));
    const clicked = chanceOfLogOdds(rng, clickLogit(session, market, position));
    person.timesShown.set(market, (person.timesShown.get(market) ?? 0) + 1);
    if (clicked) {
      session.events.push(draft(session, market, 'CLICK', (session.clockMs += 300), place));
      visitMarket(session, market, place);
    } else pass(session, market, place);
  }
}

/** The markets of a page, best first: Gumbel top-k over what is open, allowed and not hidden. */
function drawPage({ rng, world, person, focus, clockMs }: Session, searching: boolean): WorldMarket[] {
  const keys = new Float64Array(world.length).fill(-Infinity);
  for (const market of world) {
    if (!isOpen(market, clockMs) || person.hidden.has(market)) continue;
    if (market.blockedCountries.includes(person.country)) continue;
    keys[market.index] =
      page.popularity * market.popularity +
      page.recency * recency(market, clockMs) +
      page.taste * person.taste.of(market) +
      (searching ? page.searchFocus * overlap(focus, market.topics) : 0) +
      standardGumbel(rng);
  }
  const cards = Math.min(page.maxCards, Math.ceil(logNormal(rng, page.medianCards, page.cardsSpread)));
  return largest(keys, cards).flatMap((index) => world[index] ?? []);
}

function clickLogit({ rng, person, focus, clockMs }: Session, market: WorldMarket, position: number): number {
  return (
    click.intercept +
    person.archetype.curiosity +
    click.taste * person.taste.of(market) +
    click.focus * overlap(focus, market.topics) +
    click.popularity * market.popularity +
    click.recency * recency(market, clockMs) +
    click.perPosition * position +
    click.shownBefore * Math.log1p(person.timesShown.get(market) ?? 0) +
    (person.held.includes(market) ? click.alreadyHeld : 0) +
    click.noise * standardNormal(rng)
  );
}

function pass(session: Session, market: WorldMarket, place: Place): void {
  const { rng, person } = session;
  const affinity = person.taste.of(market);
  const say = (eventType: string) =>
    session.events.push(draft(session, market, eventType, session.clockMs + 200, place));
  if (chanceOfLogOdds(rng, -passing.dislikeSteepness * affinity - passing.dislikeThreshold)) {
    const hides = chance(rng, passing.hideRatherThanNotInterested);
    say(hides ? 'HIDE' : 'NOT_INTERESTED');
    if (hides) person.hidden.add(market);
    return;
  }
  const fate = uniformFloat64(rng);
  if (fate < passing.skipFast) say('SKIP_FAST');
  else if (fate < passing.skipFast + passing.scrollPast) say('SCROLL_PAST');
}

function drawTopic(rng: RandomGenerator, { byTopic }: LatentTaste): string {
  const topics = [...byTopic.keys()];
  const weights = [...byTopic.values()].map((affinity) => Math.exp(focusSharpness * affinity));
  return topics[weightedIndex(rng, weights)] ?? '';
}

function isOpen(market: WorldMarket, atMs: number): boolean {
  return market.createdAtMs <= atMs && atMs < market.endsAtMs;
}

function recency(market: WorldMarket, atMs: number): number {
  return 2 ** (-(atMs - market.createdAtMs) / (page.recencyHalfLifeDays * dayMs));
}

/** Share of the focus that a market is about, 0–1. */
function overlap(focus: ReadonlySet<string>, topics: ReadonlySet<string>): number {
  let common = 0;
  for (const topic of focus) if (topics.has(topic)) common += 1;
  return common / Math.max(1, focus.size);
}

function sectionAt(position: number): Place['section'] {
  if (position === 0) return 'HERO';
  return position < page.gridEnd ? 'GRID' : 'STREAM';
}

/** Indices of the `count` largest finite keys, largest first; for few of many this beats a sort. */
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
